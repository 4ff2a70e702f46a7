"""Text as readers extract it from a page, made comparable."""

from typing import Final

# PDFium gives the five Latin ligatures as their letters, and a hyphen at the end of a line as
# U+FFFE or U+0002; both sides are compared with these folded.
_FOLDED: Final = str.maketrans(
    {
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\ufffe": "-",
        "\x02": "-",
    }
)


def squeezed(text: str) -> str:
    """Return a text without white space, which is never compared: line breaks are the page's."""
    return "".join(text.translate(_FOLDED).split())
