"""Check 5: `licence.json` is canonical, single and valid, and the page shows what it says.

Standard: RFC 8785; DESIGN 3.1 and 4, check 5.
"""

import hmac
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from licence.domain.model import LicenceVersion
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.checks import CheckName, CheckResult, passed
from licence.formats.cms import CmsParts
from licence.formats.short_code import short_code
from licence.formats.trust_types import TrustBundle
from licence.pages import check_page_text
from verifier.checks.outcome import not_passed
from verifier.pades.beside import Beside, check_beside

NUMBER: Final = 5
STANDARD: Final = "RFC 8785"


def read_data(
    data: bytes, parts: CmsParts, bundle: TrustBundle
) -> tuple[CheckResult | None, LicenceVersion | None]:
    """Decode the attachment, once it is the one whose digest was signed."""
    try:
        # The data is proved twice: inside the signed bytes, and by a signed attribute of its own.
        if not hmac.compare_digest(sha256(data).digest(), parts.licence_digest):
            raise AnzhengError(Code.DATA_DIGEST_MISMATCH, "another licence.json was signed")
        licence = licence_json.decode(data)
        if bundle.registry(licence.status.registry) is None:
            raise AnzhengError(Code.REGISTRY_UNKNOWN, "the trust bundle has no such registry")
        if licence.draft.environment is not bundle.environment:
            raise AnzhengError(
                Code.ENVIRONMENT_MISMATCH, "a test licence in production, or the other way round"
            )
    except AnzhengError as error:
        return not_passed(CheckName.DATA, error, standard=STANDARD), None
    return None, licence


def check_words_beside(
    licence: LicenceVersion, data: bytes, beside: Beside | None
) -> CheckResult | None:
    """Compare what the file says beside its pages with the data; None when all of it fits.

    A template that is not known says nothing here: `check_data` tells of it.
    """
    try:
        if beside is not None:
            check_beside(beside, licence, short_code(data))
    except AnzhengError as error:
        if error.code is Code.TEMPLATE_UNKNOWN:
            return None
        return not_passed(CheckName.DATA, error, *error.facts.items(), standard=STANDARD)
    return None


def check_data(
    licence: LicenceVersion,
    data: bytes,
    read_pages: Callable[[], Sequence[str]],
    read_drawn: Callable[[], Sequence[str]],
) -> CheckResult:
    """Compare the text of the pages with the data.

    Args:
        licence: From `read_data`.
        data: The attachment itself.
        read_pages: Gives the text of each page as PDFium extracts it, or raises AnzhengError.
        read_drawn: Gives the text of each page as somebody sees it, or raises AnzhengError.
    """
    code = short_code(data)
    try:
        pages = read_pages()
        check_page_text(pages, licence, code)
        check_page_text(read_drawn(), licence, code)
    except AnzhengError as error:
        # Newer than this verifier is nothing against the file; it could not be checked.
        if error.code in {Code.TEMPLATE_UNKNOWN, Code.GLYPH_UNKNOWN}:
            return not_passed(CheckName.DATA, error, standard=STANDARD)
        mismatch = AnzhengError(Code.DATA_PAGE_MISMATCH, error.message)
        return not_passed(CheckName.DATA, mismatch, *error.facts.items(), standard=STANDARD)
    return passed(
        CheckName.DATA,
        ("licence_no", licence.draft.licence_no),
        ("enterprise_name", licence.draft.enterprise_name),
        ("uscc", licence.draft.uscc),
        ("version", licence.draft.version),
        ("licence_json_sha256", sha256(data).hexdigest()),
        ("short_code", code),
        ("pages", len(pages)),
        standard=STANDARD,
    )
