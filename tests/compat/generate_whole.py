"""Goldens of the whole: finished licences, a trust folder, and what was said about them.

The keys of the test PKI are made anew each time and thrown away, so nothing here can be written
twice the same: `python -m tests.compat.generate_whole` writes what is absent, once. To judge them
is the test (`test_whole.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from licence.domain.model import LicenceVersion
from licence.domain.status import StatusWord
from licence.formats import report
from licence.formats.report import Report
from tests.builders import SIGNED_AT, Issued, World, make_world, side_row
from verifier.policy import PROFILES
from verifier.trust import load_trust
from verifier.verify import verify

HERE = Path(__file__).parent / "v1" / "whole"
NOW = SIGNED_AT + timedelta(minutes=10)
SUSPENDED, REVOKED = 1, 2
"""Status indices of the licences that lost theirs; 0 is the good one."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question to the verifier.

    Args:
        name: Of the case, and of its report.
        file: Licence that is asked about.
        profile: Policy.
        minutes: After `NOW`.
        on: Day asked about; that of the moment if none.
        sidecar: Whether the evidence beside the file is given.
        append: What a vandal wrote behind the file.
        flip: Byte of the file in which a vandal changed a bit; none: none.
    """

    name: str
    file: str
    profile: str = "batch"
    minutes: int = 0
    on: str | None = None
    sidecar: bool = False
    append: str = ""
    flip: int | None = None

    @property
    def now(self) -> datetime:
        """When it is asked."""
        return NOW + timedelta(minutes=self.minutes)


CASES = (
    Case("good", "good.pdf"),
    Case("good_with_referee", "good.pdf", profile="default"),
    Case("good_bare", "good.bare.pdf"),
    Case("good_bare_with_sidecar", "good.bare.pdf", sidecar=True),
    Case("good_with_ageing_list", "good.pdf", minutes=120),
    Case("good_with_stale_list", "good.pdf", minutes=25 * 60),
    Case("good_with_stale_list_for_inspector", "good.pdf", profile="inspector", minutes=25 * 60),
    Case("good_with_clock_behind", "good.pdf", minutes=-60),
    Case("good_before_its_time", "good.pdf", on="2024-03-17"),
    Case("good_on_its_last_day", "good.pdf", on="2027-03-17"),
    Case("good_expired", "good.pdf", on="2027-03-18"),
    Case("good_appended", "good.pdf", append="\n"),
    Case("good_flipped_in_text", "good.pdf", flip=2_000),
    Case("good_flipped_at_end", "good.pdf", flip=-20),
    Case("suspended", "suspended.pdf"),
    Case("suspended_with_stale_list", "suspended.pdf", minutes=25 * 60),
    Case("revoked", "revoked.pdf"),
    Case("revoked_before_its_day", "revoked.pdf", on="2026-11-01"),
    Case("revoked_with_stale_list", "revoked.pdf", minutes=25 * 60),
    Case("foreign", "foreign.pdf"),
)


def ask(case: Case, folder: Path = HERE) -> Report:
    """Ask today's verifier."""
    pdf = bytearray((folder / case.file).read_bytes() + case.append.encode())
    if case.flip is not None:
        pdf[case.flip] ^= 1
    return verify(
        bytes(pdf),
        load_trust(folder / "trust", now=case.now),
        policy=PROFILES[case.profile],
        now=case.now,
        on=None if case.on is None else date.fromisoformat(case.on),
        sidecar=(folder / "good.pdf.evidence").read_bytes() if case.sidecar else None,
    )


def files() -> Mapping[str, bytes]:
    """Return nothing: no file here can be made again."""
    return {}


# ---------------------------------------------------------------- written once


def write_once(folder: Path = HERE) -> None:
    """Write licences and trust folder where they are absent, and the reports that are."""
    if not folder.exists():
        _write_licences(folder)
    reports = folder / "reports"
    reports.mkdir(exist_ok=True)
    for case in CASES:
        place = reports / f"{case.name}.json"
        if not place.exists():
            place.write_bytes(report.encode(ask(case, folder)))


def _write_licences(folder: Path) -> None:
    world = make_world("compat v1")
    good, suspended, revoked = world.issue_all([_version(world, index) for index in range(3)])
    day = date(2026, 11, 20)
    world.publish(
        {SUSPENDED: StatusWord.SUSPENDED, REVOKED: StatusWord.REVOKED},
        [
            side_row(SUSPENDED, StatusWord.SUSPENDED, day, until=date(2026, 12, 20)),
            side_row(REVOKED, StatusWord.REVOKED, day),
        ],
    )
    folder.mkdir(parents=True)
    world.write_trust(folder / "trust")
    (folder / "good.bare.pdf").write_bytes(good.bare)
    (folder / "good.pdf.evidence").write_bytes(good.evidence)
    (folder / "foreign.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    named: Mapping[str, Issued] = {"good": good, "suspended": suspended, "revoked": revoked}
    for name, issued in named.items():
        (folder / f"{name}.pdf").write_bytes(issued.pdf)
    leaves = {name: issued.leaf.hex() for name, issued in named.items()}
    (folder / "leaves.json").write_text(json.dumps(leaves, indent=2) + "\n")


def _version(world: World, index: int) -> LicenceVersion:
    return world.version(index, licence_no=f"（辽）WH安许证字〔2024〕{127 + index:04d}")


if __name__ == "__main__":
    write_once()
