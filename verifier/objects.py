"""Verify what is no licence file: QR objects, limited copies, numbers.

Each returns the report and what to remember; none raises for what is wrong with the artefact.
"""

from verifier.qr_codes import check_qr

__all__ = ["check_qr"]
