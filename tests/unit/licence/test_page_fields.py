"""Page options, changes and approved outlines: read, judged, written, and absent by default."""

import json
from dataclasses import replace
from datetime import date

import pytest

from licence.domain.model import (
    Change,
    ChangeType,
    Draft,
    Glyph,
    LicenceVersion,
    PageOptions,
    Scale,
)
from licence.domain.rows import parse_row
from licence.domain.rules import MAX_LISTED_BYTES, timeless_problems
from licence.errors import AnzhengError, Code
from licence.formats import canonical, licence_json
from tests.fakes.drafts import (
    RARE,
    RARE_OUTLINE,
    TEMPLATES,
    TRADING_NO,
    draft_of,
    good_draft,
    good_row,
    good_version,
    paged_row,
    paged_version,
)

PAGED = paged_version()
CHANGE = Change(ChangeType.NAME, "甲", "乙", date(2023, 5, 16))
OUTLINE = {"char": RARE, "outline": RARE_OUTLINE}


def problems(draft: Draft) -> list[tuple[str, Code]]:
    return [(problem.field, problem.code) for problem in timeless_problems(draft)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_written_is_read_back(template: str) -> None:
    version: LicenceVersion = paged_version(template)
    data = licence_json.encode(version)
    assert licence_json.decode(data) == version


def test_what_says_nothing_is_not_written() -> None:
    assert {"page", "changes", "glyphs"}.isdisjoint(json.loads(licence_json.encode(good_version())))
    assert {"page", "changes", "glyphs"} < set(json.loads(licence_json.encode(PAGED)))


@pytest.mark.parametrize(
    "field",
    [
        {"page": {"copies": 1, "scale": "legible", "back": True, "large_print": False}},
        {"changes": []},
        {"glyphs": []},
        {"page": {}},
        {"page": {"copies": 2}},
    ],
)
def test_a_file_has_no_second_spelling_for_nothing(field: dict[str, object]) -> None:
    value = json.loads(licence_json.encode(good_version())) | field
    with pytest.raises(AnzhengError) as caught:
        licence_json.decode(canonical.dumps(value))
    assert caught.value.code in {
        Code.JSON_NOT_CANONICAL,
        Code.FIELD_LENGTH,
        Code.FIELD_MISSING,
    }


def test_a_row_may_say_only_what_it_wants_otherwise() -> None:
    draft = draft_of(good_row(page={"back": False}))
    assert draft.page == PageOptions(back=False)
    assert draft_of(good_row(page={})).page == PageOptions()
    assert draft_of(good_row(page={"scale": "strict"})).page.scale is Scale.STRICT


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"page": {"copies": 0}}, "page.copies", Code.FIELD_VALUE),
        ({"page": {"copies": 10}}, "page.copies", Code.FIELD_VALUE),
        ({"page": {"scale": "huge"}}, "page.scale", Code.FIELD_VALUE),
        ({"page": {"back": 1}}, "page.back", Code.FIELD_TYPE),
        ({"page": {"large_print": "yes"}}, "page.large_print", Code.FIELD_TYPE),
        ({"page": {"colour": "red"}}, "page.colour", Code.FIELD_UNKNOWN),
        ({"page": None}, "page", Code.FIELD_TYPE),
        ({"changes": {}}, "changes", Code.FIELD_TYPE),
        ({"changes": [{}] * 51}, "changes", Code.FIELD_LENGTH),
        ({"changes": [{"type": "FATE", "before": "甲", "after": "乙", "on": "2023-05-16"}]},
         "changes[0].type", Code.FIELD_VALUE),
        ({"changes": [{"type": "NAME", "before": "", "after": "乙", "on": "2023-05-16"}]},
         "changes[0].before", Code.FIELD_LENGTH),
        ({"changes": [{"type": "NAME", "before": "甲" * 201, "after": "乙", "on": "2023-05-16"}]},
         "changes[0].before", Code.FIELD_LENGTH),
        ({"glyphs": [OUTLINE] * 17}, "glyphs", Code.FIELD_LENGTH),
        ({"glyphs": [{"char": "7", "outline": RARE_OUTLINE}]}, "glyphs[0].char",
         Code.GLYPH_OUTLINE),
        ({"glyphs": [{"char": RARE, "outline": "M 0 0 Z"}]}, "glyphs[0].outline",
         Code.GLYPH_OUTLINE),
        ({"licence_type": "hazchem-trading"}, "licence_no", Code.LICENCE_NO_TYPE),
        ({"licence_no": TRADING_NO}, "licence_no", Code.LICENCE_NO_TYPE),
        ({"licence_type": "hazchem-trading", "licence_no": TRADING_NO, "industry": "MK"},
         "licence_no", Code.LICENCE_NO_INDUSTRY),
    ],
)  # fmt: skip
def test_one_bad_field_is_one_problem(changes: dict[str, object], field: str, code: Code) -> None:
    found = parse_row(good_row(**changes), row=1)
    assert not isinstance(found, Draft)
    assert [(problem.field, problem.code) for problem in found] == [(field, code)]


def test_a_row_with_everything_keeps_every_rule() -> None:
    for template in TEMPLATES:
        assert problems(draft_of(paged_row(template))) == []


GOOD = replace(good_draft(), change_no=1)


@pytest.mark.parametrize(
    ("draft", "field", "code"),
    [
        (replace(GOOD, changes=(CHANGE,), change_no=0), "change_no", Code.FIELD_VALUE),
        (replace(GOOD, changes=(replace(CHANGE, after="甲"),)), "changes[0]", Code.FIELD_VALUE),
        (
            replace(GOOD, changes=(CHANGE, replace(CHANGE, on=date(2022, 1, 1)))),
            "changes",
            Code.DATE_ORDER,
        ),
        (
            replace(GOOD, changes=(replace(CHANGE, on=date(2018, 3, 17)),)),
            "changes[0]",
            Code.DATE_ORDER,
        ),
        (
            replace(GOOD, changes=(CHANGE, replace(CHANGE, on=date(2024, 3, 19)))),
            "changes[1]",
            Code.DATE_ORDER,
        ),
        (
            replace(GOOD, glyphs=(Glyph("犇", RARE_OUTLINE), Glyph("犇", RARE_OUTLINE))),
            "glyphs",
            Code.GLYPH_OUTLINE,
        ),
        (
            replace(GOOD, glyphs=(Glyph("镕", RARE_OUTLINE), Glyph("犇", RARE_OUTLINE))),
            "glyphs",
            Code.GLYPH_OUTLINE,
        ),
        (replace(GOOD, glyphs=(Glyph(RARE, RARE_OUTLINE),)), "glyphs[0]", Code.GLYPH_OUTLINE),
    ],
)
def test_each_rule_names_its_field(draft: Draft, field: str, code: Code) -> None:
    assert problems(draft) == [(field, code)]


def test_changes_of_one_day_and_at_both_ends_are_taken() -> None:
    ends = (replace(CHANGE, on=GOOD.first_issued), replace(CHANGE, on=GOOD.issued_on))
    assert problems(replace(GOOD, changes=(ends[0], ends[0], ends[1]))) == []


def test_outlines_and_changes_count_toward_the_size_of_a_licence() -> None:
    outline = RARE_OUTLINE + f" {RARE_OUTLINE}" * 45
    chars = sorted("镕犇化工有限公司大连王辽宁省市金")
    long = replace(GOOD, glyphs=tuple(Glyph(char, outline) for char in chars))
    assert problems(long) == []
    changes = tuple(replace(CHANGE, before="甲" * 200, after="乙" * 200) for _ in range(50))
    full = replace(long, changes=changes, scope=(replace(GOOD.scope[0], name="甲" * 180),) * 70)
    assert sum(len(glyph.outline) for glyph in full.glyphs) + 60_000 + 37_800 < MAX_LISTED_BYTES
    assert problems(full) == []
    over = replace(full, scope=full.scope * 2)
    assert problems(over) == [("", Code.TOO_LARGE)]


def test_what_the_rules_allow_can_be_written() -> None:
    # Many short entries cost the most for their names.
    row = paged_row()
    row["translation"] = ...
    row = {key: value for key, value in row.items() if value is not ...}
    draft = draft_of(row)
    item, review = draft.scope[1], draft.annual_reviews[0]
    many = replace(
        draft,
        scope=(replace(item, name="甲" * 150, category="乙" * 50),) * 200,
        annual_reviews=(review,),
        attachments=draft.attachments * 200,
        changes=(CHANGE,) * 50,
    )
    room = MAX_LISTED_BYTES - 200 * 600 - 20_000
    outline = RARE_OUTLINE + f" {RARE_OUTLINE}" * 30
    count = room // len(outline)
    chars = sorted(set("镕犇化工有限公司大连王辽宁省市金" + RARE))[:16]
    many = replace(many, glyphs=tuple(Glyph(char, outline) for char in chars[:count]))
    assert problems(replace(many, enterprise_name=f"{RARE}犇镕化工有限公司大连金")) == []
    assert licence_json.encode(replace(PAGED, draft=many))
