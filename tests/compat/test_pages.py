"""Each template says for ever what it said first, and what was refused stays refused."""

import json
from pathlib import Path

import pytest

from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import check_page_text
from tests.fakes.drafts import TEMPLATES

FOLDER = Path(__file__).parent / "v1" / "pages"
NAMES = [template.replace("/", "-") for template in TEMPLATES]
REFUSED = {
    "page_says_nothing": Code.JSON_NOT_CANONICAL,
    "page_copies": Code.FIELD_VALUE,
    "changes_empty": Code.FIELD_LENGTH,
    "change_not_counted": Code.FIELD_VALUE,
    "glyph_not_printed": Code.GLYPH_OUTLINE,
    "glyph_of_a_digit": Code.GLYPH_OUTLINE,
    "outline_spelling": Code.GLYPH_OUTLINE,
    "type_of_number": Code.LICENCE_NO_TYPE,
}


@pytest.mark.parametrize("name", NAMES)
def test_pages_that_say_what_the_template_said_first_are_believed(name: str) -> None:
    data = (FOLDER / f"good_{name}.json").read_bytes()
    sections = json.loads((FOLDER / f"said_{name}.json").read_bytes())
    pages = []
    for number, section in enumerate(sections, start=1):
        foot = section["foot"].replace("{page}", str(number))
        said = [text for _key, text in (*section["text"], *section["pinned"])]
        pages.append("\n".join((*said, foot.replace("{pages}", str(len(sections))))))
    placed = check_page_text(pages, licence_json.decode(data), short_code(data))
    assert [each.kind.value for each in placed] == [section["kind"] for section in sections]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_was_refused_is_refused_with_the_same_code(name: str) -> None:
    with pytest.raises(AnzhengError) as caught:
        licence_json.decode((FOLDER / f"fail_{name}.json").read_bytes())
    assert caught.value.code is REFUSED[name]


def test_no_file_is_forgotten() -> None:
    made = {f"{kind}_{name}.json" for kind in ("good", "said") for name in NAMES}
    made |= {f"fail_{name}.json" for name in REFUSED}
    assert {path.name for path in FOLDER.iterdir()} == made
