"""Importing the chain libraries leaves the interpreter as it was."""

import subprocess
import sys

SCRIPT = """
import sys
before = sys.getrecursionlimit()
import anchor.chain.account, anchor.chain.admin, anchor.chain.evm, anchor.chain.devnet
assert sys.getrecursionlimit() == before, sys.getrecursionlimit()

from licence.errors import AnzhengError
from licence.formats import canonical
try:
    canonical.loads(b"[" * 200_000, max_bytes=1_000_000)
except AnzhengError as error:
    print(error.code)
"""


def test_deep_json_is_refused_and_kills_nothing_after_the_chain_was_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-1000:]
    assert done.stdout.strip() == "JSON_SYNTAX"
