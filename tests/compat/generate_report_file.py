"""Goldens of verification reports: signed files about the goldens of `whole`, and what they say.

As there, the keys are thrown away: `python -m tests.compat.generate_report_file` writes what is
absent, once. To judge them is the test (`test_report_file.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from licence.formats import report
from licence.formats.report import Report
from tests.builders import make_world
from tests.fakes.reporting import MADE_AT, institution_seal, kept
from verifier.artefacts import Ask
from verifier.policy import BATCH
from verifier.report_file.make import Named, make_report_file
from verifier.report_file.read import check_report_file
from verifier.report_file.reporters import FOLDER, load_reporters
from verifier.trust import load_trust

HERE = Path(__file__).parent / "v1" / "report_file"


@dataclass(frozen=True, slots=True)
class Case:
    """One question about a report file.

    Args:
        name: Of the case, and of the report about it.
        file: What is asked about.
        hours: After it was made.
    """

    name: str
    file: str
    hours: int = 1


CASES = (
    Case("valid", "valid.pdf"),
    Case("valid_a_day_later", "valid.pdf", hours=25),
    Case("several", "several.pdf"),
)
CONTENTS: Mapping[str, tuple[str, ...]] = {
    "valid.pdf": ("good_with_referee",),
    "several.pdf": ("good", "good_flipped_in_text", "good_bare", "foreign"),
}


def ask(case: Case, folder: Path = HERE) -> Report:
    """Ask today's verifier."""
    now = MADE_AT + timedelta(hours=case.hours)
    trust = load_trust(folder / "trust", now=now)
    reporters = load_reporters(folder / "trust")
    question = Ask(policy=BATCH, now=now, reporters=reporters)
    found, _ = check_report_file((folder / case.file).read_bytes(), trust, question)
    return found


def files() -> Mapping[str, bytes]:
    """Return nothing: no file here can be made again."""
    return {}


def write_once(folder: Path = HERE) -> None:
    """Write report files and trust folder where they are absent, and what is said about them."""
    if not folder.exists():
        _write_files(folder)
    for case in CASES:
        place = folder / f"{case.name}.json"
        if not place.exists():
            place.write_bytes(report.encode(ask(case, folder)))


def _write_files(folder: Path) -> None:
    world = make_world("compat report")
    seal = institution_seal(world)
    folder.mkdir(parents=True)
    world.write_trust(folder / "trust")
    (folder / "trust" / FOLDER).mkdir()
    (folder / "trust" / FOLDER / "bank.crt").write_bytes(seal.key.certificate)
    for name, reports in CONTENTS.items():
        parts = [Named(f"许可证 {each}.pdf", kept(each)) for each in reports]
        (folder / name).write_bytes(make_report_file(parts, seal=seal, now=MADE_AT))


if __name__ == "__main__":
    write_once()
