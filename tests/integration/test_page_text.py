"""Whatever the fields say, the page that Typst makes says it too, as PDFium reads it."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licence.domain.model import (
    Address,
    AddressType,
    AnnualReview,
    Draft,
    Industry,
    Kind,
    ReviewResult,
    Risk,
    ScopeItem,
)
from licence.domain.text import Charset
from licence.errors import Code
from licence.formats import licence_json
from signer.glyphs import known_code_points, missing_glyphs
from signer.page_text import check_page
from signer.render import Renderer
from tests.fakes.drafts import TEMPLATES, good_version, paged_version
from tests.fakes.pages import drawn
from tests.fakes.refusal import refuses
from tests.fakes.signing import VERIFY_BASE

RENDERER = Renderer(verify_base=VERIFY_BASE)

_SINGLE = st.sampled_from(
    [
        chr(code)
        for code in sorted(known_code_points())
        if not Charset.GENERAL.value.search(chr(code))
        and unicodedata.normalize("NFC", chr(code)) == chr(code)
    ]
)
_COMMON = st.sampled_from(
    [*"大连市化工有限公司0123456789-()（）·%/,.;~", "fi", "ffl", "A-1", "1701-1708"]
)
_TEXT = (
    st.lists(st.one_of(_COMMON, _COMMON, _SINGLE, st.just(" ")), min_size=1, max_size=40)
    .map("".join)
    .map(lambda text: unicodedata.normalize("NFC", " ".join(text.split())))
    .filter(lambda text: text != "" and not missing_glyphs(text))
)
_OPTIONAL = st.none() | _TEXT

_SCOPE = st.builds(
    ScopeItem,
    name=_TEXT,
    capacity=_OPTIONAL,
    unit=_OPTIONAL,
    category=_OPTIONAL,
    risk=st.sampled_from(Risk),
)
_DAYS = st.dates(min_value=good_version().draft.first_issued)
_REVIEW = st.builds(
    AnnualReview,
    year=st.integers(2000, 2099),
    result=st.sampled_from(ReviewResult),
    on=st.none() | _DAYS,
    by=_OPTIONAL,
)
_DRAFTS = st.builds(
    replace,
    st.just(good_version().draft),
    enterprise_name=_TEXT,
    principal=_TEXT,
    legal_representative=_OPTIONAL,
    kind=st.sampled_from(Kind),
    industry=st.sampled_from(Industry),
    addresses=st.lists(
        st.builds(Address, st.sampled_from(AddressType), _TEXT), min_size=1, max_size=3
    ).map(tuple),
    scope=st.lists(_SCOPE, min_size=1, max_size=6).map(tuple),
    annual_reviews=st.lists(_REVIEW, max_size=3).map(tuple),
    valid_to=_DAYS,
    issuer=_TEXT,
    renewal_no=st.integers(0, 12),
    change_no=st.integers(0, 12),
    reissue_no=st.integers(0, 2),
)


# Rendering takes 10 to 50 ms an example: a few of these say more than many of a smaller text.
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(draft=_DRAFTS)
def test_the_page_says_what_the_data_says(draft: Draft) -> None:
    version = replace(good_version(), draft=draft)
    data = licence_json.encode(version)
    check_page(drawn(RENDERER, version), version, data)


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(draft=_DRAFTS, field=st.sampled_from(["enterprise_name", "principal", "issuer"]))
def test_a_page_that_says_something_else_is_refused(draft: Draft, field: str) -> None:
    version = replace(good_version(), draft=draft)
    data = licence_json.encode(version)
    rendered = drawn(RENDERER, version)
    value = getattr(draft, field)
    for other in {value + "8", "8" + value, value[1:] + "9"} - {value}:
        altered = replace(version, draft=replace(draft, **{field: other}))
        with refuses(Code.PAGE_TEXT_MISMATCH):
            check_page(rendered, altered, data)


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_widest_words_without_a_break_stay_on_the_page(template: str) -> None:
    draft = paged_version(template).draft
    if draft.translation is not None:
        draft = replace(draft, translation=replace(draft.translation, note="W" * 60))
    draft = replace(draft, legal_basis="W" * 60, issuer=("W" * 24 + " ") * 3 + "W" * 24)
    version = replace(paged_version(template), draft=draft)
    check_page(drawn(RENDERER, version), version, licence_json.encode(version))
