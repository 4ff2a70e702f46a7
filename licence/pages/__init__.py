"""What the pages of a licence say: one source of words for template, signer and verifier."""

from licence.pages.make import make_plan, printed_short_code
from licence.pages.plan import MAX_PAGES, Plan, printed_text
from licence.pages.templates import page_problems

__all__ = ["MAX_PAGES", "Plan", "make_plan", "page_problems", "printed_short_code", "printed_text"]
