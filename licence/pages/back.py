"""The blocks of the back page, and of the narrow guide that a face without a back has."""

from typing import Final

from licence.pages import words
from licence.pages.blocks import Subject
from licence.pages.plan import Block, Line

TITLE: Final = "证照查验方法"


def notice(subject: Subject) -> Block:
    """What the anti-forgery zone of a face says."""
    where = "背面" if subject.draft.page.back else "发证机关官方网站"
    return Block(
        "notice",
        (
            Line("notice.copying", "", words.NO_COPYING),
            Line("notice.guide", "查验方法", f"见{where}"),
            Line("notice.hotline", "验证热线", words.HOTLINE),
            Line("notice.template", "样式版本", subject.draft.template),
        ),
    )


def rules(_subject: Subject) -> Block:
    """What the holder and everybody must not do."""
    return _numbered("rules", words.RULES_HEADING, words.RULES)


def guide(_subject: Subject) -> Block:
    """How to verify, step by step, without a camera too."""
    return _numbered("guide", words.GUIDE_HEADING, words.GUIDE)


def limits(_subject: Subject) -> Block:
    """What the paper does not prove."""
    return _numbered("limits", words.LIMITS_HEADING, words.LIMITS)


def facts(subject: Subject) -> Block:
    """The hotline, the law, and which version this is."""
    draft = subject.draft
    version = f"第{draft.version}版"
    if draft.supersedes is not None:
        version += f"，取代第{draft.supersedes}版"
    lines = [
        Line("hotline", "验证热线", words.HOTLINE),
        Line("legal_basis", "法律依据", draft.legal_basis),
        Line("version", "证照版本", version),
        Line("template", "样式版本", draft.template),
        Line("issuer_code", "发证机关代码", draft.issuer_code),
    ]
    if draft.delegated_by is not None:
        lines.append(Line("delegated_by", "委托机关代码", draft.delegated_by))
    return Block("facts", tuple(lines))


def _numbered(name: str, heading: str, sentences: tuple[str, ...]) -> Block:
    lines = tuple(
        Line(f"{name}[{place}]", f"{place + 1}.", sentence)
        for place, sentence in enumerate(sentences)
    )
    return Block(name, lines, heading)
