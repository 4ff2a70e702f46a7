"""Write docs/errors.md: every permanent code with its meaning and what it does to a verdict.

And licence/error_words.py: the Chinese sentences, for those who meet a code at a command.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

from licence.errors import Code
from licence.formats.verdict import CodeClass, class_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"
WORDS = ROOT / "licence" / "error_words.py"
MEANINGS = Path(__file__).with_name("error_codes.toml")

VERDICTS = {
    CodeClass.FOREIGN: "foreign",
    CodeClass.FORGERY: "invalid: forged or altered",
    CodeClass.FINAL: "invalid: ended",
    CodeClass.UNUSABLE: "invalid: not usable now",
    CodeClass.MISSING: "undetermined",
}
HEAD = """# Codes

Made by `make errors`; do not edit. A code is a promise: it is never renamed, given another
meaning, or used again. Clients and tests key on the code, never on the message. The last column
says what a *failed* check with this code makes of the verdict, when the code belongs to a check
at all; a check that could not be carried to its end always gives *undetermined*. *Reserved*: a
later release will say it; this one never does.
"""

LANGUAGES = frozenset({"zh", "en"})

MODULE = '''"""What each permanent code says in Chinese; made by `make errors`, do not edit.

Whoever meets an error at a command reads this first, then the message, which is English.
"""
# ruff: noqa: E501 - one sentence a line, as in tools/error_codes.toml

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from licence.errors import Code


def in_both(code: Code, message: str) -> str:
    """Return the Chinese sentence of a code, and then the message."""
    return f"{ZH[code]} {message}"


ZH: Final[Mapping[Code, str]] = MappingProxyType(
    {
        ...
    }
)
'''


def headings(source: str) -> list[tuple[str, list[Code]]]:
    """Return the groups of `licence/errors.py`: heading and codes, in the order of the file."""
    groups: list[tuple[str, list[Code]]] = []
    for line in source.splitlines():
        if title := re.match(r"    # -- (.+)", line):
            groups.append((title[1], []))
        elif code := re.match(r'    ([A-Z_]+) = "', line):
            groups[-1][1].append(Code[code[1]])
    return groups


def meanings(text: str) -> dict[Code, dict[str, str]]:
    """Return the sentences of each code, `zh` and `en`.

    Raises:
        ValueError: For a code without its two sentences, and sentences of no code.
    """
    found: dict[str, dict[str, str]] = tomllib.loads(text)
    if difference := set(found) ^ {code.value for code in Code}:
        message = f"{MEANINGS.name} and licence/errors.py differ in {sorted(difference)}"
        raise ValueError(message)
    for name, said in found.items():
        if set(said) != LANGUAGES or not all(map(str.strip, said.values())):
            message = f"{name} needs one sentence in each of {sorted(LANGUAGES)}"
            raise ValueError(message)
        if not said["zh"].endswith("。"):
            message = f"{name}.zh is a Chinese sentence and ends with 。"
            raise ValueError(message)
    return {Code[name]: said for name, said in found.items()}


def page() -> str:
    """Return the text of docs/errors.md; a code without a meaning stops it."""
    said = meanings(MEANINGS.read_text("utf-8"))
    lines = [HEAD]
    for title, codes in headings((ROOT / "licence" / "errors.py").read_text("utf-8")):
        lines += [f"## {title[0].upper()}{title[1:]}", "", "| code | meaning | failed check |"]
        lines += ["| --- | --- | --- |"]
        lines += [
            f"| `{code}` | {said[code]['zh']}<br>{said[code]['en']} | {VERDICTS[class_of(code)]} |"
            for code in codes
        ]
        lines += [""]
    return "\n".join(lines)


def module() -> str:
    """Return the text of licence/error_words.py, in the order of the codes."""
    said = meanings(MEANINGS.read_text("utf-8"))
    rows = (
        f"        Code.{code.name}: {json.dumps(said[code]['zh'], ensure_ascii=False)},\n"
        for code in Code
    )
    return MODULE.replace("        ...\n", "".join(rows))


def main() -> None:
    """Write the page and the module."""
    try:
        for place, text in ((PAGE, page()), (WORDS, module())):
            place.write_text(text, "utf-8")
            print(f"errors: {place.relative_to(ROOT)}")
    except ValueError as problem:
        sys.exit(f"errors: {problem}")


if __name__ == "__main__":
    main()
