"""Verification reports before judges that did not make them: Java, pyHanko, poppler, qpdf."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pyhanko.sign.validation.status import SignatureCoverageLevel

from tests.builders import World, make_world
from tests.fakes.reporting import MADE_AT, MAKER, institution_seal, kept
from tests.interop import pdf_tools
from tests.interop.java_judges import judge_signatures, judge_standards
from verifier.report_file.make import Named, make_report_file

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = (
    "good_with_referee",
    "suspended",
    "good_flipped_in_text",
    "good_bare",
    "good_expired",
    "foreign",
)


@cache
def world() -> World:
    return make_world()


def one(picture: bytes | None) -> bytes:
    parts = [Named("许可证 㛃𬭎😀.pdf", kept(NAMES[0]), picture)]
    return make_report_file(parts, seal=institution_seal(world()), now=MADE_AT)


def many(count: int) -> bytes:
    parts = [
        Named(f"{number} {NAMES[number % len(NAMES)]}.pdf", kept(NAMES[number % len(NAMES)]))
        for number in range(count)
    ]
    return make_report_file(parts, seal=institution_seal(world()), now=MADE_AT)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Report files of every layout, and the root that all certificates lead to."""
    folder = tmp_path_factory.mktemp("reports")
    picture = (ROOT / "docs" / "pictures").glob("*.png")
    makers: dict[str, Callable[[], bytes]] = {
        "one": lambda: one(None),
        "pictured": lambda: one(min(picture).read_bytes()),
        "six": lambda: many(6),
        "short": lambda: many(24),
        "table": lambda: many(210),
    }
    made = {}
    for name, make in makers.items():
        made[name] = folder / f"{name}.pdf"
        made[name].write_bytes(make())
    made["root"] = folder / "root.crt"
    made["root"].write_text(pdf_tools.pem(world().pki.root.certificate))
    return made


def reports(files: dict[str, Path]) -> list[Path]:
    return [path for path in files.values() if path.suffix == ".pdf"]


@pytest.mark.tools("java", "mvn")
def test_verapdf_finds_archival_and_accessible_files(files: dict[str, Path]) -> None:
    for judgement in judge_standards(reports(files)):
        assert judgement.passed, judgement


@pytest.mark.tools("java", "mvn")
def test_eu_dss_passes_signature_and_timestamp(files: dict[str, Path]) -> None:
    for judgement in judge_signatures(reports(files), root=files["root"]):
        assert judgement.passed, judgement


def test_pyhanko_finds_the_whole_file_signed(files: dict[str, Path]) -> None:
    for path in reports(files):
        status = pdf_tools.pyhanko(path, files["root"], at=MADE_AT)
        assert status.bottom_line
        assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE
        assert status.timestamp_validity is not None
        assert status.timestamp_validity.valid


@pytest.mark.tools("pdfsig", "qpdf")
def test_poppler_and_qpdf_have_nothing_to_say(files: dict[str, Path]) -> None:
    for path in reports(files):
        said = pdf_tools.run("pdfsig", "-nocert", path)
        assert said.returncode == 0, said.stderr
        assert "Signature is Valid." in said.stdout
        assert "Total document signed" in said.stdout
        assert f"O={MAKER}" in said.stdout
        checked = pdf_tools.run("qpdf", "--check", path)
        assert checked.returncode == 0, checked.stdout
