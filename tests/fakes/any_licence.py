"""Any licence that its template can print, for hypothesis; rules between fields are not kept."""

from dataclasses import replace

from hypothesis import assume
from hypothesis import strategies as st

from licence.domain.model import (
    Address,
    AddressType,
    AnnualReview,
    Change,
    ChangeType,
    Environment,
    Industry,
    Kind,
    LicenceVersion,
    PageOptions,
    ReviewResult,
    Risk,
    Scale,
    ScopeItem,
    Translation,
)
from licence.pages import page_problems
from tests.fakes.drafts import TEMPLATES, paged_version

_DRAFTS = {template: paged_version(template).draft for template in TEMPLATES}

# Texts that look like our own words are the hard ones.
_OWN = st.sampled_from(
    ["安全生产许可证", "（续页 1/1）", "编号：", "第1页共1页", "法定代表人", "1.", "查验码", "副本"]
)
_CHARACTERS = st.text("大连市镕犇化工有限公司()（）·0123456789-%/.,fiflABC \U0002b4b6", max_size=20)
_TEXT = (
    st.lists(_OWN | _CHARACTERS, min_size=1, max_size=4)
    .map(lambda parts: " ".join("".join(parts).split()))
    .filter(bool)
)
_SCOPE = st.builds(
    ScopeItem,
    name=_TEXT,
    capacity=st.none() | st.just("5"),
    unit=st.none() | st.just("万吨/年"),
    category=st.none() | _TEXT,
    risk=st.sampled_from(Risk),
)
_DAYS = st.dates()
_REVIEW = st.builds(
    AnnualReview,
    year=st.integers(2000, 2099),
    result=st.sampled_from(ReviewResult),
    on=st.none() | _DAYS,
    by=st.none() | _TEXT,
)
_CHANGE = st.builds(Change, st.sampled_from(ChangeType), before=_TEXT, after=_TEXT, on=_DAYS)
_PAGE = st.builds(
    PageOptions,
    copies=st.integers(1, 3),
    scale=st.sampled_from(Scale),
    back=st.booleans(),
    large_print=st.booleans(),
)


@st.composite
def versions(draw: st.DrawFn) -> LicenceVersion:
    """A licence that its template can print."""
    draft = _DRAFTS[draw(st.sampled_from(TEMPLATES))]
    addresses = draw(
        st.lists(st.builds(Address, st.sampled_from(AddressType), _TEXT), min_size=1, max_size=4)
    )
    scope = draw(st.lists(_SCOPE, min_size=1, max_size=14))
    draft = replace(
        draft,
        environment=draw(st.sampled_from(Environment)),
        kind=draw(st.sampled_from(Kind)),
        industry=draw(st.sampled_from(Industry)),
        enterprise_name=draw(_TEXT),
        principal=draw(_TEXT),
        legal_representative=draw(st.none() | _TEXT),
        addresses=tuple(addresses),
        scope=tuple(scope),
        annual_reviews=tuple(draw(st.lists(_REVIEW, max_size=3))),
        changes=tuple(draw(st.lists(_CHANGE, max_size=3))),
        issuer=draw(_TEXT),
        renewal_no=draw(st.integers(0, 12)),
        page=draw(_PAGE),
        translation=draw(st.none() | _translations(len(addresses), len(scope))),
    )
    assume(not list(page_problems(draft)))
    return replace(paged_version(), draft=draft)


def _translations(addresses: int, scope: int) -> st.SearchStrategy[Translation]:
    return st.builds(
        Translation,
        lang=st.just("en"),
        enterprise_name=_TEXT,
        principal=_TEXT,
        addresses=st.lists(_TEXT, min_size=addresses, max_size=addresses).map(tuple),
        economic_type=_TEXT,
        scope=st.lists(_TEXT, min_size=scope, max_size=scope).map(tuple),
        issuer=_TEXT,
        note=_TEXT,
    )
