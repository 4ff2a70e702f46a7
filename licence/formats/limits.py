"""Sizes that several formats share: part of the formats, a file over a limit is refused."""

from typing import Final

HOLE_BYTES: Final = 16_384
"""Room for DER in /Contents, in bytes; two hexadecimal digits a byte stand in the file."""

MAX_CMS_BYTES: Final = 8_000
"""Largest CMS before the anchor evidence is filled in, in bytes of DER."""

MAX_EVIDENCE_BYTES: Final = 8_192
"""Largest anchor evidence in a file, in bytes; with the largest CMS it fits into the hole."""

MAX_PDF_BYTES: Final = 8 * 1024 * 1024
"""Largest licence file, in bytes; an ordinary one has 80 kB."""

MAX_INPUT_BYTES: Final = 50 * 1024 * 1024
"""Most that a verifier reads of one file; what is larger than a licence can be is judged unread."""

MAX_CERTIFICATES: Final = 8
"""Most certificates in one CMS."""

MAX_STATUS_INDEX: Final = 2**32 - 1
"""Largest status index: 32 bits on the chain, in leaves, lists and certificates alike."""
