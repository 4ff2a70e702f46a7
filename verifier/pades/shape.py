"""A closed world of objects: each has a kind, each kind its entries, and none is left over.

A walk begins at the trailer and gives every object that it meets one kind, with the rules of
`verifier.pades.shape_kinds`. What has an entry that its kind does not have is refused; so is an
object of two kinds, or one that nothing refers to. The walk is over plain values, not over objects
of a PDF library: a thousand objects take a few milliseconds.

Standard: ISO 32000-1, 7.3 (objects) and 7.7 (document structure).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import pikepdf

from verifier.pades.objects import MAX_DEPTH, refuse

Value: TypeAlias = Any
"""A PDF value as JSON has it; names begin with `/`, strings with `u:` or `b:`."""

MAX_NESTING: Final = 20
"""Arrays in arrays."""
NESTED: Final = (dict, list)
"""Of a value that holds others; `dict | list` would be made anew for each of 6,000 values."""
INFRASTRUCTURE: Final = frozenset(("/ObjStm", "/XRef"))
"""Streams that hold the other objects, and say where they are."""


@dataclass(slots=True)
class Walk:
    """One walk over the objects of a file.

    Attributes:
        objects: All indirect objects by reference; of a stream its dictionary.
        streams: Which of them are streams.
        kinds: The rules of each kind.
        met: The kind of each object that was met.
        words: What is said beside the pages: where, and the text.
    """

    objects: Mapping[str, Value]
    streams: frozenset[str]
    kinds: Mapping[str, "Kind"]
    met: dict[str, str] = field(default_factory=dict)
    words: list[tuple[str, str]] = field(default_factory=list)
    _todo: list[tuple[str, Value]] = field(default_factory=list)
    _promised: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    _entered: set[str] = field(default_factory=set)

    def run(self, kind: str, value: Value) -> None:
        """Walk from a value on, and refuse what was not met.

        Raises:
            AnzhengError: CONTAINER_STRUCTURE.
        """
        self.enter(kind, value)
        while self._todo:
            name, found = self._todo.pop()
            self.kinds[name].check(self, name, found)
        for reference, expected in self._promised:
            if self.met.get(reference) not in expected:
                raise refuse("a reference to an object of another kind")
        left = {
            reference
            for reference in self.objects.keys() - self.met.keys()
            if not self._is_infrastructure(reference)
        }
        if left:
            raise refuse("an object that nothing refers to")

    def enter(self, kind: str, value: Value) -> None:
        """Give a value its kind, and look at it later."""
        is_stream = False
        if is_reference(value):
            known = self.met.setdefault(value, kind)
            if known != kind:
                raise refuse(f"an object that is {known} and {kind}")
            if value in self._entered:
                if self.kinds[kind].once:
                    raise refuse(f"a {kind} in two places")
                return
            self._entered.add(value)
            is_stream = value in self.streams
            value = self._object(value)
        if is_stream is not self.kinds[kind].is_stream or not isinstance(value, dict):
            raise refuse(f"no {kind} where one should be")
        self._todo.append((kind, value))

    def plain(self, value: Value, kind: str = "value") -> Value:
        """Return a value that may stand in an object of its own, but is neither stream nor met."""
        if not is_reference(value):
            return value
        if value in self.streams or self.met.setdefault(value, kind) != kind:
            raise refuse("a value in an object of another kind")
        return self._object(value)

    def promise(self, value: Value, *kinds: str) -> None:
        """Hold a reference back to something that is met elsewhere against its kind, at the end."""
        if not is_reference(value):
            raise refuse("a value where a reference should be")
        self._promised.append((value, frozenset(kinds)))

    def _object(self, reference: str) -> Value:
        if reference not in self.objects:
            raise refuse("a reference to nothing")
        return self.objects[reference]

    def _is_infrastructure(self, reference: str) -> bool:
        if reference not in self.streams:
            return False
        return self.objects[reference].get("/Type") in INFRASTRUCTURE


Rule = Callable[[Walk, Value], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """What an object of a kind has.

    Attributes:
        entries: The rule of each entry.
        needed: Entries that must be there.
        is_stream: Whether it is a stream.
        also: What holds for several entries together.
        once: Whether it stands in one place only, as in a tree.
    """

    entries: Mapping[str, Rule]
    needed: frozenset[str]
    is_stream: bool = False
    also: Callable[[Walk, Value], None] | None = None
    once: bool = False

    def check(self, walk: Walk, name: str, value: Value) -> None:
        """Hold an object against the rules."""
        if not self.needed <= value.keys():
            raise refuse(f"an entry is missing in a {name}")
        for key, item in value.items():
            rule = self.entries.get(key)
            if rule is None:
                raise refuse(f"unknown entries in a {name}")
            rule(walk, item)
        if self.also is not None:
            self.also(walk, value)


def is_reference(value: Value) -> bool:
    """Say whether a value is a reference."""
    return isinstance(value, str) and value.endswith(" R") and value[0].isdigit()


def dictionaries_in(value: Value) -> Iterator[dict[str, Value]]:
    """Yield the dictionaries that stand directly in one object; references are not followed.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE, when they are nested too deep.
    """
    level: list[Value] = [value] if isinstance(value, NESTED) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return
        below: list[Value] = []
        for each in level:
            items = each
            if isinstance(each, dict):
                yield each
                items = each.values()
            below += [item for item in items if isinstance(item, NESTED)]
        level = below
    if level:
        raise refuse("nested too deep")


def text_of(value: Value) -> str:
    """Return the text of a string; one that is no text is refused."""
    if not isinstance(value, str) or not value.startswith("u:"):
        raise refuse("a string that is no text")
    return value[2:]


# ---------------------------------------------------------------- rules


def one(kind: str) -> Rule:
    """Let an entry be an object of a kind."""
    return lambda walk, value: walk.enter(kind, value)


def many(kind: str) -> Rule:
    """Let an entry be an array of objects of a kind."""

    def rule(walk: Walk, value: Value) -> None:
        for item in _array(walk, value):
            walk.enter(kind, item)

    return rule


def one_or_many(kind: str) -> Rule:
    """Let an entry be an object of a kind, or an array of such."""

    def rule(walk: Walk, value: Value) -> None:
        target = walk.objects.get(value) if is_reference(value) else value
        (many(kind) if isinstance(target, list) else one(kind))(walk, value)

    return rule


def named(kind: str) -> Rule:
    """Let an entry be a dictionary whose entries, by any name, are objects of a kind."""

    def rule(walk: Walk, value: Value) -> None:
        found = walk.plain(value)
        if not isinstance(found, dict):
            raise refuse("no dictionary where one should be")
        for item in found.values():
            walk.enter(kind, item)

    return rule


def back(*kinds: str) -> Rule:
    """Let an entry be a reference to an object that is met elsewhere."""
    return lambda walk, value: walk.promise(value, *kinds)


def only(*allowed: Value) -> Rule:
    """Let an entry be one of these values."""

    def rule(walk: Walk, value: Value) -> None:
        found = walk.plain(value) if is_reference(value) else value
        for each in allowed:
            # True equals 1 in Python, and 1.0 too; in PDF they are three things.
            if found == each and type(found) is type(each):
                return
        raise refuse("a value that we do not write")

    return rule


def said(place: str) -> Rule:
    """Let an entry be a text that somebody may read beside the page; it is kept."""

    def rule(walk: Walk, value: Value) -> None:
        walk.words.append((place, text_of(walk.plain(value))))

    return rule


def scalar(walk: Walk, value: Value) -> None:
    """Let an entry be a number, a name, a string, true, false or null."""
    if isinstance(walk.plain(value) if is_reference(value) else value, NESTED):
        raise refuse("an array or a dictionary where a single value should be")


def scalars(walk: Walk, value: Value) -> None:
    """Let an entry be an array of single values, or of such arrays."""
    _scalars(walk, value, 0)


def _scalars(walk: Walk, value: Value, depth: int) -> None:
    found = walk.plain(value)
    if isinstance(found, dict) or depth > MAX_NESTING:
        raise refuse("a dictionary where numbers should be")
    if isinstance(found, list):
        for item in found:
            if isinstance(item, NESTED) or is_reference(item):
                _scalars(walk, item, depth + 1)


def flat(**entries: Rule) -> Rule:
    """Let an entry be a small dictionary with these entries; `F` stands for `/F`."""
    rules = {f"/{name}": rule for name, rule in entries.items()}

    def rule(walk: Walk, value: Value) -> None:
        found = walk.plain(value)
        if not isinstance(found, dict) or not found.keys() <= rules.keys():
            raise refuse("unknown entries in a small dictionary")
        for key, item in found.items():
            rules[key](walk, item)

    return rule


def _array(walk: Walk, value: Value) -> list[Value]:
    found = walk.plain(value)
    if not isinstance(found, list):
        raise refuse("no array where one should be")
    return found


# ---------------------------------------------------------------- from the library


def read_values(document: pikepdf.Pdf) -> tuple[dict[str, Value], frozenset[str]]:
    """Return all indirect objects of a file as plain values, and which of them are streams.

    Raises:
        AnzhengError: CONTAINER_STRUCTURE, for what plain values cannot say.
    """
    if document.get_warnings():
        raise refuse("the parser had to mend something")
    references: list[str] = []
    streams: set[str] = set()
    texts: list[bytes] = []
    for each in document.objects:
        number, generation = each.objgen
        references.append(f"{number} {generation} R")
        texts.append(each.to_json(dereference=True))
        if isinstance(each, pikepdf.Stream):
            streams.add(references[-1])
    try:
        values = json.loads(b"[%s]" % b",".join(texts))
    except (RecursionError, ValueError) as error:
        raise refuse("values that no file of ours has") from error
    return dict(zip(references, values, strict=True)), frozenset(streams)
