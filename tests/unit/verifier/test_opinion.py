"""The referee: pyHanko agrees with good files, says no to altered ones, and never raises."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from licence.errors import Code
from licence.formats import hole
from licence.formats.checks import CheckState
from tests.builders import SIGNED_AT, make_world
from verifier.checks.c01_container import check_container
from verifier.checks.c11_referee import check_referee
from verifier.pades.opinion import Opinion, ask
from verifier.pades.structure import Structure, read_structure


@cache
def _made() -> tuple[bytes, Structure, bytes]:
    world = make_world()
    pdf = world.issue(world.version()).pdf
    _, container = check_container(pdf)
    assert container is not None
    structure = read_structure(pdf, container.byte_range, container.contents)
    return pdf, structure, world.pki.root.certificate


def _ask(pdf: bytes, now: datetime = SIGNED_AT + timedelta(minutes=10)) -> Opinion:
    _, structure, root = _made()
    return ask(pdf, structure, [root], signed_at=SIGNED_AT, now=now)


@pytest.mark.parametrize("year", [2026, 2028, 2031])
def test_it_agrees_years_later_too(year: int) -> None:
    """The revocation data of the day of signing does not go bad (research pdf_judges 4)."""
    now = datetime(year, 12, 1, tzinfo=UTC)
    assert _ask(_made()[0], now) == Opinion("OK", bottom_line=True, entire_file=True)


def test_it_says_no_to_a_changed_byte_and_to_appended_bytes() -> None:
    pdf = _made()[0]
    at = hole.find(pdf).start - 200
    changed = pdf[:at] + bytes((pdf[at] ^ 1,)) + pdf[at + 1 :]
    for altered in (changed, pdf + b"\n1 0 obj\nnull\nendobj\n%%EOF\n"):
        assert not _ask(altered).agrees


def test_it_says_no_with_a_root_of_somebody_else() -> None:
    stranger = make_world("stranger").pki.root.certificate
    pdf, structure, _ = _made()
    now = SIGNED_AT + timedelta(minutes=10)
    assert not ask(pdf, structure, [stranger], signed_at=SIGNED_AT, now=now).agrees


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"junk" * 1000])
def test_whatever_it_dies_of_is_a_no(pdf: bytes) -> None:
    opinion = _ask(pdf)
    assert not opinion.agrees
    assert opinion.trouble


@pytest.mark.parametrize(
    "opinion",
    [
        Opinion("NO_POE", bottom_line=True, entire_file=True),
        Opinion("OK", bottom_line=False, entire_file=True),
        Opinion("OK", bottom_line=True, entire_file=False),
    ],
)
def test_one_no_of_three_is_an_alarm(opinion: Opinion) -> None:
    result = check_referee(opinion)
    assert result.state is CheckState.INDETERMINATE
    assert result.code is Code.REFEREE_DISAGREES
