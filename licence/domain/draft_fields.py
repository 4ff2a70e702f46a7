"""The fields of a licence version, by name, with the limit of each.

One list serves both readers: roster rows (which may leave defaults out and spell numbers as offices
do) and `licence.json` (which must be complete, and is compared with its canonical spelling after).

Source: research licence_domain C.2; DESIGN 3.5.
"""

from datetime import date
from typing import Final

from licence.domain import values
from licence.domain.glyph_outline import check_outline, check_outline_character
from licence.domain.licence_types import LICENCE_TYPES, SAFETY_PRODUCTION
from licence.domain.model import (
    Address,
    AddressType,
    AnnualReview,
    Attachment,
    Change,
    ChangeType,
    Draft,
    EconomicType,
    Environment,
    Glyph,
    Industry,
    IssuerLevel,
    Kind,
    PageOptions,
    ReviewResult,
    Risk,
    Scale,
    ScopeItem,
    Translation,
)
from licence.domain.reader import Reader
from licence.domain.text import Charset
from licence.ids import AuthorityId, Digest, LicenceNo

DEFAULT_TEMPLATE: Final = "cn-a4p/2"

MAX_NAME: Final = 100
MAX_PERSON: Final = 50
MAX_ADDRESS: Final = 200
MAX_ADDRESSES: Final = 20
MAX_ECONOMIC_TYPE: Final = 60
MAX_SCOPE_ITEMS: Final = 200
MAX_SCOPE_ITEM: Final = 200
MAX_UNIT: Final = 20
MAX_VERSION: Final = 999
MAX_COUNT: Final = 99
MAX_REVIEWS: Final = 50
MAX_ATTACHMENTS: Final = 200
MAX_CHANGES: Final = 50
MAX_CHANGED: Final = 200
MAX_GLYPHS: Final = 16
MAX_COPIES: Final = 9
MAX_TRANSLATED: Final = 400
"""Longest translated text in characters; Latin script needs more of them than Chinese."""

_NO_DAY: Final = date(values.FIRST_YEAR, 1, 1)
_LANGUAGE: Final = values.pattern(
    "(?!zh)[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", "a language tag such as en, other than Chinese"
)
_TEMPLATE: Final = values.pattern(
    "[a-z][a-z0-9-]{0,30}/[1-9][0-9]{0,2}", "a template and its version, such as cn-a4p/1"
)
_AMOUNT: Final = values.pattern(
    r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?", "a number in digits, such as 20 or 1.5, without unit"
)
_REGION: Final = values.pattern("[1-9][0-9]{5}", "six digits of GB/T 2260")
_ECONOMIC_CODE: Final = values.pattern("[1-9][0-9]{2}", "three digits of GB/T 12402")
_LICENCE_TYPE: Final = values.pattern("|".join(LICENCE_TYPES), " or ".join(LICENCE_TYPES))

_person: Final = values.text(MAX_PERSON, Charset.PERSON)
_count: Final = values.integer(0, MAX_COUNT)
_translated: Final = values.text(MAX_TRANSLATED)


def read_draft(reader: Reader) -> Draft:
    """Read all fields of a draft; the caller looks at the reader's problems and ends it."""
    need, may, default = reader.required, reader.optional, reader.defaulted
    return Draft(
        licence_type=default("licence_type", _LICENCE_TYPE, SAFETY_PRODUCTION.id),
        environment=need("environment", values.member(Environment), Environment.TEST),
        licence_no=need("licence_no", values.licence_no, LicenceNo("")),
        elicence_id=need("elicence_id", values.elicence_id, ""),
        version=need("version", values.integer(1, MAX_VERSION), 1),
        kind=need("kind", values.member(Kind), Kind.REGULAR),
        industry=need("industry", values.member(Industry), Industry.OTHER),
        enterprise_name=need("enterprise_name", values.text(MAX_NAME, Charset.NAME), ""),
        uscc=need("uscc", values.uscc, ""),
        principal=need("principal", _person, ""),
        legal_representative=may("legal_representative", _person),
        addresses=reader.children("addresses", _address, low=1, high=MAX_ADDRESSES),
        economic_type=reader.child("economic_type", _economic_type, EconomicType("")),
        scope=reader.children("scope", _scope_item, low=1, high=MAX_SCOPE_ITEMS),
        first_issued=need("first_issued", values.day, _NO_DAY),
        issued_on=need("issued_on", values.day, _NO_DAY),
        valid_from=need("valid_from", values.day, _NO_DAY),
        valid_to=need("valid_to", values.day, _NO_DAY),
        issuer=need("issuer", values.text(MAX_NAME), ""),
        issuer_code=need("issuer_code", values.authority, AuthorityId("")),
        issuer_level=need("issuer_level", values.member(IssuerLevel), IssuerLevel.OTHER),
        delegated_by=may("delegated_by", values.authority),
        supersedes=may("supersedes", values.integer(1, MAX_VERSION)),
        renewal_no=default("renewal_no", _count, 0),
        change_no=default("change_no", _count, 0),
        reissue_no=default("reissue_no", _count, 0),
        annual_reviews=reader.children("annual_reviews", _annual_review, low=0, high=MAX_REVIEWS),
        attachments=reader.children("attachments", _attachment, low=0, high=MAX_ATTACHMENTS),
        translation=reader.optional_child("translation", _translation),
        template=default("template", _TEMPLATE, DEFAULT_TEMPLATE),
        legal_basis=need("legal_basis", values.text(MAX_ECONOMIC_TYPE), ""),
        page=reader.optional_child("page", _page_options) or PageOptions(),
        changes=reader.optional_children("changes", _change, high=MAX_CHANGES),
        glyphs=reader.optional_children("glyphs", _glyph, high=MAX_GLYPHS),
    )


def _address(reader: Reader) -> Address:
    return Address(
        type=reader.required("type", values.member(AddressType), AddressType.REGISTERED),
        text=reader.required("text", values.text(MAX_ADDRESS), ""),
        region=reader.optional("region", _REGION),
    )


def _economic_type(reader: Reader) -> EconomicType:
    return EconomicType(
        text=reader.required("text", values.text(MAX_ECONOMIC_TYPE), ""),
        code=reader.optional("code", _ECONOMIC_CODE),
    )


def _scope_item(reader: Reader) -> ScopeItem:
    return ScopeItem(
        name=reader.required("name", values.text(MAX_SCOPE_ITEM), ""),
        capacity=reader.optional("capacity", _AMOUNT),
        unit=reader.optional("unit", values.text(MAX_UNIT)),
        category=reader.optional("category", values.text(MAX_SCOPE_ITEM)),
        risk=reader.defaulted("risk", values.member(Risk), Risk.NORMAL),
    )


def _annual_review(reader: Reader) -> AnnualReview:
    return AnnualReview(
        year=reader.required("year", values.integer(values.FIRST_YEAR, values.LAST_YEAR), 0),
        result=reader.required("result", values.member(ReviewResult), ReviewResult.PENDING),
        on=reader.optional("on", values.day),
        by=reader.optional("by", values.text(MAX_NAME)),
    )


def _attachment(reader: Reader) -> Attachment:
    return Attachment(
        name=reader.required("name", values.text(MAX_NAME), ""),
        sha256=reader.required("sha256", values.sha256, Digest(b"")),
    )


def _translation(reader: Reader) -> Translation:
    need = reader.required
    return Translation(
        lang=need("lang", _LANGUAGE, ""),
        enterprise_name=need("enterprise_name", _translated, ""),
        principal=need("principal", _translated, ""),
        addresses=need("addresses", values.texts(MAX_ADDRESSES, MAX_TRANSLATED), ()),
        economic_type=need("economic_type", _translated, ""),
        scope=need("scope", values.texts(MAX_SCOPE_ITEMS, MAX_TRANSLATED), ()),
        issuer=need("issuer", _translated, ""),
        note=need("note", _translated, ""),
    )


def _page_options(reader: Reader) -> PageOptions:
    default = PageOptions()
    return PageOptions(
        copies=reader.defaulted("copies", values.integer(1, MAX_COPIES), default.copies),
        scale=reader.defaulted("scale", values.member(Scale), default.scale),
        back=reader.defaulted("back", values.boolean, default.back),
        large_print=reader.defaulted("large_print", values.boolean, default.large_print),
    )


def _change(reader: Reader) -> Change:
    return Change(
        type=reader.required("type", values.member(ChangeType), ChangeType.NAME),
        before=reader.required("before", values.text(MAX_CHANGED), ""),
        after=reader.required("after", values.text(MAX_CHANGED), ""),
        on=reader.required("on", values.day, _NO_DAY),
    )


def _glyph(reader: Reader) -> Glyph:
    return Glyph(
        char=reader.required("char", check_outline_character, ""),
        outline=reader.required("outline", check_outline, ""),
    )
