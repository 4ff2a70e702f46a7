"""The strict path against pyHanko: who says yes where the other says no, and whether that is right.

pyHanko is asked by itself, with the root and nothing of ours. What it takes and we refuse has one
of the named reasons; what we take, it has to take as well.
"""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from licence.errors import Code
from licence.formats import trust_bundle
from licence.formats.verdict import Verdict
from tests.bad import store
from tests.bad.case import Ask, judge
from tests.bad.changes import changed
from tests.interop import pdf_tools

AT = datetime(2026, 11, 21, 4, 20, tzinfo=UTC)
FILES = ("licence", "licence-5", "licence-long")
GENERATED = 10_000
PARTS = 20
JUSTIFIED = {
    Code.CONTAINER_STRUCTURE: "the signed bytes are spelled as they were; the hole is not",
    Code.CONTAINER_APPENDED: "bytes after the end, which it takes for a revision without changes",
    Code.SIGNATURE_MISSING: "a hole that we read otherwise",
    Code.CMS_NOT_OUR_TEMPLATE: "the CMS says the same in other bytes",
    Code.CMS_SYNTAX: "the same, in bytes that are not DER",
    Code.SIGNER_UNTRUSTED: "a certificate of the CMS that its path does not need was changed",
    Code.TIMESTAMP_BROKEN: "a part of the token that it does not look at",
    Code.TIMESTAMP_UNTRUSTED: "the same, of a certificate in it",
    Code.ANCHOR_PROOF_MISMATCH: "the evidence, an unsigned attribute that it does not know",
    Code.ANCHOR_WITNESS: "the same",
    Code.ANCHOR_CHAIN_MISMATCH: "the same",
    Code.EVIDENCE_TYPE_UNSUPPORTED: "the same",
}
"""Why pyHanko may say yes to what ends with one of these codes."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    bundle = trust_bundle.decode(store.bases()["bundle"])
    path = tmp_path_factory.mktemp("root") / "root.pem"
    path.write_text(pdf_tools.pem(bundle.roots[0].certificate), "ascii")
    return path


def _ask(file: bytes) -> Ask:
    known = store.bases()
    lists = {each: known[each] for each in ("list", "side", "other-list", "other-side")}
    return Ask({"file": file, "bundle": known["bundle"], **lists})


def _says_yes(file: bytes, root: Path, place: Path) -> bool:
    place.write_bytes(file)
    try:
        return bool(pdf_tools.pyhanko(place, root, at=AT).bottom_line)
    except Exception:  # noqa: BLE001 - whatever it dies of is a "no"
        return False


def _compare(part: int, count: int, root: Path, place: Path) -> None:
    chosen = random.Random(part)
    for number in range(count):
        good = store.bases()[FILES[number % len(FILES)]]
        file = changed(good, chosen)
        if file == good:
            continue
        report = judge(_ask(file))
        assert report.verdict is not Verdict.VALID, (part, number)
        if report.code not in JUSTIFIED:
            assert not _says_yes(file, root, place), (part, number, report.code)


def test_both_take_the_good_files(root: Path, tmp_path: Path) -> None:
    for name in FILES:
        file = store.bases()[name]
        assert judge(_ask(file), "default").verdict is Verdict.VALID
        assert _says_yes(file, root, tmp_path / "file.pdf")


def test_what_is_changed_a_little_is_refused_by_both(root: Path, tmp_path: Path) -> None:
    _compare(7_000, 60, root, tmp_path / "file.pdf")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_generated_files(part: int, root: Path, tmp_path: Path) -> None:
    _compare(part, GENERATED // PARTS, root, tmp_path / "file.pdf")
