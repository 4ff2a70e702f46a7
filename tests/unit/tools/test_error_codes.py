"""Every code has a sentence in both languages; docs/errors.md says which nothing raises yet."""

import re
from collections.abc import Callable

import pytest

from licence.error_words import ZH, in_both
from licence.errors import Code
from tools.error_codes import MEANINGS, ROOT, WORDS, meanings, module, page

PACKAGES = ("licence", "signer", "anchor", "wallet", "verifier", "anzheng")
NAMING_ONLY = {ROOT / "licence" / "errors.py", ROOT / "licence" / "formats" / "verdict.py"}
"""They name every code, and raise few."""


def test_reserved_are_exactly_the_codes_that_no_module_uses() -> None:
    files = (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    sources = "\n".join(path.read_text("utf-8") for path in files if path not in NAMING_ONLY)
    used = {Code[name] for name in re.findall(r"\bCode\.([A-Z_0-9]+)\b", sources)}
    said = meanings(MEANINGS.read_text("utf-8"))
    reserved = {code for code, each in said.items() if each["en"].startswith("Reserved: ")}
    assert reserved == set(Code) - used - {Code.OK}


def test_the_words_of_commands_are_those_of_the_table() -> None:
    assert WORDS.read_text("utf-8") == module(), "run `make errors`"
    assert set(ZH) == set(Code)
    assert in_both(Code.EXPIRED, "it ended") == "有效期已过。 it ended"


def test_the_page_says_every_code_in_both_languages() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(Code)
    for row in rows:
        zh, _, en = row.split(" | ")[1].partition("<br>")
        assert re.search("[\u4e00-\u9fff]", zh), row
        assert re.match("[A-Za-z]", en), row


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('EXPIRED.zh = "有效期已过。"\n', ""),
        lambda text: text.replace('EXPIRED.zh = "有效期已过。"', 'EXPIRED.zh = " "'),
        lambda text: text.replace('EXPIRED.zh = "有效期已过。"', 'EXPIRED.zh = "It has ended."'),
        lambda text: text.replace("EXPIRED.en =", "EXPIRED.fr ="),
        lambda text: text + 'NO_SUCH_CODE.zh = "没有。"\nNO_SUCH_CODE.en = "None."\n',
    ],
)
def test_a_code_without_its_two_sentences_is_refused(spoil: Callable[[str], str]) -> None:
    text = MEANINGS.read_text("utf-8")
    changed = spoil(text)
    assert changed != text
    with pytest.raises(ValueError, match=r"EXPIRED|NO_SUCH_CODE"):
        meanings(changed)
