"""The page templates: which sections each has, and what they say.

A further profile, or the first template of another licence type, is one entry here and one folder
`signer/templates/<name>/<version>/`. An entry is frozen with its first licence; what changes later
is only whether it is closed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from licence.domain.licence_types import HAZCHEM_TRADING, SAFETY_PRODUCTION
from licence.domain.model import Draft, PageOptions
from licence.domain.problem import Problem
from licence.errors import AnzhengError, Code
from licence.pages import back, blocks, english, seed_face, words
from licence.pages.blocks import Builder
from licence.pages.plan import SectionKind


def _always(_draft: Draft) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class SectionSpec:
    """How a section is composed.

    Attributes:
        kind: What it is.
        blocks: What flows through its pages; the first is the title.
        pinned: What stands at the end of its first page.
        title: Its title; `{title}` and `{english}` are those of the licence type.
        copy: Which copy it is; `正本` is numbered when there are several.
        one_page: Whether it has to fit on one page.
        english: Whether its fixed words are English.
        needed: Whether a licence has it.
    """

    kind: SectionKind
    blocks: tuple[Builder, ...]
    pinned: tuple[Builder, ...] = ()
    title: str = "{title}"
    copy: str = ""
    one_page: bool = False
    english: bool = False
    needed: Callable[[Draft], bool] = _always


@dataclass(frozen=True, slots=True)
class TemplateSpec:
    """One version of one template.

    Attributes:
        id: As `template` has it.
        types: Licence types that it draws.
        sections: In their order; none where the contract is older than plans.
        closed: Whether nothing more is issued with it.
    """

    id: str
    types: frozenset[str]
    sections: tuple[SectionSpec, ...]
    closed: bool = False

    def has(self, kind: SectionKind) -> bool:
        """Whether it has such a section."""
        return any(section.kind is kind for section in self.sections)


_TRANSLATION: Final = SectionSpec(
    SectionKind.TRANSLATION,
    (
        english.title,
        english.number,
        english.fields,
        english.scope,
        english.validity,
        english.code,
        english.note,
    ),
    title="{english}",
    english=True,
    needed=lambda draft: draft.translation is not None,
)
_LARGE_PRINT: Final = SectionSpec(
    SectionKind.LARGE_PRINT,
    (
        blocks.title,
        blocks.large_print_note,
        blocks.number,
        blocks.fields,
        blocks.scope_list,
        blocks.validity,
        blocks.issuer,
        blocks.code,
        blocks.change_list,
        blocks.review_list,
    ),
    title="{title}（大字版）",
    needed=lambda draft: draft.page.large_print,
)
_BACK: Final = SectionSpec(
    SectionKind.BACK,
    (blocks.title, blocks.number, back.rules, back.guide, back.limits, back.facts),
    pinned=(blocks.code,),
    title=back.TITLE,
    needed=lambda draft: draft.page.back,
)
_SEED_SECTIONS: Final = (
    SectionSpec(
        SectionKind.FACE,
        (
            blocks.title,
            blocks.number,
            blocks.face_fields,
            seed_face.face_scope,
            seed_face.face_scope_rest,
            blocks.seed_validity,
            blocks.seed_issuer,
            back.notice,
            blocks.code,
        ),
        copy=words.ORIGINAL,
        one_page=True,
    ),
    SectionSpec(
        SectionKind.DUPLICATE,
        (blocks.title, blocks.number, blocks.fields, blocks.scope, blocks.seed_validity),
        pinned=(blocks.code, blocks.seed_issuer),
        copy=words.DUPLICATE,
    ),
    SectionSpec(
        SectionKind.RECORDS,
        (
            blocks.title,
            blocks.number,
            blocks.change_table,
            blocks.no_changes,
            blocks.review_table,
            blocks.no_reviews,
            blocks.enterprise_stamp,
        ),
        title="变更记录和年度复核记录",
        copy=words.DUPLICATE,
    ),
    _TRANSLATION,
    _LARGE_PRINT,
    _BACK,
)

CN_A4P_1: Final = "cn-a4p/1"
"""The first template; its contract stands apart, in `licence.pages.cn_a4p_1`."""

_SAFETY: Final = frozenset({SAFETY_PRODUCTION.id})

TEMPLATES: Final[Mapping[str, TemplateSpec]] = MappingProxyType(
    {
        each.id: each
        for each in (
            TemplateSpec(CN_A4P_1, _SAFETY, (), closed=True),
            TemplateSpec(
                "cn-a4p/2",
                _SAFETY,
                (
                    SectionSpec(
                        SectionKind.FACE,
                        (
                            blocks.title,
                            blocks.number,
                            blocks.fields,
                            blocks.scope,
                            blocks.validity,
                            blocks.change_list,
                            blocks.review_list,
                        ),
                        pinned=(blocks.code, blocks.issuer),
                    ),
                    _TRANSLATION,
                    _LARGE_PRINT,
                    _BACK,
                ),
            ),
            TemplateSpec("seed-a3/1", _SAFETY, _SEED_SECTIONS),
            TemplateSpec("seed-a4/1", _SAFETY, _SEED_SECTIONS),
            TemplateSpec(
                "hazchem-a4p/1",
                frozenset({HAZCHEM_TRADING.id}),
                (
                    SectionSpec(
                        SectionKind.FACE,
                        (
                            blocks.title,
                            blocks.number,
                            blocks.trading_fields,
                            blocks.scope,
                            blocks.validity,
                            blocks.change_list,
                            blocks.review_list,
                        ),
                        pinned=(blocks.code, blocks.issuer),
                    ),
                    _BACK,
                ),
            ),
        )
    }
)
"""Every template there ever was, by its id."""


def find_template(template: str) -> TemplateSpec:
    """Return a template.

    Raises:
        AnzhengError: TEMPLATE_UNKNOWN.
    """
    found = TEMPLATES.get(template)
    if found is None:
        raise AnzhengError(Code.TEMPLATE_UNKNOWN, "no such page template", template=template)
    return found


def page_problems(draft: Draft) -> Iterator[Problem]:
    """Yield what the template that a licence names cannot print.

    The rules of `licence.domain.rules` know no template; these do. They hold for every file.
    """
    spec = TEMPLATES.get(draft.template)
    if spec is None:
        yield Problem("template", Code.TEMPLATE_UNKNOWN, "template is none that is known here")
        return
    if draft.licence_type not in spec.types:
        yield Problem("template", Code.TEMPLATE_LICENCE_TYPE, "template is of another licence type")
    if spec.id == CN_A4P_1:
        yield from _older_than_plans(draft)
        return
    if draft.page.copies > 1 and not spec.has(SectionKind.DUPLICATE):
        yield _cannot("page.copies", "must be 1: this template has no 正本 and 副本")
    if draft.page.large_print and not spec.has(SectionKind.LARGE_PRINT):
        yield _cannot("page.large_print", "is not offered by this template")
    if draft.translation is not None and not spec.has(SectionKind.TRANSLATION):
        yield _cannot("translation", "is not offered by this template")


def issue_problems(draft: Draft) -> Iterator[Problem]:
    """Yield the same, and that nothing more is issued with a template."""
    yield from page_problems(draft)
    spec = TEMPLATES.get(draft.template)
    if spec is not None and spec.closed:
        yield Problem("template", Code.TEMPLATE_CLOSED, "template is closed; name a newer version")


def _older_than_plans(draft: Draft) -> Iterator[Problem]:
    for field, given in (
        ("page", draft.page != PageOptions()),
        ("changes", bool(draft.changes)),
        ("glyphs", bool(draft.glyphs)),
    ):
        if given:
            yield _cannot(field, "is not offered by this template")


def _cannot(field: str, what: str) -> Problem:
    return Problem(field, Code.TEMPLATE_LACKS, f"{field} {what}")
