"""Reads an object field by field and collects everything that is wrong with it.

A field that cannot be read gets a stand-in value and a problem, so that reading goes on: an officer
who mends a roster wants all faults of a row at once. Callers look at `problems` before they use
what was read, and rules about a field that could not be read are not asked (`failed`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from licence.domain.problem import Problem
from licence.errors import AnzhengError, Code

T = TypeVar("T")

Parse = Callable[[object, str], T]
"""Turns a raw value into a typed one; gets the path of the field; raises AnzhengError."""


class Reader:
    """One object that is being read.

    Args:
        raw: The object; `null` is not the same as absent and is refused by every parser.
        path: Path of the object, empty for the outermost one.
        complete: Refuse absent fields that have a default (signed data leaves nothing out).
    """

    def __init__(self, raw: Mapping[str, object], *, path: str = "", complete: bool) -> None:
        self._raw = raw
        self._path = path
        self._complete = complete
        self._known: set[str] = set()
        self.problems: list[Problem] = []

    @property
    def failed(self) -> frozenset[str]:
        """Names of the outermost fields that have a problem."""
        return frozenset(_first_name(problem.field) for problem in self.problems)

    def required(self, key: str, parse: Parse[T], stand_in: T) -> T:
        """Read a field that must be there."""
        self._known.add(key)
        if key not in self._raw:
            self._problem(key, Code.FIELD_MISSING, "is missing")
            return stand_in
        return self._parsed(key, parse, stand_in)

    def defaulted(self, key: str, parse: Parse[T], default: T) -> T:
        """Read a field that a roster may leave out."""
        if self._complete or key in self._raw:
            return self.required(key, parse, default)
        self._known.add(key)
        return default

    def optional(self, key: str, parse: Parse[T]) -> T | None:
        """Read a field that may be absent."""
        self._known.add(key)
        return self._parsed(key, parse, None) if key in self._raw else None

    def child(self, key: str, build: Callable[["Reader"], T], stand_in: T) -> T:
        """Read an object that must be there."""
        self._known.add(key)
        if key not in self._raw:
            self._problem(key, Code.FIELD_MISSING, "is missing")
            return stand_in
        return self._built(self._raw[key], self._at(key), build, stand_in)

    def optional_child(self, key: str, build: Callable[["Reader"], T]) -> T | None:
        """Read an object that may be absent."""
        self._known.add(key)
        if key not in self._raw:
            return None
        return self._built(self._raw[key], self._at(key), build, None)

    def children(
        self, key: str, build: Callable[["Reader"], T], *, low: int, high: int
    ) -> tuple[T, ...]:
        """Read a list of `low` to `high` objects; absent is empty where `low` is 0."""
        self._known.add(key)
        if key not in self._raw:
            if low or self._complete:
                self._problem(key, Code.FIELD_MISSING, "is missing")
            return ()
        return self._list(key, build, low=low, high=high)

    def optional_children(
        self, key: str, build: Callable[["Reader"], T], *, high: int
    ) -> tuple[T, ...]:
        """Read a list of 1 to `high` objects that may be absent; absent is empty."""
        self._known.add(key)
        return self._list(key, build, low=1, high=high) if key in self._raw else ()

    def end(self) -> None:
        """Refuse every field that nobody asked for."""
        for key in self._raw:
            if key not in self._known:
                # The name of an unknown field is foreign text: it is cut, and shown escaped.
                shown = ascii(key[:40])[1:-1]
                self._problem(shown, Code.FIELD_UNKNOWN, "is no field of a licence")

    def _list(
        self, key: str, build: Callable[["Reader"], T], *, low: int, high: int
    ) -> tuple[T, ...]:
        items = self._raw[key]
        if not isinstance(items, Sequence) or isinstance(items, str):
            self._problem(key, Code.FIELD_TYPE, "must be a list")
            return ()
        if not low <= len(items) <= high:
            self._problem(key, Code.FIELD_LENGTH, f"must have {low} to {high} entries")
            return ()
        built = (
            self._built(item, f"{self._at(key)}[{place}]", build, None)
            for place, item in enumerate(items)
        )
        return tuple(item for item in built if item is not None)

    def _at(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def _problem(self, key: str, code: Code, what: str) -> None:
        field = self._at(key)
        self.problems.append(Problem(field, code, f"{field} {what}"))

    def _parsed(self, key: str, parse: Parse[T], stand_in: T) -> T:
        field = self._at(key)
        try:
            return parse(self._raw[key], field)
        except AnzhengError as error:
            self.problems.append(Problem(field, error.code, error.message))
            return stand_in

    def _built(self, value: object, path: str, build: Callable[["Reader"], T], stand_in: T) -> T:
        if not isinstance(value, Mapping):
            self.problems.append(Problem(path, Code.FIELD_TYPE, f"{path} must be an object"))
            return stand_in
        inner = Reader(value, path=path, complete=self._complete)
        built = build(inner)
        inner.end()
        self.problems.extend(inner.problems)
        return stand_in if inner.problems else built


def _first_name(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]
