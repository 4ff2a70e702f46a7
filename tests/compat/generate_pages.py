"""Goldens of the pages: a licence of each template, and every word that its pages say.

A template that is out never says anything else: other words are another version of it.
"""

import json
from collections.abc import Mapping

from licence.formats import canonical, licence_json
from licence.formats.canonical import JsonObject, JsonValue
from licence.formats.short_code import short_code
from licence.pages import make_plan
from licence.pages.plan import Block, Section
from tests.fakes.drafts import TEMPLATES, paged_version

_REFUSED: Mapping[str, Mapping[str, object]] = {
    "page_says_nothing": {
        "page": {"copies": 1, "scale": "legible", "back": True, "large_print": False}
    },
    "page_copies": {"page": {"copies": 10, "scale": "strict", "back": True, "large_print": True}},
    "changes_empty": {"changes": []},
    "change_not_counted": {"change_no": 0},
    "glyph_not_printed": {"enterprise_name": "大连犇化工有限公司"},
    "glyph_of_a_digit": {"glyphs": [{"char": "7", "outline": "M 0 0 L 900 0 L 900 900 Z"}]},
    "outline_spelling": {"glyphs": [{"char": "\U0002b4b6", "outline": "M0 0 L 900 0 L 900 900 Z"}]},
    "type_of_number": {"licence_type": "hazchem-trading"},
}


def files() -> Mapping[str, bytes]:
    """Return the files by name."""
    made: dict[str, bytes] = {}
    for template in TEMPLATES:
        name, version = template.replace("/", "-"), paged_version(template)
        data = licence_json.encode(version)
        plan = make_plan(version, short_code(data))
        said = [_section(section) for section in plan.sections]
        made[f"good_{name}.json"] = data
        made[f"said_{name}.json"] = json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"
    seed = json.loads(made["good_seed-a3-1.json"])
    made |= {f"fail_{name}.json": canonical.dumps(seed | each) for name, each in _REFUSED.items()}
    return {f"pages/{name}": data for name, data in made.items()}


def _section(section: Section) -> JsonObject:
    return {
        "kind": section.kind.value,
        "lang": section.lang,
        "head": section.head,
        "foot": section.foot,
        "text": _said(section.blocks),
        "pinned": _said(section.pinned),
    }


def _said(blocks: tuple[Block, ...]) -> list[JsonValue]:
    return [[key, text] for block in blocks for key, text in block.said()]
