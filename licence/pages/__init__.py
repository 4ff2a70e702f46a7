"""What the pages of a licence say: one source of words for template, signer and verifier."""

from licence.pages.check import MAX_PAGE_CHARACTERS, PlacedSection, check_page_text
from licence.pages.difference import Difference, first_page_differences
from licence.pages.make import make_plan
from licence.pages.plan import MAX_PAGES, Plan, SectionKind, printed_text
from licence.pages.short_code import printed_short_code
from licence.pages.templates import issue_problems, page_problems

__all__ = [
    "MAX_PAGES",
    "MAX_PAGE_CHARACTERS",
    "Difference",
    "PlacedSection",
    "Plan",
    "SectionKind",
    "check_page_text",
    "first_page_differences",
    "issue_problems",
    "make_plan",
    "page_problems",
    "printed_short_code",
    "printed_text",
]
