"""docs/errors.md says which codes nothing raises yet."""

import re
import tomllib

from licence.errors import Code
from tools.error_codes import MEANINGS, ROOT

PACKAGES = ("licence", "signer", "anchor", "wallet", "verifier", "anzheng")
NAMING_ONLY = {ROOT / "licence" / "errors.py", ROOT / "licence" / "formats" / "verdict.py"}
"""They name every code, and raise few."""


def test_reserved_are_exactly_the_codes_that_no_module_uses() -> None:
    files = (path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    sources = "\n".join(path.read_text("utf-8") for path in files if path not in NAMING_ONLY)
    used = {Code[name] for name in re.findall(r"\bCode\.([A-Z_0-9]+)\b", sources)}
    meanings = tomllib.loads(MEANINGS.read_text("utf-8"))
    reserved = {Code(name) for name, said in meanings.items() if said.startswith("Reserved: ")}
    assert reserved == set(Code) - used - {Code.OK}
