"""Reading a roster file: what is a row, and what is refused as a whole."""

import pytest

from anzheng.flows import roster
from anzheng.flows.roster import read_roster
from licence.errors import AnzhengError, Code


@pytest.mark.parametrize(
    "data",
    [b'[{"a": 1}, {"a": 2}]', b'{"a": 1}\n\n{"a": 2}\n', b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}'],
)
def test_arrays_and_lines_are_read(data: bytes) -> None:
    assert read_roster(data) == ({"a": 1}, {"a": 2})


@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"[",
        b"[1]",
        b'{"a": 1',
        b'{"a": 1.5}',
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'"text"',
        b"[" * 100_000,
    ],
)
def test_what_is_no_roster_is_refused(data: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        read_roster(data)
    assert caught.value.code is Code.ROSTER_FORMAT


def test_an_empty_roster_has_no_rows() -> None:
    assert read_roster(b"") == read_roster(b"[]") == ()


def test_limits_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "MAX_ROSTER_BYTES", 4)
    with pytest.raises(AnzhengError) as caught:
        read_roster(b"[{},{}]")
    assert caught.value.code is Code.TOO_LARGE
    monkeypatch.setattr(roster, "MAX_ROSTER_BYTES", 100)
    monkeypatch.setattr(roster, "MAX_ROSTER_ROWS", 1)
    with pytest.raises(AnzhengError) as caught:
        read_roster(b"[{},{}]")
    assert caught.value.code is Code.TOO_LARGE
