"""Make the plan of a licence."""

from collections.abc import Iterator

from licence.domain.licence_types import LICENCE_TYPES
from licence.domain.model import Draft, Kind, LicenceVersion
from licence.errors import AnzhengError
from licence.pages import words
from licence.pages.blocks import Builder, Subject
from licence.pages.plan import Block, Plan, Section
from licence.pages.short_code import printed_short_code
from licence.pages.templates import SectionSpec, TemplateSpec, find_template, page_problems


def make_plan(version: LicenceVersion, short_code: str) -> Plan:
    """Return what the pages of a licence say.

    Args:
        version: The licence.
        short_code: Of its `licence.json`, as `short_code()` gives it.

    Raises:
        AnzhengError: TEMPLATE_UNKNOWN, TEMPLATE_LICENCE_TYPE or TEMPLATE_LACKS, when the template
            cannot print this licence.
    """
    draft = version.draft
    spec = find_template(draft.template)
    for problem in page_problems(draft):
        raise AnzhengError(problem.code, problem.message, field=problem.field)
    subject = Subject(draft, LICENCE_TYPES[draft.licence_type], printed_short_code(short_code), "")
    return Plan(
        template=draft.template,
        title=f"{subject.type.title} {draft.licence_no}",
        licence_no=draft.licence_no,
        short_code=subject.code,
        variant=draft.industry.value,
        scale=draft.page.scale.value,
        kind=draft.kind.value,
        test=subject.test,
        author=draft.issuer,
        issued_on=draft.issued_on.isoformat(),
        keywords=(draft.licence_no, draft.elicence_id, draft.uscc),
        emergency_end=(
            draft.valid_to.isoformat() if draft.kind is Kind.EMERGENCY_TEMPORARY else ""
        ),
        sections=tuple(_sections(spec, subject)),
    )


def _sections(spec: TemplateSpec, subject: Subject) -> Iterator[Section]:
    for section in spec.sections:
        if not section.needed(subject.draft):
            continue
        title = section.title.format(title=subject.type.title, english=subject.type.english)
        for copy in _copies(section, subject.draft):
            yield _section(section, Subject(subject.draft, subject.type, subject.code, title, copy))


def _copies(section: SectionSpec, draft: Draft) -> Iterator[str]:
    if section.copy != words.ORIGINAL or draft.page.copies == 1:
        yield section.copy
        return
    for copy in range(1, draft.page.copies + 1):
        yield f"{words.ORIGINAL} {copy}/{draft.page.copies}"


def _section(spec: SectionSpec, subject: Subject) -> Section:
    draft = subject.draft
    return Section(
        kind=spec.kind,
        name=f"{subject.title} {subject.copy}".rstrip(),
        lang=draft.translation.lang if spec.english and draft.translation is not None else "zh",
        blocks=_built(spec.blocks, subject),
        pinned=_built(spec.pinned, subject),
        head="" if spec.one_page else _head(spec, subject),
        foot=_foot(spec, draft),
    )


def _built(builders: tuple[Builder, ...], subject: Subject) -> tuple[Block, ...]:
    built = (build(subject) for build in builders)
    return tuple(block for block in built if block.lines)


def _head(spec: SectionSpec, subject: Subject) -> str:
    number, kind = subject.draft.licence_no, subject.draft.kind
    if spec.english:
        test = words.ENGLISH_TEST_HEAD if subject.test else ""
        mark = words.ENGLISH_MARKS.get(kind, "")
        parts = (f"{subject.title} (continued {{n}}/{{m}})", test, mark, f"No. {number}")
    else:
        test = words.TEST_LINE if subject.test else ""
        mark = words.MARKS.get(kind, "")
        title = f"{subject.title}{subject.copy}（续页 {{n}}/{{m}}）"
        parts = (title, test, mark, f"编号：{number}")
    return words.GAP.join(part for part in parts if part)


def _foot(spec: SectionSpec, draft: Draft) -> str:
    if spec.english:
        return f"E-licence identifier: {draft.elicence_id}{words.GAP}Page {{page}} of {{pages}}"
    return f"电子证照标识：{draft.elicence_id}{words.GAP}第{{page}}页 共{{pages}}页"
