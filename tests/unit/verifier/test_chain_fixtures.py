"""Every committed fixture is judged as its file says, and can be made again byte for byte."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from licence.domain.model import StatusRef
from licence.errors import AnzhengError
from licence.ids import StatusIndex
from tests.fakes import proof, qbft_files
from tests.fakes.qbft_state import LEAF
from verifier.checks.c06_anchor import judge_evidence
from verifier.checks.c07_chain_proof import read_chain_proof

EVIDENCE = sorted((qbft_files.ASSETS / "qbft").glob("*_*.json"))
PROOFS = sorted((qbft_files.ASSETS / "status_proof").glob("*_*.json"))


@cache
def made() -> Mapping[Path, bytes]:
    return dict(qbft_files.files())


@pytest.mark.parametrize("path", EVIDENCE, ids=lambda path: path.stem)
def test_evidence_is_judged_as_its_file_says(path: Path) -> None:
    case = qbft_files.read(path)
    try:
        judge_evidence(case.data, LEAF, proof.REGISTRY, proof.AUTHORITY, case.pinned.bundle())
    except AnzhengError as error:
        assert error.code.value == case.expect  # noqa: PT017 - no error is an answer too
    else:
        assert case.expect == "OK"


@pytest.mark.parametrize("path", PROOFS, ids=lambda path: path.stem)
def test_status_proof_is_judged_as_its_file_says(path: Path) -> None:
    case = qbft_files.read(path)
    ref = StatusRef(proof.REGISTRY, StatusIndex(case.index or 0))
    try:
        found = read_chain_proof(case.data, ref, proof.AUTHORITY, case.pinned.bundle())
    except AnzhengError as error:
        assert error.code.value == case.expect  # noqa: PT017 - no error is an answer too
    else:
        assert found.status == case.expect


def test_fixtures_are_what_the_generator_makes() -> None:
    """A difference is a change of format, or of how evidence is judged."""
    assert {path: path.read_bytes() for path in (*EVIDENCE, *PROOFS)} == made()


def test_names_say_what_is_expected() -> None:
    for path in (*EVIDENCE, *PROOFS):
        good = path.stem.startswith("good_")
        expect = qbft_files.read(path).expect
        assert good == (expect == "OK" or isinstance(expect, int)), path.name
