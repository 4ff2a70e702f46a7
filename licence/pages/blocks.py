"""The blocks of the Chinese sections: from the fields of a licence to lines in their order.

A template is composed of these (`licence.pages.templates`). What a block says is frozen with the
templates that use it; other words are another function.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from licence.domain.licence_types import LicenceType
from licence.domain.model import (
    AddressType,
    AnnualReview,
    Draft,
    Environment,
    Industry,
    Kind,
    Risk,
    ScopeItem,
)
from licence.pages import words
from licence.pages.plan import Block, Line
from licence.pages.words import chinese_date

DATE: Final = ("date",)
MARK: Final = ("mark",)
TEST: Final = ("test",)
HIGH: Final = ("high-risk",)


@dataclass(frozen=True, slots=True)
class Subject:
    """What the blocks of one section are made from.

    Attributes:
        draft: The licence.
        type: Its type.
        code: The short code as printed.
        title: What the section is headed with.
        copy: Which copy it is, such as 正本 1/2; empty where there is but one.
    """

    draft: Draft
    type: LicenceType
    code: str
    title: str
    copy: str = ""

    @property
    def test(self) -> bool:
        """Whether the licence is without legal effect."""
        return self.draft.environment is Environment.TEST


Builder: TypeAlias = Callable[[Subject], Block]


def title(subject: Subject) -> Block:
    """The title, which copy, that it is a specimen, and what mark it has."""
    draft = subject.draft
    lines = [Line("title", "", subject.title)]
    if subject.copy:
        lines.append(Line("copy", "", subject.copy))
    if subject.test:
        lines.append(Line("test", "", words.TEST_LINE, TEST))
    if draft.kind is Kind.EMERGENCY_TEMPORARY:
        lines.append(
            Line("mark", words.MARKS[draft.kind], f"至{chinese_date(draft.valid_to)}止", MARK)
        )
    if draft.kind is Kind.SAMPLE:
        lines.append(Line("mark", "", words.MARKS[draft.kind], MARK))
    return Block("title", tuple(lines))


def number(subject: Subject) -> Block:
    """The licence number."""
    return Block("number", (Line("licence_no", "编号：", subject.draft.licence_no),))


def fields(subject: Subject) -> Block:
    """Who holds the licence, and where."""
    return _fields(subject.draft, words.ADDRESSES)


def trading_fields(subject: Subject) -> Block:
    """The same, as licences for trading name the places."""
    block = _fields(subject.draft, words.TRADING_ADDRESSES)
    *lines, industry = block.lines
    return replace(block, lines=(*lines, replace(industry, value=words.TRADER)))


def face_fields(subject: Subject) -> Block:
    """The same for a face with room for one address; the duplicate has all of them."""
    draft = subject.draft
    lines = [*_who(draft), *_registered(draft)]
    if len(draft.addresses) > 1:
        lines.append(Line("addresses.more", "", f"（另有{len(draft.addresses) - 1}处见副本）"))
    persons = reversed(tuple(_persons(draft)))
    return Block("fields", (*lines, *persons, *_kinds(draft)))


def scope_list(subject: Subject) -> Block:
    """The scope, an item a line, numbered when there are several."""
    items = subject.draft.scope
    numbered = len(items) > 1
    lines = tuple(
        line
        for place, item in enumerate(items)
        for line in scope_lines(place, item, label=f"{place + 1}." if numbered else "")
    )
    return Block("scope", lines, heading="许可范围")


def scope(subject: Subject) -> Block:
    """The scope: of chemicals as a table with every detail, else as a list."""
    draft = subject.draft
    if draft.industry is not Industry.HAZARDOUS_CHEMICALS:
        return scope_list(subject)
    return scope_table(draft.scope)


def validity(subject: Subject) -> Block:
    """Period, first issue and counts, with dates as Chinese documents have them."""
    draft = subject.draft
    period = f"{chinese_date(draft.valid_from)}至{chinese_date(draft.valid_to)}"
    return Block(
        "validity",
        (
            Line("valid", "有效期", period, DATE),
            Line("first_issued", "初次领证日期", chinese_date(draft.first_issued)),
            *_counts(draft),
        ),
    )


def seed_validity(subject: Subject) -> Block:
    """The same with dates as YYYY-MM-DD, each with its label."""
    draft = subject.draft
    return Block(
        "validity",
        (
            Line("valid_from", "有效期自", draft.valid_from.isoformat(), DATE),
            Line("valid_to", "有效期至", draft.valid_to.isoformat(), DATE),
            Line("first_issued", "初次领证日期", draft.first_issued.isoformat()),
            *_counts(draft),
        ),
    )


def issuer(subject: Subject) -> Block:
    """Who issued the licence, and when; the seal is stamped here."""
    draft = subject.draft
    return Block(
        "issuer",
        (
            Line("issuer", "发证机关（章）", draft.issuer),
            Line("issued_on", "", chinese_date(draft.issued_on)),
        ),
    )


def seed_issuer(subject: Subject) -> Block:
    """The same with labels and the date as YYYY-MM-DD."""
    draft = subject.draft
    return Block(
        "issuer",
        (
            Line("issuer", "发证机关（章）", draft.issuer),
            Line("issued_on", "发证日期", draft.issued_on.isoformat()),
        ),
    )


def code(subject: Subject) -> Block:
    """What stands beside the QR code."""
    return Block(
        "code",
        (
            Line("short_code", "查验码", subject.code),
            Line("code.status", "", words.CODE_STATUS),
        ),
        heading="扫码查验",
    )


def change_list(subject: Subject) -> Block:
    """The changes, one a line; nothing when there are none."""
    lines = tuple(
        Line(
            f"changes[{place}]",
            f"{place + 1}.",
            f"{chinese_date(change.on)}，{words.CHANGES[change.type]}由“{change.before}”"
            f"变更为“{change.after}”",
        )
        for place, change in enumerate(subject.draft.changes)
    )
    return Block("changes", lines, heading="变更记录" if lines else "")


def review_list(subject: Subject) -> Block:
    """The annual reviews, one a line; nothing when there are none."""
    lines = tuple(
        Line(f"annual_reviews[{place}]", "", _review(review))
        for place, review in enumerate(subject.draft.annual_reviews)
    )
    return Block("reviews", lines, heading="年度复核记录" if lines else "")


def change_table(subject: Subject) -> Block:
    """The changes as the duplicate 副本 has them; the header stands there when there are none."""
    rows = (
        (str(n), words.CHANGES[each.type], each.before, each.after, each.on.isoformat())
        for n, each in enumerate(subject.draft.changes, start=1)
    )
    return _table("changes", "变更记录", words.CHANGE_COLUMNS, rows)


def no_changes(subject: Subject) -> Block:
    """That there are no changes."""
    none = Line("changes.none", "", words.NO_CHANGES)
    return Block("changes-none", () if subject.draft.changes else (none,))


def review_table(subject: Subject) -> Block:
    """The annual reviews as the duplicate 副本 has them, with the header in any case."""
    rows = (
        (
            str(each.year),
            words.REVIEWS[each.result],
            words.NOTHING if each.on is None else each.on.isoformat(),
            each.by or words.NOTHING,
        )
        for each in subject.draft.annual_reviews
    )
    return _table("reviews", "年度复核记录", words.REVIEW_COLUMNS, rows)


def no_reviews(subject: Subject) -> Block:
    """That there are no annual reviews."""
    none = Line("reviews.none", "", words.NO_REVIEWS)
    return Block("reviews-none", () if subject.draft.annual_reviews else (none,))


def enterprise_stamp(_subject: Subject) -> Block:
    """The empty field for the enterprise's own stamp on paper."""
    note = Line("enterprise-stamp.note", "", words.ENTERPRISE_STAMP)
    return Block("enterprise-stamp", (note,), heading="企业盖章处")


def large_print_note(_subject: Subject) -> Block:
    """What the pages in large print are."""
    return Block("note", (Line("note", "", words.LARGE_PRINT_NOTE),))


def scope_table(items: Iterable[ScopeItem]) -> Block:
    """Return items of the scope as a table; no cell is left empty, for it could be filled in."""
    cells = (cell for place, item in enumerate(items) for cell in _scope_cells(place, item))
    columns = words.SCOPE_COLUMNS
    return Block("scope", (*_header("scope", columns), *cells), "许可范围", len(columns))


def scope_lines(place: int, item: ScopeItem, *, label: str = "") -> Iterator[Line]:
    """Yield one item of the scope; high risk is a line of its own, in words."""
    amount = "" if item.capacity is None else f" {item.capacity}"
    category = "" if item.category is None else f"（{item.category}）"
    value = f"{item.name}{amount}{item.unit or ''}{category}"
    flags = HIGH if item.risk is Risk.HIGH else ()
    yield Line(f"scope[{place}]", label, value, flags)
    if item.risk is Risk.HIGH:
        yield Line(f"scope[{place}].risk", "", words.HIGH_RISK, flags)


def _fields(draft: Draft, labels: Mapping[AddressType, str]) -> Block:
    places = (
        Line(f"addresses[{place}]", labels[address.type], address.text)
        for place, address in enumerate(draft.addresses)
    )
    return Block("fields", (*_who(draft), *_persons(draft), *places, *_kinds(draft)))


def _registered(draft: Draft) -> Iterator[Line]:
    for place, address in enumerate(draft.addresses):
        if address.type is AddressType.REGISTERED:
            yield Line(f"addresses[{place}]", "地址", address.text)


def _who(draft: Draft) -> Iterator[Line]:
    yield Line("enterprise_name", "企业名称", draft.enterprise_name)
    yield Line("uscc", "统一社会信用代码", draft.uscc)


def _persons(draft: Draft) -> Iterator[Line]:
    yield Line("principal", "主要负责人", draft.principal)
    if draft.legal_representative is not None:
        yield Line("legal_representative", "法定代表人", draft.legal_representative)


def _kinds(draft: Draft) -> Iterator[Line]:
    yield Line("economic_type", "经济类型", draft.economic_type.text)
    yield Line("industry", "行业类别", words.INDUSTRIES[draft.industry])


def _counts(draft: Draft) -> Iterator[Line]:
    counts = (("延期", draft.renewal_no), ("变更", draft.change_no), ("补发", draft.reissue_no))
    printed = [f"{word}{count}次" for word, count in counts if count > 0]
    if printed:
        yield Line("counts", "备注", "，".join(printed))


def _review(review: AnnualReview) -> str:
    on = "" if review.on is None else f"，{chinese_date(review.on)}"
    by = "" if review.by is None else f"，{review.by}"
    return f"{review.year}年度{words.REVIEWS[review.result]}{on}{by}"


def _scope_cells(place: int, item: ScopeItem) -> Iterator[Line]:
    high = item.risk is Risk.HIGH
    cells = (
        ("no", str(place + 1)),
        ("name", item.name),
        ("capacity", f"{item.capacity or ''}{item.unit or ''}" or words.NOTHING),
        ("category", item.category or words.NOTHING),
        ("risk", words.HIGH_RISK if high else words.ORDINARY_RISK),
    )
    for name, cell in cells:
        yield Line(f"scope[{place}].{name}", "", cell, HIGH if high else ())


def _header(name: str, columns: tuple[str, ...]) -> Iterator[Line]:
    for place, column in enumerate(columns):
        yield Line(f"{name}.column[{place}]", "", column)


def _table(
    name: str, heading: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> Block:
    cells = (
        Line(f"{name}[{at}].{place}", "", cell)
        for at, row in enumerate(rows)
        for place, cell in enumerate(row)
    )
    return Block(name, (*_header(name, columns), *cells), heading, len(columns))
