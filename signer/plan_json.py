"""The plan as JSON, for the template: the fields of the dataclasses under their names."""

import json

from licence.pages.plan import Block, Plan, Section


def plan_json(plan: Plan, *, single_pages: bool = False) -> bytes:
    """Write a plan; the same plan gives the same bytes.

    Args:
        plan: What the pages say.
        single_pages: Number the sections as if each had one page, so that the template need not
            find out.
    """
    count = len(plan.sections)
    sections = [
        _section(section) | ({"page": number, "pages": count} if single_pages else {})
        for number, section in enumerate(plan.sections, start=1)
    ]
    value = {
        "template": plan.template,
        "title": plan.title,
        "licence_no": plan.licence_no,
        "short_code": plan.short_code,
        "variant": plan.variant,
        "scale": plan.scale,
        "kind": plan.kind,
        "test": plan.test,
        "author": plan.author,
        "issued_on": plan.issued_on,
        "keywords": plan.keywords,
        "emergency_end": plan.emergency_end,
        "sections": sections,
    }
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _section(section: Section) -> dict[str, object]:
    return {
        "kind": section.kind.value,
        "name": section.name,
        "lang": section.lang,
        "blocks": [_block(block) for block in section.blocks],
        "pinned": [_block(block) for block in section.pinned],
        "head": section.head,
        "foot": section.foot,
    }


def _block(block: Block) -> dict[str, object]:
    return {
        "name": block.name,
        "heading": block.heading,
        "columns": block.columns,
        "lines": [
            {"key": line.key, "label": line.label, "value": line.value, "flags": line.flags}
            for line in block.lines
        ],
    }
