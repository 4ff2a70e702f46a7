"""Write docs/errors.md: every permanent code with its meaning and what it does to a verdict."""

import re
import sys
import tomllib
from pathlib import Path

from licence.errors import Code
from licence.formats.verdict import CodeClass, class_of

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"
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


def headings(source: str) -> list[tuple[str, list[Code]]]:
    """Return the groups of `licence/errors.py`: heading and codes, in the order of the file."""
    groups: list[tuple[str, list[Code]]] = []
    for line in source.splitlines():
        if title := re.match(r"    # -- (.+)", line):
            groups.append((title[1], []))
        elif code := re.match(r'    ([A-Z_]+) = "', line):
            groups[-1][1].append(Code[code[1]])
    return groups


def page() -> str:
    """Return the text of docs/errors.md; a code without a meaning stops it."""
    meanings: dict[str, str] = tomllib.loads(MEANINGS.read_text("utf-8"))
    if difference := set(meanings) ^ set(Code):
        message = f"{MEANINGS.name} and licence/errors.py differ in {sorted(difference)}"
        raise ValueError(message)
    lines = [HEAD]
    for title, codes in headings((ROOT / "licence" / "errors.py").read_text("utf-8")):
        lines += [f"## {title[0].upper()}{title[1:]}", "", "| code | meaning | failed check |"]
        lines += ["| --- | --- | --- |"]
        lines += [f"| `{code}` | {meanings[code]} | {VERDICTS[class_of(code)]} |" for code in codes]
        lines += [""]
    return "\n".join(lines)


def main() -> None:
    """Write the page."""
    try:
        PAGE.write_text(page(), "utf-8")
    except ValueError as problem:
        sys.exit(f"errors: {problem}")
    print(f"errors: {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
