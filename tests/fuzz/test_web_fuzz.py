"""The decoders of the pages, under the changes that their own tests make: many more of them."""

import os
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "verifier" / "web"
ROUNDS = 20_000
SECONDS = 1_500
"""On a busy machine; a minute on a quiet one."""


@pytest.mark.slow
@pytest.mark.tools("npx")
def test_the_decoders_of_the_pages_refuse_in_their_own_words() -> None:
    done = subprocess.run(
        ["npx", "vitest", "run", "src/core/fuzz.test.ts"],
        cwd=WEB,
        env={**os.environ, "FUZZ_ROUNDS": str(ROUNDS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    # Each of its tests counts its inputs, and demands the number.
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]
