"""No byte of a file of the demo is free: changed anywhere, offline and alone, it is never valid.

As a person in the field: the trust folder, no sidecar, no network. pyHanko is not asked: it can
take a `valid` away and never give one, so what is refused without it is refused with it.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest

from licence.formats import cms, hole
from licence.formats.hole import Hole
from licence.formats.verdict import Verdict
from tests.e2e.conftest import Told
from verifier.offline import no_network
from verifier.policy import BATCH, STRICT
from verifier.timestamp_token import verify_token
from verifier.trust import TrustStore, load_trust
from verifier.verify import verify

FLIPS = 2_000
STEP = 17
"""Digits from one change in a certificate to the next; odd: both digits of a byte get a turn."""
LETTERS = b"abcdef"
TO_CAPITAL = ord("A") - ord("a")

NAMES = (
    "辽WH安许证字20240127-v1",
    "辽JZ安许证字2022010486-v3",
    "辽WH安许证字20260009-v1",
)
"""Valid licences: of two authorities, one with several years, one for weeks only."""


@dataclass(frozen=True, slots=True)
class Field:
    """Somebody with a file and a trust folder, and with nothing else."""

    path: Path
    pdf: bytes
    hole: Hole
    trust: TrustStore
    now: datetime

    def verdict(self, pdf: bytes) -> Verdict:
        """Judge a file offline."""
        with no_network():
            return verify(pdf, self.trust, policy=BATCH, now=self.now).verdict

    def valid_flips(self, flips: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return those changes of one byte, (place, new value), after which the file is valid."""
        return [
            (at, to)
            for at, to in flips
            if self.verdict(self.pdf[:at] + bytes((to,)) + self.pdf[at + 1 :]) is Verdict.VALID
        ]


@pytest.fixture(params=NAMES)
def field(told: Told, request: pytest.FixtureRequest) -> Field:
    path = told.folder / "licences" / f"{request.param}.pdf"
    pdf = path.read_bytes()
    now = datetime.now(UTC)
    trust = load_trust(told.folder / "trust", now=now)
    return Field(path, pdf, hole.find(pdf), trust, now)


def test_the_file_itself_is_valid(field: Field) -> None:
    """Otherwise the tests below would prove nothing."""
    assert field.verdict(field.pdf) is Verdict.VALID
    with no_network():
        report = verify(field.pdf, field.trust, policy=STRICT, now=field.now)
    assert report.verdict is Verdict.VALID


def test_two_thousand_random_bytes(field: Field) -> None:
    """The seed is the place of the file in the list, so that a failure can be made again."""
    chosen = random.Random(NAMES.index(field.path.stem))
    places = [chosen.randrange(len(field.pdf)) for _ in range(FLIPS)]
    flips = [(at, (field.pdf[at] + chosen.randrange(1, 256)) % 256) for at in places]
    inside = sum(field.hole.start <= at < field.hole.end for at in places)
    assert inside > FLIPS // 10
    assert field.valid_flips(flips) == []


def test_the_case_of_every_hexadecimal_digit(field: Field) -> None:
    """A reader of hexadecimal does not see it; whoever hides a message in it does."""
    letters = [at for at in range(field.hole.start, field.hole.end) if field.pdf[at] in LETTERS]
    assert len(letters) > 2_000
    assert field.valid_flips((at, field.pdf[at] + TO_CAPITAL) for at in letters) == []
    start, end = field.hole.start, field.hole.end
    shouted = field.pdf[:start] + field.pdf[start:end].upper() + field.pdf[end:]
    assert field.verdict(shouted) is Verdict.INVALID


def test_bytes_of_each_certificate_in_the_signature(field: Field) -> None:
    """Those of the CMS and of the timestamp token: outside what the signer signed.

    Such a file goes through every check, which takes its time: one digit in `STEP`.
    """
    der = hole.contents(field.pdf, field.hole)
    parts = cms.parse(der)
    assert parts.timestamp_token is not None
    token = verify_token(parts.timestamp_token, parts.signature)
    certificates = (*parts.certificates, *token.certificates)
    assert len(certificates) >= 3
    for certificate in certificates:
        assert der.count(certificate) == 1
        start = field.hole.start + 1 + 2 * der.index(certificate)
        places = range(start, start + 2 * len(certificate), STEP)
        assert field.valid_flips(_other_digits(field.pdf, places)) == []


def test_every_byte_of_each_certificate_in_the_signed_bytes(field: Field) -> None:
    """Those of the document security store, as they lie packed in the file."""
    with pikepdf.open(field.path) as pdf:
        packed = [stream.read_raw_bytes() for stream in pdf.Root.DSS.Certs.as_list()]
    assert len(packed) >= 3
    for data in packed:
        assert field.pdf.count(data) == 1
        start = field.pdf.index(data)
        flips = ((at, field.pdf[at] ^ 1) for at in range(start, start + len(data)))
        assert field.valid_flips(flips) == []


def _other_digits(pdf: bytes, places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield, for each hexadecimal digit, the one whose lowest bit differs, in lower case."""
    for at in places:
        yield at, ord(f"{int(pdf[at : at + 1], 16) ^ 1:x}")
