"""Next to the verdict on a copy: for whom, what for, until when, and what the reader compares."""

import io
import json
from dataclasses import replace
from functools import cache

import pytest
from rich.console import Console

from licence.formats.copy_file import decode_copy, encode_copy
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from tests.builders import make_world
from tests.fakes.copies import ENDS_ON, PURPOSE, RECIPIENT, make_copy
from tests.fakes.qr_world import SHOWN_AT, make_holder
from tests.fakes.reporting import MADE_AT, read_back, report_file
from verifier.artefacts import Ask, CopyFile, PdfFile
from verifier.cli_table import Overview
from verifier.pades.page_text import read_pages
from verifier.policy import BATCH
from verifier.service.page_text import Lang
from verifier.service.page_view import view_of
from verifier.service.pages import TEMPLATES
from verifier.show import show
from verifier.table import rows_as_csv
from verifier.verify import verify_artefact
from verifier.words_of_copies import AGREED, COMPARE, OPEN, PURPOSE_OPEN, told_of_copy

LIMITS = (RECIPIENT, PURPOSE, ENDS_ON.isoformat())


@cache
def copied() -> bytes:
    world = make_world()
    issued = world.issue(world.version())
    holder = make_holder(world, version=issued.version, leaf=issued.leaf)
    return encode_copy(make_copy(issued, holder))


def judge(data: bytes, recipient: str | None = None, purpose: str | None = None) -> Report:
    ask = Ask(BATCH, SHOWN_AT, recipient=recipient, purpose=purpose)
    report, _ = verify_artefact(CopyFile(data), make_world().trust(), ask)
    return report


def shown(report: Report) -> str:
    out = io.StringIO()
    show(Console(file=out, width=400), "x.copy.json", report)
    return out.getvalue()


@pytest.mark.parametrize(
    ("recipient", "purpose", "left"),
    [
        (None, None, OPEN),
        (None, PURPOSE, OPEN),
        (RECIPIENT, None, PURPOSE_OPEN),
        (RECIPIENT, PURPOSE, AGREED),
    ],
)
def test_it_says_what_is_left_to_compare(
    recipient: str | None, purpose: str | None, left: str
) -> None:
    report = judge(copied(), recipient, purpose)
    assert report.verdict is Verdict.VALID
    told = told_of_copy(report)
    assert told is not None
    assert told.zh.endswith(COMPARE[left].zh)
    assert told.en.endswith(COMPARE[left].en)
    assert all(limit in words for limit in LIMITS for words in (told.zh, told.en))


def test_in_a_terminal_it_stands_under_the_verdict_chinese_first() -> None:
    lines = shown(judge(copied())).splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("有效"))
    assert COMPARE[OPEN].zh in lines[at + 1]
    assert COMPARE[OPEN].en in lines[at + 2]


def test_in_a_table_it_stands_in_the_row() -> None:
    report, told = judge(copied()), told_of_copy(judge(copied()))
    assert told is not None
    for width, terminal in ((400, True), (80, False)):
        out = io.StringIO()
        table = Overview(Console(file=out, width=width, force_terminal=terminal), 5)
        table.add("x.copy.json", report)
        table.end()
        assert told.zh in out.getvalue()
    assert told.zh in rows_as_csv([("x.copy.json", report)]).decode("utf-8-sig")


def test_of_one_for_somebody_else_it_says_for_whom_it_is() -> None:
    report = judge(copied(), "另一家机构(示例)")
    assert report.verdict is Verdict.INVALID
    told = told_of_copy(report)
    assert told is not None
    assert RECIPIENT in told.zh
    assert COMPARE[OPEN].zh not in told.zh


def test_what_nobody_signed_is_not_repeated() -> None:
    altered = replace(decode_copy(copied()), recipient="贷款公司(示例)")
    report = judge(encode_copy(altered))
    assert report.verdict is Verdict.INVALID
    assert told_of_copy(report) is None
    assert "贷款公司" not in shown(report)


def test_of_a_file_nothing_is_said() -> None:
    report, _ = verify_artefact(PdfFile(b"%PDF-1.7"), make_world().trust(), Ask(BATCH, SHOWN_AT))
    assert told_of_copy(report) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_has_it_in_a_box_of_its_own(lang: Lang) -> None:
    ((heading, rows),) = view_of(judge(copied()), lang).terms
    assert heading == "terms_copy"
    shown = dict(rows)
    assert (shown["recipient"], shown["purpose"]) == (RECIPIENT, PURPOSE)
    assert str(ENDS_ON.year) in shown["ends_on"]
    asked = {"zh": "请核对", "en": "compare"}
    texts = json.loads((TEMPLATES / "texts.json").read_text("utf-8"))
    assert asked[lang] in texts[heading][lang]


@pytest.mark.parametrize(("recipient", "left"), [(None, OPEN), (RECIPIENT, PURPOSE_OPEN)])
def test_a_verification_report_says_it_under_the_verdict(recipient: str | None, left: str) -> None:
    report = replace(judge(copied(), recipient), checked_at=MADE_AT)
    data = report_file(make_world(), report)
    found = read_back(data, make_world().trust())
    assert found.verdict is Verdict.VALID, found.code
    first = "".join(read_pages(data)[0].split())
    for said in (*LIMITS, COMPARE[left].zh, COMPARE[left].en):
        assert "".join(said.split()) in first
