"""Every decoder under atheris: so many inputs, bounded time and memory, seeded with real bytes."""

import subprocess
import sys
from pathlib import Path

import pytest

from licence.formats import block_header, chain_proof, evidence, rlp, trust_bundle
from tests.fakes import proof, qbft_files
from tests.fakes.qbft_cases import evidence_of, n, pinned
from tests.fakes.qbft_state import LEAF
from tests.fakes.status_proof_cases import proof_of
from tests.fuzz import decoders, foreign
from tests.fuzz.decoders import DECODERS

ROOT = Path(__file__).parents[2]
TARGETS = (
    *("rlp", "patricia", "header", "extra", "seals", "normalise", "cbor"),
    *("checkpoint", "evidence", "judge", "status_proof", "status", "bundle"),
    *DECODERS,
    *foreign.FOREIGN,
)
RUNS = 22_000
"""For each target: with fifty of them a million inputs."""
SLOW = {"metadata": 4_000, "shape": 4_000, "judge": 10_000, "status": 10_000}
"""Fewer, where one input takes milliseconds."""
SECONDS = 600
"""Most for one target on a busy machine; they take a tenth of that on a quiet one."""
MEGABYTES = 512
"""Of the whole process, Python, coverage tables and corpus included; it starts with about 150."""
LONGEST_INPUT_SECONDS = 60
CHILD_OF_A_SHELL = ("sh", "-c", '"$@"; exit $?', "sh")
"""Linux counts the largest size of who started a program as the program's own; a shell is small."""


def seeds(target: str) -> list[bytes]:
    """Return what a target is to begin with."""
    found = evidence_of(n(4), with_head=True)
    header = found.header
    match target:
        case "rlp" | "header" | "seals" | "normalise":
            return [header, rlp.dumps(found.slot_proof)]
        case "patricia":
            return [rlp.dumps(found.slot_proof), rlp.dumps(found.account_proof)]
        case "extra":
            return [block_header.decode(header).extra]
        case "checkpoint":
            return [proof.anchored_batch(LEAF).evidence.checkpoint]
        case "evidence" | "judge" | "cbor":
            cases = (qbft_files.ASSETS / "qbft").glob("good_*.json")
            return [evidence.encode(found), *(qbft_files.read(path).data for path in cases)]
        case "status_proof" | "status":
            return [chain_proof.encode(proof_of(n(4)))]
        case "bundle":
            return [trust_bundle.encode(pinned(n(4)).bundle())]
        case _:
            found_in = foreign if target in foreign.FOREIGN else decoders
            return list(found_in.seeds_of(target))


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_our_own_error_comes_out(target: str, tmp_path: Path) -> None:
    """No other exception, no hang, no memory: each is a crash to libFuzzer."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    begin = seeds(target)
    assert all(begin), "an empty seed is none"
    assert begin, "a fuzzer without seeds would look at nothing"
    for number, data in enumerate(begin):
        (corpus / str(number)).write_bytes(data)
    done = subprocess.run(
        [
            *CHILD_OF_A_SHELL,
            *(sys.executable, "-m", "tests.fuzz.targets", target, str(corpus)),
            *(f"-runs={SLOW.get(target, RUNS)}", f"-timeout={LONGEST_INPUT_SECONDS}"),
            *(f"-rss_limit_mb={MEGABYTES}", "-max_len=9000", "-len_control=0", "-seed=1"),
            f"-artifact_prefix={tmp_path}/",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS + 60,
    )
    assert done.returncode == 0, done.stderr[-4_000:]
    assert f"Done {SLOW.get(target, RUNS)} runs" in done.stderr, done.stderr[-1_000:]


def test_all_targets_together_see_a_million_inputs() -> None:
    assert sum(SLOW.get(target, RUNS) for target in set(TARGETS)) >= 1_000_000
