"""Reads what a child sent: the part of pickle that our values consist of, and nothing that acts.

The library's reader does what it is told: it sets attributes of any object that it can name, of a
verdict too, and for all files to come; it reserves as much memory as a number says. Here a message
makes new objects of our dataclasses, looks up members of our enumerations, and makes times.

Standard: Python, pickle protocol 5 (`pickletools`), as the library writes it.
"""

import pickle
import struct
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from functools import lru_cache
from sys import modules
from typing import Final

_MODULES: Final = ("licence.", "verifier.memory", "verifier.pictures", "verifier.pool.types")
_TIMES: Final = {kind.__name__: kind for kind in (date, datetime, timedelta, timezone)}
_PLAIN: Final = (str, int, bytes, timedelta, timezone)
"""What an enumeration or a time is made of; of nested values its hash could take for ever."""
_KEYS: Final = (str, int, bytes, Enum)
_SEVERAL: Final = (tuple, list, frozenset)
_PROTOCOL: Final = 5
MAX_VALUES: Final = 500_000
"""Values in values; an answer has some hundred, and two for each status list that was seen."""
_FLOAT: Final = struct.Struct(">d")


class RefusedError(ValueError):
    """A message that is not made of our values alone."""


def read(data: bytes) -> object:
    """Return the value of a message.

    Raises:
        RefusedError: For anything that is not written as the library writes our values.
        Exception: What comes of a message that breaks off or does not fit together.
    """
    value = _Reader(data).value()
    _check_size(value)
    return value


def _check_size(value: object) -> None:
    """Refuse what is short here and endless for whoever writes it out: pairs of pairs, a circle."""
    todo, left = [value], MAX_VALUES
    while todo:
        each = todo.pop()
        left -= 1
        if isinstance(each, _SEVERAL):
            todo.extend(each)
        elif isinstance(each, dict):
            todo.extend(each.values())
        elif is_dataclass(each) and not isinstance(each, type):
            todo.extend(getattr(each, name) for name in _names(type(each)))
        if left < len(todo):
            raise RefusedError("too many values")


class _Reader:
    """One message."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._stack: list[object] = []
        self._below: list[list[object]] = []
        self._memo: list[object] = []
        # By identity; kept, so that no other object gets the number of one that went away.
        self._fresh: dict[int, object] = {}

    def value(self) -> object:
        while True:
            code = self._data[self._at]
            self._at += 1
            if code == _STOP:
                break
            act = _ACTS.get(code)
            if act is None:
                raise RefusedError(f"code {code}")
            act(self)
        if self._below or len(self._stack) != 1 or self._at != len(self._data):
            raise RefusedError("not one value")
        return self._stack[0]

    # -------------------------------------------------------------- plain values

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise RefusedError("it breaks off")
        found, self._at = self._data[self._at : end], end
        return found

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def push(self, value: object) -> None:
        self._stack.append(value)

    def signed(self, width: int) -> None:
        self.push(int.from_bytes(self.take(width), "little", signed=True))

    def text(self, width: int) -> None:
        self.push(self.take(self.number(width)).decode("utf-8", "surrogatepass"))

    def protocol(self) -> None:
        if self.number(1) != _PROTOCOL:
            raise RefusedError("another protocol")

    # -------------------------------------------------------------- values of values

    def mark(self) -> None:
        self._below.append(self._stack)
        self._stack = []

    def marked(self) -> list[object]:
        found, self._stack = self._stack, self._below.pop()
        return found

    def popped(self, count: int) -> list[object]:
        if count >= len(self._stack):
            raise RefusedError("too few values")
        found, self._stack[-count:] = self._stack[-count:], []
        return found

    def several(self, count: int) -> None:
        if count > len(self._stack):
            raise RefusedError("too few values")
        self._stack[-count:] = [tuple(self._stack[-count:])]

    def extend(self, found: list[object]) -> None:
        place = self._stack[-1]
        if type(place) is not list:
            raise RefusedError("not a list")
        place += found

    def put(self, found: list[object]) -> None:
        place = self._stack[-1]
        if type(place) is not dict or not all(isinstance(key, _KEYS) for key in found[::2]):
            raise RefusedError("not a dictionary with plain keys")
        place.update(zip(found[::2], found[1::2], strict=True))

    def frozen(self) -> None:
        found = self.marked()
        if not all(isinstance(each, _KEYS) for each in found):
            raise RefusedError("not a set of plain values")
        self.push(frozenset(found))

    # -------------------------------------------------------------- ours

    def named(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(module, str) or not isinstance(name, str):
            raise RefusedError("not a name")
        self.push(_class(module, name))

    def made(self) -> None:
        """Call: a member of an enumeration, or a time."""
        arguments, kind = self._stack.pop(), self._stack.pop()
        if not isinstance(arguments, tuple) or not all(isinstance(x, _PLAIN) for x in arguments):
            raise RefusedError("not made of plain values")
        if not isinstance(kind, type) or not (issubclass(kind, Enum) or kind in _TIMES.values()):
            raise RefusedError("not an enumeration")
        if issubclass(kind, Enum) and len(arguments) != 1:
            # With two, an enumeration would make a new one.
            raise RefusedError("not a member")
        self.push(kind(*arguments))

    def new(self) -> None:
        """An object of a dataclass, still empty."""
        arguments, kind = self._stack.pop(), self._stack.pop()
        if arguments != () or not isinstance(kind, type) or not is_dataclass(kind):
            raise RefusedError("not a dataclass")
        value = kind.__new__(kind)
        self._fresh[id(value)] = value
        self.push(value)

    def fill(self) -> None:
        """Give an object of this message its fields, once."""
        state, value = self._stack.pop(), self._stack[-1]
        if id(value) not in self._fresh or not is_dataclass(value) or isinstance(value, type):
            raise RefusedError("not an object of this message")
        names = _names(type(value))
        if type(state) is not list or len(state) != len(names):
            raise RefusedError("not the fields of the object")
        del self._fresh[id(value)]
        for name, each in zip(names, state, strict=True):
            object.__setattr__(value, name, each)

    def remember(self) -> None:
        self._memo.append(self._stack[-1])

    def recall(self, width: int) -> None:
        self.push(self._memo[self.number(width)])


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


@lru_cache(maxsize=256)
def _class(module: str, name: str) -> type:
    if module == "datetime" and name in _TIMES:
        return _TIMES[name]
    if module.startswith(_MODULES) and "." not in name and module in modules:
        found = getattr(modules[module], name, None)
        if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum)):
            return found
    raise RefusedError("not a value of ours")


_STOP: Final = pickle.STOP[0]
_ACTS: Final[dict[int, Callable[[_Reader], object]]] = {
    code[0]: act
    for code, act in {
        pickle.PROTO: _Reader.protocol,
        pickle.FRAME: lambda reader: reader.number(8),
        pickle.NONE: lambda reader: reader.push(None),
        pickle.NEWTRUE: lambda reader: reader.push(True),  # noqa: FBT003 - a value
        pickle.NEWFALSE: lambda reader: reader.push(False),  # noqa: FBT003 - a value
        pickle.BININT: lambda reader: reader.signed(4),
        pickle.BININT1: lambda reader: reader.push(reader.number(1)),
        pickle.BININT2: lambda reader: reader.push(reader.number(2)),
        pickle.LONG1: lambda reader: reader.signed(reader.number(1)),
        pickle.BINFLOAT: lambda reader: reader.push(*_FLOAT.unpack(reader.take(8))),
        pickle.SHORT_BINUNICODE: lambda reader: reader.text(1),
        pickle.BINUNICODE: lambda reader: reader.text(4),
        pickle.SHORT_BINBYTES: lambda reader: reader.push(reader.take(reader.number(1))),
        pickle.BINBYTES: lambda reader: reader.push(reader.take(reader.number(4))),
        pickle.EMPTY_TUPLE: lambda reader: reader.push(()),
        pickle.TUPLE1: lambda reader: reader.several(1),
        pickle.TUPLE2: lambda reader: reader.several(2),
        pickle.TUPLE3: lambda reader: reader.several(3),
        pickle.TUPLE: lambda reader: reader.push(tuple(reader.marked())),
        pickle.MARK: _Reader.mark,
        pickle.EMPTY_LIST: lambda reader: reader.push([]),
        pickle.APPEND: lambda reader: reader.extend(reader.popped(1)),
        pickle.APPENDS: lambda reader: reader.extend(reader.marked()),
        pickle.EMPTY_DICT: lambda reader: reader.push({}),
        pickle.SETITEM: lambda reader: reader.put(reader.popped(2)),
        pickle.SETITEMS: lambda reader: reader.put(reader.marked()),
        pickle.FROZENSET: _Reader.frozen,
        pickle.STACK_GLOBAL: _Reader.named,
        pickle.REDUCE: _Reader.made,
        pickle.NEWOBJ: _Reader.new,
        pickle.BUILD: _Reader.fill,
        pickle.MEMOIZE: _Reader.remember,
        pickle.BINGET: lambda reader: reader.recall(1),
        pickle.LONG_BINGET: lambda reader: reader.recall(4),
    }.items()
}
