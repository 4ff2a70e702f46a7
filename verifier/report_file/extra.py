"""What making a report needs beyond the plain install; looked for without loading it."""

from importlib.util import find_spec
from typing import Final

from licence.errors import AnzhengError, Code

MODULES: Final = ("typst", "PIL", "manimgx_fonts_cjk", "pylopdf_fonts_zh_cn")


def require_extra() -> None:
    """Find what draws reports, before a thousand files are verified for nothing.

    Raises:
        AnzhengError: TOOL_MISSING.
    """
    for name in MODULES:
        if not _is_there(name):
            raise extra_missing(name)


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:  # from a finder that refuses it
        return False


def extra_missing(what: str) -> AnzhengError:
    """Return the error about a part of the extra that is not installed."""
    return AnzhengError(
        Code.TOOL_MISSING,
        "reports need the extra `verifier-service`: pip install '.[verifier-service]' "
        "in the folder of anzheng's sources",
        missing=what,
    )
