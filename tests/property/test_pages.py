"""Whatever the fields say: pages that say it pass, and one character less or other is refused."""

from hypothesis import given
from hypothesis import strategies as st

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.pages import check_page_text, make_plan, printed_text
from licence.pages.extracted import squeezed
from tests.fakes.any_licence import versions
from tests.fakes.laid_out import lay_out

CODE = "0123456789ABCDEFG"
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
