"""veraPDF and EU DSS on every finished licence, and on twins that they refuse.

Each judges many files in one JVM, or in one a worker.
"""

from functools import partial

import pytest

from tests.interop import java_judges
from tests.interop.dossier import Dossier
from tests.interop.java_judges import SignatureJudgement, StandardsJudgement
from tests.interop.rows import HARD_NAMES, NAMES

pytestmark = pytest.mark.tools("java", "mvn")

Standards = dict[str, StandardsJudgement]
Signatures = dict[str, SignatureJudgement]


@pytest.fixture(scope="session")
def standards(dossier: Dossier) -> dict[str, StandardsJudgement]:
    """What veraPDF says of each file, by its stem."""
    files = (*dossier.good, *dossier.hard, *dossier.bad)
    return dossier.judged("verapdf", files, java_judges.judge_standards)


@pytest.fixture(scope="session")
def signatures(dossier: Dossier) -> dict[str, SignatureJudgement]:
    """What EU DSS says of each file, by its stem."""
    files = (*dossier.good, *dossier.hard, *dossier.bad)
    ask = partial(java_judges.judge_signatures, root=dossier.root)
    return dossier.judged("dss", files, ask)


@pytest.mark.parametrize("name", [*NAMES, *HARD_NAMES])
def test_verapdf_finds_pdfa_3a_and_pdfua_1_kept(standards: Standards, name: str) -> None:
    assert standards[name].passed, standards[name]


@pytest.mark.parametrize(
    ("twin", "pdfa", "pdfua"),
    [
        ("untagged", "6.7.3.3-1", "7.1-11"),  # no structure tree
        ("fontless", "6.2.11.4.1-1", "7.21.4.1-1"),  # font program not embedded
        ("unidentified", "6.6.4-1", None),  # no PDF/A identification
        ("longer", "6.1.3-3", None),  # bytes after the end
        ("unsigned", "6.6.2.1-1", "7.1-8"),  # no metadata
    ],
)
def test_verapdf_names_the_rule_that_a_twin_breaks(
    standards: Standards, twin: str, pdfa: str, pdfua: str | None
) -> None:
    assert pdfa in standards[twin].pdfa_3a
    assert pdfua is None or pdfua in standards[twin].pdfua_1


@pytest.mark.parametrize("name", [*NAMES, *HARD_NAMES])
def test_eu_dss_says_total_passed_of_the_whole_file(signatures: Signatures, name: str) -> None:
    assert signatures[name].passed, signatures[name]
    (only,) = signatures[name].signatures
    assert (only.errors, only.warnings) == ((), ())


@pytest.mark.parametrize(
    ("twin", "indication", "reason"),
    [
        ("flipped", "TOTAL_FAILED", "HASH_FAILURE"),
        ("updated", "TOTAL_FAILED", "FORMAT_FAILURE"),
        ("longer", "TOTAL_PASSED", None),  # but not of the whole file
    ],
)
def test_eu_dss_says_why_it_refuses_a_twin(
    signatures: Signatures, twin: str, indication: str, reason: str | None
) -> None:
    assert not signatures[twin].passed
    (only,) = signatures[twin].signatures
    assert (only.indication, only.sub_indication) == (indication, reason)


def test_what_is_unreadable_or_unsigned_passes_neither(
    standards: Standards, signatures: Signatures
) -> None:
    assert standards["beginning"].error
    assert not standards["beginning"].passed
    assert not signatures["beginning"].passed
    assert signatures["unsigned"].signatures == ()
    assert not signatures["unsigned"].passed
