"""Whatever the fields say, each template draws it, and both readers find it where it should be."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from licence.domain.model import LicenceVersion
from licence.errors import Code
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import check_page_text
from signer.page_text import check_page, page_texts
from signer.render import Renderer
from signer.second_reader import read_pages
from tests.fakes.any_licence import versions
from tests.fakes.pages import drawn
from tests.fakes.refusal import refuses
from tests.fakes.signing import VERIFY_BASE

RENDERER = Renderer(verify_base=VERIFY_BASE)
Reader = Callable[[bytes], tuple[str, ...]]
READERS: tuple[Reader, ...] = (page_texts, read_pages)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(versions())
def test_every_template_draws_what_the_data_say(version: LicenceVersion) -> None:
    data = licence_json.encode(version)
    check_page(drawn(RENDERER, version), version, data)


@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(versions(), st.sampled_from(READERS), st.data())
def test_both_readers_find_a_page_that_is_missing(
    version: LicenceVersion, read: Reader, data: st.DataObject
) -> None:
    code = short_code(licence_json.encode(version))
    pages = list(read(drawn(RENDERER, version)))
    check_page_text(pages, version, code)
    del pages[data.draw(st.integers(0, len(pages) - 1))]
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page_text(pages, version, code)
