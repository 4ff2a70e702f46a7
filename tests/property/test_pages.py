"""Whatever the fields say: pages that say it pass, and one character less or other is refused."""

from dataclasses import replace

from hypothesis import assume, given
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
from licence.errors import AnzhengError, Code
from licence.pages import check_page_text, make_plan, page_problems, printed_text
from licence.pages.extracted import squeezed
from tests.fakes.drafts import TEMPLATES, paged_version
from tests.fakes.laid_out import lay_out

CODE = "0123456789ABCDEFG"
DRAFTS = {template: paged_version(template).draft for template in TEMPLATES}

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
    draft = DRAFTS[draw(st.sampled_from(TEMPLATES))]
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


_CUTS = st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 900), max_size=5), max_size=6)


def _refused(pages: list[str], version: LicenceVersion) -> bool:
    try:
        check_page_text(pages, version, CODE)
    except AnzhengError as error:
        return error.code is Code.PAGE_TEXT_MISMATCH
    return False


@given(versions(), _CUTS)
def test_what_is_laid_out_passes(version: LicenceVersion, cuts: dict[int, list[int]]) -> None:
    plan = make_plan(version, CODE)
    pages = lay_out(plan, cuts)
    placed = check_page_text(pages, version, CODE)
    assert sum(each.pages for each in placed) == len(pages)
    assert [each.kind for each in placed] == [section.kind for section in plan.sections]
    assert set("".join(map(squeezed, pages))) <= set(printed_text(plan))


@given(versions(), _CUTS, st.data())
def test_one_character_more_less_or_other_is_refused(
    version: LicenceVersion, cuts: dict[int, list[int]], data: st.DataObject
) -> None:
    pages = [squeezed(page) for page in lay_out(make_plan(version, CODE), cuts)]
    at = data.draw(st.integers(0, len(pages) - 1))
    page = pages[at]
    place = data.draw(st.integers(0, len(page) - 1))
    other = data.draw(st.sampled_from("大8证1 .-（\u200b\U0002b4b6").filter(str.strip))
    here, after = page[place], page[place + 1 : place + 2]
    wrong = {
        page[:place] + other + page[place:],
        page[:place] + page[place + 1 :],
        page[:place] + other + page[place + 1 :],
        page[:place] + after + here + page[place + 2 :],
    } - {page}
    for each in sorted(wrong):
        assert _refused([*pages[:at], each, *pages[at + 1 :]], version)


@given(versions(), _CUTS, st.data())
def test_pages_dropped_doubled_or_in_another_order_are_refused(
    version: LicenceVersion, cuts: dict[int, list[int]], data: st.DataObject
) -> None:
    pages = lay_out(make_plan(version, CODE), cuts)
    places = st.integers(0, len(pages) - 1)
    one, other = data.draw(places), data.draw(places)
    assert _refused(pages[:one] + pages[one + 1 :], version)
    assert _refused(pages[: one + 1] + pages[one:], version)
    if one != other:
        pages[one], pages[other] = pages[other], pages[one]
        assert _refused(pages, version)
