"""Deltas, pages and side lists as JWT of an older release are still read as they were then."""

from hashlib import sha256

from licence.errors import Code
from licence.formats import list_delta, side_jwt, side_list, side_pages
from licence.formats.side_pages import SideIndex
from licence.ids import StatusIndex
from tests.compat.generate_lists import ANNOUNCED, FOLDER, NAME, ROWS
from tests.fakes.refusal import refuses
from tests.fakes.status_keys import KEY


def golden(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def test_delta_says_what_it_said() -> None:
    base = golden("good_base.cwt")
    delta = list_delta.decode(golden("good_step.delta"), keys=[KEY], expected=NAME)
    assert [(place, int(value)) for place, value in delta.changes] == [(7, 2), (1_000_000, 1)]
    assert delta.base == sha256(base).digest()
    assert delta.target == sha256(golden("good_target.cwt")).digest()
    bad = list_delta.decode(golden("fail_step_other_changes.delta"), keys=[KEY], expected=NAME)
    with refuses(Code.STATUS_LIST_REFUSED):
        list_delta.apply(bad, base)


def test_side_list_in_pages_says_what_it_said() -> None:
    data, page = golden("good_index.cbor"), golden("good.page")
    at = StatusIndex(4)
    assert side_pages.page_wanted(data, at) == sha256(page).digest()
    side = side_pages.read_for(data, page, at, keys=[KEY], expected=NAME)
    assert (side.rows, side.announced) == (ROWS, ANNOUNCED)


def test_side_list_as_jwt_says_what_it_said() -> None:
    whole = side_list.decode(golden("good_side.cbor"), keys=[KEY], expected=NAME)
    token = side_jwt.decode(golden("good_side.jwt"), keys=[KEY], expected=NAME)
    assert token.side == whole
    index = side_jwt.decode(golden("good_index.jwt"), keys=[KEY], expected=NAME).side
    assert isinstance(index, SideIndex)
    page = golden("good_page.json")
    assert index.pages[0] == sha256(page).digest()
    assert side_jwt.decode_page(page, NAME) == (ROWS, ANNOUNCED)
