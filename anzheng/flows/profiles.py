"""Page templates by the names that people type: `cn-a4p/2`, or `cn-a4p` for its newest version."""

from collections.abc import Sequence

from anzheng.flows.roster import Row
from licence.errors import AnzhengError, Code
from licence.pages.templates import TEMPLATES


def profile(name: str) -> str:
    """Return the id of a template that is open for issuing.

    Args:
        name: An id such as `seed-a3/1`, or without the version: the newest.

    Raises:
        AnzhengError: TEMPLATE_UNKNOWN, TEMPLATE_CLOSED.
    """
    versions = [each for each in TEMPLATES.values() if name in (each.id, each.id.split("/")[0])]
    if not versions:
        known = ", ".join(sorted({each.split("/")[0] for each in TEMPLATES}))
        raise AnzhengError(
            Code.TEMPLATE_UNKNOWN, f"no profile {name}; there are {known}", template=name[:64]
        )
    newest = max(versions, key=lambda each: int(each.id.split("/")[1]))
    if newest.closed:
        raise AnzhengError(
            Code.TEMPLATE_CLOSED, f"nothing is issued with {newest.id} any more", template=newest.id
        )
    return newest.id


def with_profile(rows: Sequence[Row], template: str | None, *, all_rows: bool) -> tuple[Row, ...]:
    """Return the rows with a template: each that names none, or all of them."""
    if template is None:
        return tuple(rows)
    return tuple(
        {**row, "template": template} if all_rows or "template" not in row else row for row in rows
    )
