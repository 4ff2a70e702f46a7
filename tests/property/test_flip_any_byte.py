"""No byte of a licence file is free: whatever is changed, offline and alone, it is never valid.

The file is judged without sidecar and without a registry, so the anchor must come from its hole.
"""

import random
from collections.abc import Iterator
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.formats import cms, hole
from licence.formats.checks import CheckName
from licence.formats.verdict import Verdict
from tests.builders import FakeTrust, Issued, World, make_world, parts_of
from verifier.pades.structure import read_structure
from verifier.policy import BATCH
from verifier.verify import verify

FLIPS = 2_000
SLICE = 250


@cache
def _made() -> tuple[World, Issued, FakeTrust]:
    world = make_world()
    return world, world.issue(world.version()), world.trust()


def _verdict(pdf: bytes) -> Verdict:
    world, _, trust = _made()
    return verify(pdf, trust, policy=BATCH, now=world.now).verdict


def _flipped(pdf: bytes, at: int, to: int) -> bytes:
    return pdf[:at] + bytes((to,)) + pdf[at + 1 :]


def test_the_file_itself_is_valid() -> None:
    """Otherwise the tests below would prove nothing."""
    assert _verdict(_made()[1].pdf) is Verdict.VALID


@pytest.mark.parametrize("part", range(FLIPS // SLICE))
def test_two_thousand_random_bytes(part: int) -> None:
    """Fixed seeds, so that a failure can be made again; bytes inside and outside the hole alike."""
    chosen = random.Random(part)
    pdf = _made()[1].pdf
    for _ in range(SLICE):
        at = chosen.randrange(len(pdf))
        to = (pdf[at] + chosen.randrange(1, 256)) % 256
        assert _verdict(_flipped(pdf, at, to)) is not Verdict.VALID, (at, to)


@given(st.data())
def test_any_byte_of_the_cms(data: st.DataObject) -> None:
    """Each digit of the DER in the hole, replaced by any other digit."""
    pdf = _made()[1].pdf
    place = hole.find(pdf)
    used = 2 * len(hole.contents(pdf, place))
    at = place.start + 1 + data.draw(st.integers(0, used - 1))
    to = data.draw(st.sampled_from(b"0123456789abcdef").filter(lambda digit: digit != pdf[at]))
    assert _verdict(_flipped(pdf, at, to)) is not Verdict.VALID


def test_every_case_of_hexadecimal_digits() -> None:
    """Each letter of the hole as a capital, one at a time in big steps, and all together."""
    pdf = _made()[1].pdf
    place = hole.find(pdf)
    letters = [at for at in range(place.start, place.end) if pdf[at] in b"abcdef"]
    for at in letters[:: max(len(letters) // 200, 1)]:
        assert _verdict(_flipped(pdf, at, pdf[at] - 32)) is Verdict.INVALID
    shouted = pdf[: place.start] + pdf[place.start : place.end].upper() + pdf[place.end :]
    assert _verdict(shouted) is Verdict.INVALID


def _certificates(pdf: bytes) -> Iterator[bytes]:
    """Yield the certificates that stand in the hole: of the CMS, and of the timestamp token."""
    parts = parts_of(pdf)
    yield from parts.certificates
    token = parts.timestamp_token or b""
    world = _made()[0]
    assert world.pki.tsa_key.certificate in token
    yield world.pki.tsa_key.certificate


def test_a_byte_of_each_embedded_certificate() -> None:
    pdf = _made()[1].pdf
    place = hole.find(pdf)
    der = hole.contents(pdf, place)
    for certificate in _certificates(pdf):
        start = der.index(certificate)
        for step in range(0, len(certificate), 37):
            changed = bytearray(der)
            changed[start + step] ^= 1
            assert changed != der
            digits = bytes(changed).hex().encode()
            altered = pdf[: place.start + 1] + digits + pdf[place.start + 1 + len(digits) :]
            assert _verdict(altered) is not Verdict.VALID, step


def _with_evidence(issued: Issued, proof: bytes) -> bytes:
    place = hole.find(issued.bare)
    bare = hole.contents(issued.bare, place)
    return hole.fill(issued.bare, place, cms.with_evidence(bare, proof))


def _one_bit_each(evidence: bytes, step: int) -> Iterator[bytes]:
    for at in range(0, len(evidence), step):
        proof = bytearray(evidence)
        proof[at] ^= 1 << at % 8
        yield bytes(proof)


def test_a_byte_of_some_parts_of_the_evidence() -> None:
    """Rebuilt as proper DER each time, so that only the judge of the evidence can refuse."""
    _, issued, _ = _made()
    for proof in _one_bit_each(issued.evidence, 97):
        assert _verdict(_with_evidence(issued, proof)) is Verdict.UNDETERMINED


def test_a_byte_of_each_part_of_the_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same at many more places; objects and pages, where it does not stand, are read once."""
    world, issued, trust = _made()
    report = verify(issued.pdf, trust, policy=BATCH, now=world.now)
    place = hole.find(issued.pdf)
    structure = read_structure(
        issued.pdf,
        (0, place.start, place.end, len(issued.pdf) - place.end),
        bytes.fromhex(issued.pdf[place.start + 1 : place.end - 1].decode("ascii")),
    )
    monkeypatch.setattr("verifier.steps.read_structure", lambda *_: structure)
    monkeypatch.setattr("verifier.steps.check_data", lambda *_: report.check(CheckName.DATA))
    assert _verdict(issued.pdf) is Verdict.VALID
    for proof in _one_bit_each(issued.evidence, 5):
        assert _verdict(_with_evidence(issued, proof)) is Verdict.UNDETERMINED


@given(st.binary(max_size=200), st.integers(0, 2**20))
def test_bytes_put_in_anywhere(junk: bytes, where: int) -> None:
    pdf = _made()[1].pdf
    at = where % (len(pdf) + 1)
    altered = pdf[:at] + junk + pdf[at:]
    if altered != pdf:
        assert _verdict(altered) is not Verdict.VALID


@given(st.integers(0, 2**20), st.integers(1, 2**20))
def test_bytes_taken_out_anywhere(where: int, count: int) -> None:
    pdf = _made()[1].pdf
    at = where % len(pdf)
    assert _verdict(pdf[:at] + pdf[at + count :]) is not Verdict.VALID


@given(st.binary(max_size=2_000))
def test_no_random_file_breaks_the_verifier(data: bytes) -> None:
    assert _verdict(data) is Verdict.FOREIGN
    assert _verdict(b"%PDF-1.7\n" + data + b"\nstartxref\n9\n%%EOF\n") is Verdict.FOREIGN


def test_a_flip_in_the_signed_bytes_reads_invalid_not_foreign() -> None:
    """A damaged licence is called a damaged licence, not somebody else's file."""
    pdf = _made()[1].pdf
    place = hole.find(pdf)
    for seed in range(40):
        at = int.from_bytes(sha256(b"%d" % seed).digest()[:4], "big") % place.start
        assert _verdict(_flipped(pdf, at, pdf[at] ^ 0x20)) is Verdict.INVALID
