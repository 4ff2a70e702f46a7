"""Whose verification reports are believed here: certificates that somebody pinned by hand.

A certificate counts whole, whoever issued it: pinning is the trust, and a new certificate of the
same verifier is pinned anew. They lie in the folder `reporters` of the trust folder, one or more in
each file, or are named on the command line.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding

from licence.errors import AnzhengError, Code
from verifier.report_file.seal import read_certificates

FOLDER: Final = "reporters"
SUFFIXES: Final = (".crt", ".pem", ".cer", ".der")
MAX_FILES: Final = 200


def load_reporters(trust_folder: Path, certificates: Sequence[Path] = ()) -> tuple[bytes, ...]:
    """Return the certificates of all pinned verifiers, DER.

    Args:
        trust_folder: Its `reporters` folder is read, if there is one.
        certificates: Further files.

    Raises:
        AnzhengError: REQUEST_INVALID, when a file is no certificate or there are too many.
    """
    folder = trust_folder / FOLDER
    try:
        kept = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except FileNotFoundError:
        kept = []
    except OSError as error:
        raise AnzhengError(Code.REQUEST_INVALID, f"{folder} cannot be read") from error
    files = [*kept, *certificates]
    if len(files) > MAX_FILES:
        raise AnzhengError(Code.REQUEST_INVALID, "too many pinned certificates", limit=MAX_FILES)
    try:
        # Only the first of a file signs reports; those after it are the CAs above.
        found = [read_certificates(path)[0].public_bytes(Encoding.DER) for path in files]
    except AnzhengError as error:
        raise AnzhengError(
            Code.REQUEST_INVALID, f"a pinned certificate cannot be used: {error.message}"
        ) from error
    return tuple(dict.fromkeys(found))
