"""What the pages show of a report: the words, and that data is never touched."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.domain.model import Environment, Kind
from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import report
from licence.formats.checks import CheckName, passed
from licence.formats.report import make_report
from licence.formats.verdict import Assurance
from tests.fakes import page_rows, vectors
from verifier.artefacts import CopyFile, QrText
from verifier.policy import PROFILES
from verifier.service import page_text, page_view
from verifier.service.page_text import Lang
from verifier.service.pages import TEMPLATES, Pages, ServiceFacts, open_pages
from verifier.verify import verify_artefact

GOLDEN = sorted(page_rows.REPORTS.glob("*.json"))
FILES = ("texts", "facts", "values", "limits")


def read(name: str) -> report.Report:
    return report.decode((page_rows.REPORTS / f"{name}.json").read_bytes())


@pytest.fixture(scope="module")
def pages() -> Pages:
    return open_pages(Path("not-built"))


def test_what_is_shown_is_what_was_shown() -> None:
    written = page_rows.FILE.read_text("utf-8")
    assert written == page_rows.page(), "run `python -m tests.fakes.page_rows`"


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_golden_report_makes_a_page(pages: Pages, path: Path, lang: Lang) -> None:
    view = page_view.view_of(report.decode(path.read_bytes()), lang)
    limits = [each[lang] for each in pages.limits[view.limits]]
    html = pages.html(
        "result.html",
        lang,
        ServiceFacts(),
        view=view,
        limits=limits,
        has_picture=False,
        marks=[],
        api="/v1/verifications/x",
    )
    assert f"v-{view.verdict.value}" in html
    assert all(escape(each).replace("&#x27;", "&#39;") in html for each in limits)


@pytest.mark.parametrize("name", FILES)
def test_every_text_is_there_in_both_languages(name: str) -> None:
    def said(value: object) -> list[dict[str, str]]:
        if isinstance(value, list):
            return [each for part in value for each in said(part)]
        assert isinstance(value, dict)
        if set(value) == {"zh", "en"}:
            return [value]
        return [each for part in value.values() for each in said(part)]

    texts = said(json.loads((TEMPLATES / f"{name}.json").read_text("utf-8")))
    assert texts
    for each in texts:
        assert each["zh"].strip()
        assert each["en"].strip()
        # Chinese with the punctuation of print.
        assert page_text.full_width(each["zh"]) == each["zh"]


def test_every_text_that_a_template_asks_for_is_there() -> None:
    texts = json.loads((TEMPLATES / "texts.json").read_text("utf-8"))
    asked = set()
    for template in TEMPLATES.glob("*.html"):
        asked |= set(re.findall(r"\bt\.([a-z0-9_]+)", template.read_text("utf-8")))
    assert asked
    assert not asked - texts.keys()


def test_what_a_broken_file_says_is_not_shown() -> None:
    view = page_view.view_of(read("good_flipped_in_text"), "zh")
    assert not view.facts
    assert not view.scope


def test_a_negative_status_is_told_with_document_and_dates() -> None:
    view = page_view.view_of(read("suspended"), "zh")
    said = {row.key: row.value for row in view.status}
    assert said["status_document"] == "示例罚字〔2026〕1号"
    assert said["status_until"] == "2026年12月20日"


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("good", "full"),
        ("good_flipped_in_text", "invalid"),
        ("suspended", "ended"),
        ("good_expired", "ended"),
        ("good_with_stale_list", "undetermined"),
        ("foreign", "foreign"),
    ],
)
def test_each_kind_of_result_has_its_limits(name: str, limits: str) -> None:
    assert page_view.view_of(read(name), "zh").limits == limits


def test_how_much_was_checked_is_said_of_a_valid_one_only() -> None:
    keys = {name: _about(name) for name in ("good", "foreign", "suspended")}
    assert "about_assurance" in keys["good"]
    assert "about_assurance" not in keys["foreign"] | keys["suspended"]


def _about(name: str) -> set[str]:
    return {row.key for row in page_view.view_of(read(name), "zh").about}


@given(st.text(max_size=40), st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_groups_lose_nothing(text: str, sizes: list[int]) -> None:
    assert "".join(page_text.grouped(text, sizes)) == text


@given(st.text(max_size=60))
def test_a_fact_is_one_line_without_control_characters(text: str) -> None:
    shown = page_text.fact_text(text)
    assert all(char.isprintable() for char in shown)


@given(st.text(alphabet="有效无,;:()ab /?!示例", max_size=40))
def test_only_punctuation_is_set_anew(text: str) -> None:
    marks = str.maketrans("，；：？！（）", ",;:?!()")
    assert page_text.full_width(text).translate(marks) == text


@given(st.dates(min_value=date(1950, 1, 1)))
def test_a_day_is_read_as_it_was_written(day: date) -> None:
    found = re.fullmatch(r"(\d+)年(\d+)月(\d+)日", page_text.day_text(day, "zh"))
    assert found is not None
    assert date(*map(int, found.groups())) == day
    assert page_text.day_of(day.isoformat(), "en") == day.isoformat()


@given(st.floats(-1, 2), st.floats(-1, 2), st.floats(0, 1), st.floats(0, 1))
def test_a_frame_stays_on_the_picture(x: float, y: float, width: float, height: float) -> None:
    class Found:
        page, x0, y0, x1, y1, shown, expected = 0, x, y, x + width, y + height, "", ""

    mark = page_view.mark_of(Found())
    assert 0 <= mark.x <= mark.x + mark.width <= 1000
    assert 0 <= mark.y <= mark.y + mark.height <= 1000


def test_what_a_file_says_is_text_and_never_markup(pages: Pages) -> None:
    said = read("good_flipped_in_text")
    evil = "<img src=x onerror=alert(1)>\u202e"
    checks = tuple(
        replace(check, facts=(("reason", evil),)) if check.code is not Code.OK else check
        for check in said.checks
    )
    view = page_view.view_of(replace(said, checks=checks), "zh")
    html = pages.html(
        "result.html",
        "zh",
        ServiceFacts(),
        view=view,
        limits=[],
        has_picture=False,
        marks=[],
        api="/v1/verifications/x",
    )
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;\ufffd" in html


def test_every_fact_of_a_code_a_copy_and_a_number_has_a_name() -> None:
    """Whoever reads the page reads words, and no names of variables."""
    names = json.loads((TEMPLATES / "facts.json").read_text("utf-8"))
    keys = {"registry_word", "anchored"}
    for file, kind in (("qr.json", "text"), ("copy.json", "copy")):
        given_file = vectors.read(file)
        trusts = {name: vectors.read_trust(trust) for name, trust in given_file["trusts"].items()}
        for case in given_file["cases"]:
            given = case["input"][kind]
            artefact = QrText(given) if kind == "text" else CopyFile(vectors.unb64(given))
            report, _ = verify_artefact(artefact, trusts[case["trust"]], vectors.read_ask(case))
            keys |= {key for check in report.checks for key, _ in check.facts}
    assert keys - set(names) <= {"index", "list_uri"}


def test_what_a_report_says_is_said_in_words() -> None:
    check = passed(
        CheckName.REPORTED,
        ("reported_verdict", "valid"),
        ("reported_code", "STATUS_SUSPENDED"),
        ("reporter", "valid"),
    )
    shown = make_report(
        [check],
        assurance=Assurance.REPORT,
        required=(CheckName.REPORTED,),
        checked_at=datetime(2026, 11, 21, tzinfo=UTC),
        on=date(2026, 11, 21),
        environment=Environment.TEST,
    )
    ((_, rows),) = page_view.view_of(shown, "zh").terms
    assert dict(rows) == {
        "reported_verdict": "有效",
        "reported_code": "已暂扣 (STATUS_SUSPENDED)",
        "reporter": "valid",
    }
    ((_, rows),) = page_view.view_of(shown, "en").terms
    assert dict(rows)["reported_verdict"] == "Valid"


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-22T13:11:21Z", "2026-11-22 21:11:21 (UTC+8)"),
        ("2026-11-22T13:11:21.005000Z", "2026-11-22 21:11:21 (UTC+8)"),
        ("2026-11-22T23:59:59.9Z", "2026-11-23 07:59:59 (UTC+8)"),
        ("2026-11-22T13:11:21.Z", "2026-11-22T13:11:21.Z"),
        ("2026-11-22T13:11:21.5", "2026-11-22T13:11:21.5"),
    ],
)
def test_a_moment_is_shown_as_clocks_in_china_show_it(moment: str, shown: str) -> None:
    """A timestamp authority gives fractions of a second."""
    assert page_text.fact_text(moment) == shown


def _page(pages: Pages, name: str, lang: Lang) -> str:
    return pages.html(
        "result.html",
        lang,
        ServiceFacts(),
        view=page_view.view_of(read(name), lang),
        limits=[],
        has_picture=False,
        marks=[],
        api="/v1/verifications/x",
    )


def test_words_of_ours_are_said_in_the_language_of_the_page(pages: Pages) -> None:
    """Where a value is a name of ours, the reader of the page sees what it means."""
    html = _page(pages, "suspended", "zh")
    assert "<dd>暂扣</dd>" in html
    assert "<dd>信任数据</dd>" in html
    assert "<dd>正式</dd>" in html
    for word in ("suspended", "trust", "REGULAR", "batch"):
        assert f"<dd>{word}</dd>" not in html
    assert "<dd>trust data</dd>" in _page(pages, "suspended", "en")


def test_every_word_and_kind_and_profile_has_words() -> None:
    values = json.loads((TEMPLATES / "values.json").read_text("utf-8"))
    assert set(values["word"]) == {*(word.name.lower() for word in StatusWord), "final"}
    assert set(values["kind"]) == {kind.value for kind in Kind}
    assert set(values["about_policy"]) == set(PROFILES)


def test_an_address_has_the_name_that_it_has_on_paper(pages: Pages) -> None:
    assert "<dt>注册地址</dt>" in _page(pages, "good", "zh")
    assert "<dt>Registered address</dt>" in _page(pages, "good", "en")


def test_a_service_without_a_registry_says_so_before_somebody_types(pages: Pages) -> None:
    shown = {
        asked: pages.html("home.html", "zh", ServiceFacts(has_registry=asked), problem="")
        for asked in (True, False)
    }
    assert "没有连接登记机构" in shown[False]
    assert "没有连接登记机构" not in shown[True]
