"""Copies what lies beside a trust repository: pages of side lists, lists of days before.

What the repository names is copied after it, so that no list arrives before its pages.
"""

from pathlib import Path

from anzheng.files import write_durably
from licence.errors import AnzhengError, Code
from verifier.list_fetch import page_names
from verifier.past_lists import HISTORY
from verifier.trust import TrustStore


def copy_beside(store: TrustStore, target: Path, *, history: bool) -> int:
    """Copy the pages that the lists of a trust folder name and, if asked for, older lists.

    Args:
        store: The folder, verified.
        target: Where the copy goes.
        history: Copy the lists of days before too, for questions about the past without network.

    Returns:
        How many files were new there.

    Raises:
        AnzhengError: STORE_FAILED.
    """
    names = [*page_names(store)]
    if history:
        kept = (store.folder / HISTORY).rglob("*.cwt")
        names += sorted(place.relative_to(store.folder).as_posix() for place in kept)
    copied = 0
    try:
        for name in names:
            # Their names say what is in them: a page its digest, a list its second.
            if not (target / name).is_file():
                write_durably(target / name, (store.folder / name).read_bytes())
                copied += 1
    except OSError as exc:
        raise AnzhengError(Code.STORE_FAILED, f"{target} cannot be written") from exc
    return copied
