"""What the pages of the first template, `cn-a4p/1`, must say. Frozen: such licences stay good.

It is older than plans: a head and a foot for each page, and what is left of all pages together must
be the body. Format: docs/formats/page.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from licence.domain.model import (
    AddressType,
    AnnualReview,
    Draft,
    Environment,
    Industry,
    Kind,
    LicenceVersion,
    ReviewResult,
    Risk,
    ScopeItem,
    Translation,
)
from licence.errors import AnzhengError, Code
from licence.pages.extracted import squeezed
from licence.pages.short_code import printed_short_code

MAX_PAGES: Final = 60
"""Most pages of one licence."""

TEST_LINE: Final = "示例，无法律效力"
TITLE: Final = "安全生产许可证"

_MARKS: Final = {Kind.EMERGENCY_TEMPORARY: "应急使用", Kind.SAMPLE: "样本"}
_INDUSTRIES: Final = {
    Industry.COAL: "煤矿企业",
    Industry.NON_COAL_MINE: "非煤矿矿山企业",
    Industry.HAZARDOUS_CHEMICALS: "危险化学品生产企业",
    Industry.FIREWORKS: "烟花爆竹生产企业",
    Industry.CONSTRUCTION: "建筑施工企业",
    Industry.CIVIL_EXPLOSIVES: "民用爆炸物品生产企业",
    Industry.OTHER: "其他",
}
_ADDRESSES: Final = {
    AddressType.REGISTERED: "注册地址",
    AddressType.PRODUCTION: "生产地址",
    AddressType.STORAGE: "储存地址",
    AddressType.MINE: "矿山地址",
    AddressType.TAILINGS: "尾矿库地址",
}
_REVIEWS: Final = {
    ReviewResult.PASS: "合格",
    ReviewResult.FAIL: "不合格",
    ReviewResult.PENDING: "待复核",
}


@dataclass(frozen=True, slots=True)
class ExpectedText:
    """The text of a licence without white space: a head and a foot for each page, one body."""

    heads: tuple[str, ...]
    body: str
    feet: tuple[str, ...]


def expected_page_text(version: LicenceVersion, short_code: str, *, pages: int) -> ExpectedText:
    """Return what a licence of that many pages must say.

    Args:
        version: The licence.
        short_code: Of its `licence.json`, as `short_code()` gives it.
        pages: How many pages the file has.
    """
    draft = version.draft
    test_line = TEST_LINE if draft.environment is Environment.TEST else ""
    head = squeezed(f"{TITLE}（续页）{test_line}编号：{draft.licence_no}")
    foot = f"电子证照标识：{draft.elicence_id}"
    stamp = _stamp(draft, short_code)
    translation = () if draft.translation is None else _translation(draft, draft.translation)
    return ExpectedText(
        heads=tuple(head if page > 1 else "" for page in range(1, pages + 1)),
        body=squeezed("".join((test_line, *_fields(draft), *translation))),
        feet=tuple(
            squeezed(f"{stamp if page == 1 else ''}{foot}第{page}页共{pages}页")
            for page in range(1, pages + 1)
        ),
    )


def check_page_text(pages: Sequence[str], version: LicenceVersion, short_code: str) -> None:
    """Refuse pages that do not say exactly what the licence says.

    Args:
        pages: The text of each page as a reader extracts it.
        version: The licence, decoded from its `licence.json`.
        short_code: Of the same `licence.json`.

    Raises:
        AnzhengError: PAGE_TEXT_MISMATCH with the page where they part.
    """
    if not 1 <= len(pages) <= MAX_PAGES:
        raise AnzhengError(Code.PAGE_TEXT_MISMATCH, "no pages, or too many", pages=len(pages))
    expected = expected_page_text(version, short_code, pages=len(pages))
    at = 0
    for number, (page, head, foot) in enumerate(
        zip(pages, expected.heads, expected.feet, strict=True), start=1
    ):
        text = squeezed(page)
        inner = text[len(head) : len(text) - len(foot)]
        if text != head + inner + foot or not expected.body.startswith(inner, at):
            raise AnzhengError(
                Code.PAGE_TEXT_MISMATCH, "the page does not say what the data says", page=number
            )
        at += len(inner)
    if at != len(expected.body):
        raise AnzhengError(Code.PAGE_TEXT_MISMATCH, "the last page ends too early", page=len(pages))


def _date(day: date) -> str:
    return f"{day.year:04d}年{day.month}月{day.day}日"


def _fields(draft: Draft) -> Iterator[str]:
    yield from (TITLE, _MARKS.get(draft.kind, ""), f"编号：{draft.licence_no}")
    yield f"企业名称{draft.enterprise_name}统一社会信用代码{draft.uscc}主要负责人{draft.principal}"
    if draft.legal_representative is not None:
        yield f"法定代表人{draft.legal_representative}"
    for address in draft.addresses:
        yield _ADDRESSES[address.type] + address.text
    yield f"经济类型{draft.economic_type.text}行业类别{_INDUSTRIES[draft.industry]}许可范围"
    numbered = len(draft.scope) > 1
    for number, item in enumerate(draft.scope, start=1):
        yield (f"{number}." if numbered else "") + _scope_item(item)
    yield f"有效期{_date(draft.valid_from)}至{_date(draft.valid_to)}"
    yield f"初次领证日期{_date(draft.first_issued)}"
    yield _counts(draft)
    if draft.annual_reviews:
        yield "年度复核"
        yield from map(_review, draft.annual_reviews)


def _scope_item(item: ScopeItem) -> str:
    category = "" if item.category is None else f"（{item.category}）"
    risk = "【高风险】" if item.risk is Risk.HIGH else ""
    return f"{item.name}{item.capacity or ''}{item.unit or ''}{category}{risk}"


def _counts(draft: Draft) -> str:
    counts = (("延期", draft.renewal_no), ("变更", draft.change_no), ("补发", draft.reissue_no))
    printed = [f"{word}{count}次" for word, count in counts if count > 0]
    return f"备注{'，'.join(printed)}" if printed else ""


def _review(review: AnnualReview) -> str:
    on = "" if review.on is None else f"，{_date(review.on)}"
    by = "" if review.by is None else f"，{review.by}"
    return f"{review.year}年度{_REVIEWS[review.result]}{on}{by}"


def _stamp(draft: Draft, short_code: str) -> str:
    return (
        f"扫码查验查验码{printed_short_code(short_code)}证照状态以扫码结果为准"
        f"发证机关（章）{draft.issuer}{_date(draft.issued_on)}"
    )


def _translation(draft: Draft, translation: Translation) -> Iterator[str]:
    yield f"Safety Production Licence Licence No. {draft.licence_no}"
    yield f"Enterprise name {translation.enterprise_name}"
    yield f"Unified Social Credit Code {draft.uscc} Principal {translation.principal} Address "
    yield from translation.addresses
    yield f"Economic type {translation.economic_type} Scope of licence "
    yield from translation.scope
    yield f"Valid period {draft.valid_from.isoformat()} to {draft.valid_to.isoformat()}"
    yield f"First issue date {draft.first_issued.isoformat()}"
    yield f"Issue date {draft.issued_on.isoformat()}"
    yield f"Issuing authority {translation.issuer}{translation.note}"
