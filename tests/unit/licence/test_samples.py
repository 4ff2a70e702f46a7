"""The sample files keep the rules, on the reference day and on any day they are moved to."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import pytest
from fontTools.ttLib import TTFont

from licence.domain.model import Draft, Environment, LicenceVersion, StatusRef
from licence.domain.rows import parse_row
from licence.domain.rules import check_draft
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.status_rules import check_event
from licence.errors import Code
from licence.formats import licence_json
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex

SAMPLES = Path(__file__).parents[3] / "samples"
REFERENCE = date(2026, 11, 21)


def load(name: str) -> list[dict[str, Any]]:
    rows = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    assert isinstance(rows, list)
    return rows


def moved(row: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """Move the dates of a row as samples/README.md says."""
    dates = ("first_issued", "issued_on", "valid_from", "valid_to")
    row = row | {key: (date.fromisoformat(row[key]) + by).isoformat() for key in dates}
    for list_of in ("annual_reviews", "changes"):
        if list_of in row:
            row[list_of] = [
                one | {"on": (date.fromisoformat(one["on"]) + by).isoformat()}
                for one in row[list_of]
            ]
    if row["kind"] == "REGULAR":
        start = date.fromisoformat(row["valid_from"])
        leap = (start.month, start.day) == (2, 29)
        same_day = date(start.year + 3, 3, 1) if leap else start.replace(year=start.year + 3)
        row["valid_to"] = (same_day - timedelta(days=1)).isoformat()
    return row


def drafts(rows: list[dict[str, Any]]) -> list[Draft]:
    parsed = [parse_row(row, row=number) for number, row in enumerate(rows, start=1)]
    assert [draft for draft in parsed if not isinstance(draft, Draft)] == []
    return [draft for draft in parsed if isinstance(draft, Draft)]


@pytest.mark.parametrize("days", [0, 1, 40, 100, 365, 466, 467, 830, 1000, 2000, 3650])
def test_every_row_of_the_roster_keeps_every_rule_on_any_day(days: int) -> None:
    by = timedelta(days=days)
    seen: list[Draft] = []
    for draft in drafts([moved(row, by) for row in load("roster.json")]):
        known = [
            other
            for other in seen
            if (other.issuer_code, other.licence_no) == (draft.issuer_code, draft.licence_no)
        ]
        assert check_draft(draft, today=REFERENCE + by, known=known) == ()
        seen.append(draft)
        version = LicenceVersion(draft, StatusRef(RegistryId("demo"), StatusIndex(len(seen))))
        assert licence_json.decode(licence_json.encode(version)) == version
    assert len(seen) == 12
    assert len({draft.issuer_code for draft in seen}) == 4
    assert {draft.environment for draft in seen} == {Environment.TEST}


def test_every_event_of_the_samples_may_stand() -> None:
    roster = {
        (draft.issuer_code, draft.licence_no, draft.version): draft
        for draft in drafts(load("roster.json"))
    }
    words = []
    for number, event in enumerate(load("events.json")):
        draft = roster[(event["issuer_code"], event["licence_no"], event["version"])]
        word = StatusWord[event["new"]]
        if word is StatusWord.SUPERSEDED:
            successor = (event["issuer_code"], event["licence_no"], event["successor_version"])
            assert roster[successor].supersedes == event["version"]
        decided = date.fromisoformat(event["decided_on"])
        until = event.get("until")
        decision = StatusEvent(
            leaf=Leaf(bytes([number]) * 32),
            ref=StatusRef(RegistryId("demo"), StatusIndex(number)),
            authority=AuthorityId(event["issuer_code"]),
            old=StatusWord.NONE,
            new=word,
            decided_at=datetime(decided.year, decided.month, decided.day, 2, tzinfo=UTC),
            effective_from=date.fromisoformat(event["effective_from"]),
            until=None if until is None else date.fromisoformat(until),
            document_no=event["document_no"],
            ground=event["ground"],
            successor=Leaf(b"\xff" * 32) if word is StatusWord.SUPERSEDED else None,
        )
        assert check_event(decision, draft) == ()
        words.append(word.name)
    assert words == ["SUPERSEDED", "RESCINDED", "CANCELLED", "SUSPENDED"]


def test_the_bad_roster_is_as_bad_as_its_readme_says() -> None:
    results = [parse_row(row, row=number) for number, row in enumerate(load("bad_roster.json"), 1)]
    refused = {
        problem.row: (problem.field, problem.code)
        for result in results
        if not isinstance(result, Draft)
        for problem in result
    }
    assert refused == {
        2: ("uscc", Code.USCC_CHECK_DIGIT),
        3: ("valid_to", Code.DATE_ORDER),
        4: ("principal", Code.TEXT_CONTROL_CHARACTER),
    }
    good = [result for result in results if isinstance(result, Draft)]
    assert all(check_draft(draft, today=REFERENCE, known=()) == () for draft in good)
    numbers = [draft.licence_no for draft in good]
    assert [numbers.count(number) for number in numbers] == [1, 2, 2, 1, 1]


@pytest.mark.parametrize("font", ["NotoSansSC-Regular.otf", "NotoSerifSC-Regular.otf"])
def test_only_the_glyph_meant_to_be_missing_is_missing(font: str) -> None:
    cmap = TTFont(Path(pylopdf_fonts_zh_cn.__file__).parent / font).getBestCmap()
    for name, missing in (("roster.json", set()), ("bad_roster.json", {0x2B4B6})):
        text = (SAMPLES / name).read_text(encoding="utf-8")
        assert {ord(char) for char in text if char != "\n"} - set(cmap) == missing
