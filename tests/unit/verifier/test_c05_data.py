"""Check 5: what it says about pages that say otherwise, and about pages that cannot be read."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from licence.domain.model import LicenceVersion
from licence.errors import Code
from licence.formats import licence_json
from licence.formats.checks import CheckResult, CheckState
from licence.formats.short_code import short_code
from licence.pages import MAX_PAGE_CHARACTERS, make_plan
from tests.fakes.drafts import paged_version
from tests.fakes.laid_out import lay_out
from verifier.checks.c05_data import check_data
from verifier.pades.page_text import read_pages

VERSION = paged_version("seed-a3/1")
DATA = licence_json.encode(VERSION)
PAGES = lay_out(make_plan(VERSION, short_code(DATA)))


def judged(version: LicenceVersion, read: Callable[[], Sequence[str]]) -> CheckResult:
    """Judge pages that are seen as they read."""
    return check_data(version, DATA, read, read)


def test_what_is_seen_is_compared_beside_what_reads() -> None:
    seen = [PAGES[0].replace("犇化工", "化犇工", 1), *PAGES[1:]]
    result = check_data(VERSION, DATA, lambda: PAGES, lambda: seen)
    assert (result.state, result.code) == (CheckState.FAILED, Code.DATA_PAGE_MISMATCH)


def test_pages_that_say_what_the_data_say_pass() -> None:
    result = judged(VERSION, lambda: PAGES)
    assert result.state is CheckState.PASSED
    facts = dict(result.facts)
    assert facts["licence_no"] == VERSION.draft.licence_no
    assert (facts["pages"], facts["short_code"]) == (len(PAGES), short_code(DATA))


def test_another_name_on_a_page_is_told_with_its_place() -> None:
    other = [PAGES[0].replace("犇化工", "化犇工", 1), *PAGES[1:]]
    result = judged(VERSION, lambda: other)
    assert (result.state, result.code) == (CheckState.FAILED, Code.DATA_PAGE_MISMATCH)
    facts = dict(result.facts)
    assert (facts["page"], facts["field"]) == (1, "enterprise_name")


def test_a_template_newer_than_the_verifier_is_nothing_against_the_file() -> None:
    later = replace(VERSION, draft=replace(VERSION.draft, template="seed-a3/99"))
    result = judged(later, lambda: PAGES)
    assert (result.state, result.code) == (CheckState.INDETERMINATE, Code.TEMPLATE_UNKNOWN)


def test_what_no_template_can_print_is_a_mismatch() -> None:
    odd = replace(VERSION, draft=replace(VERSION.draft, template="hazchem-a4p/1"))
    assert judged(odd, lambda: PAGES).code is Code.DATA_PAGE_MISMATCH


def test_pages_that_cannot_be_read_are_a_mismatch_and_no_crash() -> None:
    result = judged(VERSION, lambda: read_pages(b"%PDF-1.7\n"))
    assert (result.state, result.code) == (CheckState.FAILED, Code.DATA_PAGE_MISMATCH)


def test_too_much_text_is_a_mismatch() -> None:
    result = judged(VERSION, lambda: [*PAGES[:-1], "安" * (MAX_PAGE_CHARACTERS + 1)])
    assert result.code is Code.DATA_PAGE_MISMATCH
