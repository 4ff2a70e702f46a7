"""The same data give the same bytes before signing, whichever process draws them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

DRAW = """
from datetime import UTC, datetime
from hashlib import sha256
from licence.formats import licence_json
from signer.pades import DssMaterial
from signer.press import Press, PressJob
from tests.fakes.drafts import good_version, paged_version
press = Press(verify_base="HTTPS://V.EXAMPLE/L/")
for version in (good_version(), paged_version("seed-a3/1"), paged_version("seed-a4/1")):
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    job = PressJob(licence_json.encode(version), moment, DssMaterial((b"c",), (), ()))
    print(sha256(press.press(job).pdf).hexdigest())
"""


def _digests(seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", DRAW],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_two_processes_with_other_hash_seeds_make_the_same_bytes() -> None:
    one, other = _digests("1"), _digests("2")
    assert one == other
    assert len(set(one)) == 3
