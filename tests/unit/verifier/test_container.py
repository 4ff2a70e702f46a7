"""Files that are larger than any licence: what they are can be said all the same."""

from hashlib import sha256

import pytest

from licence.errors import Code
from licence.formats import hole
from licence.formats.checks import CheckName
from licence.formats.verdict import Verdict
from tests.builders import World, make_world
from verifier.policy import BATCH
from verifier.verify import verify


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


def test_bytes_without_end_after_a_licence_are_a_forgery(world: World) -> None:
    """It is no licence: "could not be checked" would leave a forger the benefit of the doubt."""
    pdf = world.sign(world.version()).pdf
    large = pdf + bytes(hole.MAX_PDF_BYTES)
    report = verify(large, world.trust(), policy=BATCH, now=world.now)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.CONTAINER_APPENDED)
    result = report.check(CheckName.CONTAINER)
    assert result is not None
    assert result.fact("original_sha256") == sha256(pdf).hexdigest()
    assert result.fact("appended_bytes") is None


def test_a_damaged_licence_of_any_size_is_a_forgery(world: World) -> None:
    large = world.sign(world.version()).pdf[:-7] + bytes(hole.MAX_PDF_BYTES)
    report = verify(large, world.trust(), policy=BATCH, now=world.now)
    assert (report.verdict, report.code) == (Verdict.INVALID, Code.CONTAINER_STRUCTURE)


def test_a_large_file_of_somebody_else_is_foreign(world: World) -> None:
    large = bytes(hole.MAX_PDF_BYTES + 1)
    report = verify(large, world.trust(), policy=BATCH, now=world.now)
    assert (report.verdict, report.code) == (Verdict.FOREIGN, Code.NOT_A_LICENCE)
