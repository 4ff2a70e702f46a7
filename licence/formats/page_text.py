"""Names of `licence.pages` for those that still draw `cn-a4p/1`; to go with its renderer."""

from licence.pages import MAX_PAGES, check_page_text, printed_short_code
from licence.pages.cn_a4p_1 import printed_text
from licence.pages.templates import CN_A4P_1 as TEMPLATE

__all__ = ["MAX_PAGES", "TEMPLATE", "check_page_text", "printed_short_code", "printed_text"]
