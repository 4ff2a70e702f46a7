"""Verify what is no licence file: QR objects, limited copies, numbers.

Each returns the report and what to remember; none raises for what is wrong with the artefact.
"""

from verifier.copies import check_copy
from verifier.qr_codes import check_qr
from verifier.typed import check_number

__all__ = ["check_copy", "check_number", "check_qr"]
