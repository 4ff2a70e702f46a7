"""What a child that was taken over may send: values, and nothing that stays or takes for ever."""

import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from licence.errors import Code
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from tests.compat import generate_trust
from tests.fakes.refusal import refuses
from verifier.memory import Memory
from verifier.pool.types import Answer
from verifier.pool.wire import read_values

NOTHING = b"\x80\x05"


def text(value: str) -> bytes:
    return b"\x8c" + bytes((len(value),)) + value.encode()


def name(module: str, attribute: str) -> bytes:
    return text(module) + text(attribute) + b"\x93"


VERDICT = name("licence.formats.verdict", "Verdict")
REPORT = name("licence.formats.report", "Report")


def nested(depth: int) -> bytes:
    """A tuple of two that are the same, and so on: its hash takes two to the depth steps."""
    return b")" + b"".join(b"\x94h%c\x86" % number for number in range(depth))


def test_an_answer_comes_as_it_was_sent() -> None:
    made = generate_trust.good_report()
    answer = Answer(made, Memory(), None, ())
    assert read_values(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)) == answer


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, -1, 1 << 40, -(1 << 200), 0.5, "字", "x" * 400, b"", b"x" * 400, (), (1,)),
        *((1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], [1, 2], {}, {"a": 1}, {"a": 1, "b": (2,)}),
        *(frozenset({"a"}), date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), timedelta(1)),
        *(Verdict.VALID, {Code.OK: Verdict.VALID}, ["a"] * 300),
    ],
)
def test_each_kind_of_value_comes_as_it_was_sent(value: object) -> None:
    assert read_values(pickle.dumps(value, pickle.HIGHEST_PROTOCOL)) == value


EVIL: dict[str, Callable[[], bytes]] = {
    "sets what a verdict is": lambda: (
        VERDICT + text("invalid") + b"\x85R}" + text("_value_") + text("valid") + b"sb."
    ),
    "sets what a class has": lambda: REPORT + b"N}" + text("verdict") + text("valid") + b"s\x86b.",
    "sets what an enumeration has": lambda: (
        VERDICT + b"N}" + text("VALID") + text("x") + b"s\x86b."
    ),
    "calls a dataclass": lambda: REPORT + b")R.",
    "makes an enumeration": lambda: VERDICT + text("x") + b")\x86R.",
    "calls the system": lambda: name("os", "system") + text("true") + b"\x85R.",
    "calls what a module imported": lambda: name("licence.formats.report", "replace") + b")R.",
    "reserves a gigabyte for one number": lambda: b"Nr\xff\xff\xff\x07.",
    "reserves what does not come": lambda: b"\x96" + (1 << 40).to_bytes(8, "little") + b".",
    "announces text that does not come": lambda: b"X\xff\xff\xff\x7f.",
    "asks for the hash of a tower": lambda: VERDICT + nested(60) + b"\x85R.",
    "takes a tower for a key": lambda: b"}" + nested(60) + b"Ns.",
    "puts a tower into a set": lambda: b"(" + nested(60) + b"\x91.",
    "takes a tower for a name": lambda: nested(60) + text("Report") + b"\x93.",
    "sends a tower": lambda: nested(60) + b".",
    "sends a list that is in itself": lambda: b"]\x94h\x00a.",
    "leaves an object empty": lambda: name("verifier.pictures", "Picture") + b")\x81.",
    "fills an object twice": lambda: (
        name("verifier.pictures", "Picture") + b")\x81" + 2 * b"](NNNeb" + b"."
    ),
    "breaks off": lambda: b"(K",
    "says two things": lambda: b"NN.",
    "goes on": lambda: b"N.N.",
    "says nothing": lambda: b"",
}


@pytest.mark.parametrize("how", EVIL)
def test_nothing_else_comes_in(how: str) -> None:
    before = (dict(Verdict.INVALID.__dict__), Report.__dict__["verdict"], set(dir(Verdict)))
    with refuses(Code.INTERNAL):
        read_values(NOTHING + EVIL[how]())
    after = (dict(Verdict.INVALID.__dict__), Report.__dict__["verdict"], set(dir(Verdict)))
    assert after == before
