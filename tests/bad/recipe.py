"""How a case is made, when somebody asks for it: each with randomness of its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.bad.case import Ask, Case
from tests.bad.desk import Desk

INVALID, UNDETERMINED, FOREIGN = Verdict.INVALID, Verdict.UNDETERMINED, Verdict.FOREIGN


@dataclass(frozen=True, slots=True)
class Recipe:
    """One case, not yet made."""

    id: str
    what: str
    make: Callable[[Desk], Ask | bytes]
    code: Code
    verdict: Verdict = Verdict.INVALID

    def cook(self, desk: Desk) -> Case:
        """Make it; the same bytes whatever was made before."""
        desk.begin(self.id)
        made = self.make(desk)
        ask = made if isinstance(made, Ask) else desk.ask(made)
        return Case(self.id, self.what, ask, self.verdict, self.code)


def distinct(recipes: Iterable[Recipe]) -> tuple[Recipe, ...]:
    """Return them all, each name once."""
    found = tuple(recipes)
    names = [recipe.id for recipe in found]
    if len(set(names)) != len(names):
        raise ValueError("two cases of one name")
    return found
