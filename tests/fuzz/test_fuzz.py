"""Every decoder of foreign bytes under atheris: a million inputs, bounded time and memory.

Each target runs twice. `guided` watches branches and keeps the inputs that take new ones; `bulk`
watches nothing, begins with those and with the seeds, and is what gets to a million. Both numbers
are libFuzzer's own, and are demanded of its last line.

Two take too long for a million, by nature, and get what fits into twelve minutes for all
(unwatched, one core; all others take 3 to 150 microseconds):

    metadata   100,000   670 us   a page of XML is parsed and compared
    shape      200,000   270 us   70 KB of JSON: the objects of a whole file

Whole files are no target here: tests/property and tests/integration alter and judge those.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from licence.errors import AnzhengError
from licence.formats import block_header, chain_proof, evidence, rlp, trust_bundle
from licence.formats.evidence_types import QbftEvidence
from tests.fakes import proof, qbft_files
from tests.fakes.qbft_cases import evidence_of, n, pinned
from tests.fakes.qbft_state import LEAF
from tests.fakes.status_proof_cases import proof_of
from tests.fuzz import decoders, foreign
from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
MILLION = 1_000_000
FEWER = {"metadata": 100_000, "shape": 200_000}
"""Where it is no million: see above."""
GUIDED = 5_000
GUIDED_FEWER = 1_000
SECONDS = 900
"""Most for one run on a busy machine; on a quiet one it is a tenth of that."""
MEGABYTES = 512
"""Of the whole process, Python, coverage tables and corpus included; it starts with about 200."""
LONGEST_INPUT_SECONDS = 5
LEAST_LENGTH = 512
FUZZER = (sys.executable, "-m", "tests.fuzz.run")
Order = Callable[[str, str, Path, list[str]], str]


def seeds(target: str) -> list[bytes]:
    """Return what a target is to begin with."""
    if target in CHAIN:
        return CHAIN[target]()
    return list((foreign if target in foreign.FOREIGN else decoders).seeds_of(target))


def _evidence() -> list[bytes]:
    cases = sorted((qbft_files.ASSETS / "qbft").glob("good_*.json"))
    return [evidence.encode(_found()), *(qbft_files.read(path).data for path in cases)]


@cache
def _found() -> QbftEvidence:
    return evidence_of(n(4), with_head=True)


CHAIN: dict[str, Callable[[], list[bytes]]] = {
    "rlp": lambda: [_found().header, rlp.dumps(_found().slot_proof)],
    **dict.fromkeys(("header", "seals", "normalise"), lambda: [_found().header]),
    "patricia": lambda: [rlp.dumps(_found().slot_proof), rlp.dumps(_found().account_proof)],
    "extra": lambda: [block_header.decode(_found().header).extra],
    "checkpoint": lambda: [proof.anchored_batch(LEAF).evidence.checkpoint],
    **dict.fromkeys(("evidence", "judge", "cbor"), _evidence),
    **dict.fromkeys(("status_proof", "status"), lambda: [chain_proof.encode(proof_of(n(4)))]),
    "bundle": lambda: [trust_bundle.encode(pinned(n(4)).bundle())],
}


@pytest.fixture(scope="session")
def order(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Order]:
    """Give orders to one process for each kind of run: to begin takes them seconds."""
    made: dict[str, subprocess.Popen[str]] = {}

    def give(kind: str, target: str, log: Path, options: list[str]) -> str:
        if kind not in made:
            with (tmp_path_factory.mktemp("fuzz") / kind).open("wb") as errors:
                made[kind] = subprocess.Popen(
                    [*FUZZER, kind],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    text=True,
                )
        asked, answered = made[kind].stdin, made[kind].stdout
        assert asked is not None
        assert answered is not None
        line = {"target": target, "log": str(log), "options": options, "seconds": SECONDS}
        asked.write(json.dumps(line) + "\n")
        asked.flush()
        return answered.readline().strip()

    yield give
    for process in made.values():
        process.communicate(timeout=60)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_our_own_error_comes_out(target: str, order: Order, tmp_path: Path) -> None:
    """No other exception, no hang, no memory: each is a crash to libFuzzer."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    begin = seeds(target)
    for number, data in enumerate(begin):
        (corpus / f"seed-{number}").write_bytes(data)
    longest = max(LEAST_LENGTH, *(2 * len(data) for data in begin))
    bulk = FEWER.get(target, MILLION)
    for kind, runs in (("guided", GUIDED_FEWER if target in FEWER else GUIDED), ("bulk", bulk)):
        options = [
            *(f"-runs={runs}", f"-timeout={LONGEST_INPUT_SECONDS}", "-len_control=0", "-seed=1"),
            *(f"-rss_limit_mb={MEGABYTES}", f"-max_len={longest}", "-keep_seed=1"),
            *(f"-artifact_prefix={tmp_path}/", str(corpus)),
        ]
        log = tmp_path / kind
        code = order(kind, target, log, options)
        said = log.read_text("utf-8", "replace") if log.exists() else ""
        assert code == "0", f"{code}: {said[-4_000:]}"
        assert f"Done {runs} runs" in said, said[-1_000:]


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_a_target_takes_what_it_begins_with(target: str) -> None:
    """Else it would look at nothing behind the first check."""
    taken = []
    for data in seeds(target):
        assert data, "an empty seed is none"
        try:
            TARGETS[target](data)
        except AnzhengError:
            continue
        taken.append(data)
    # Which key a proof is asked for follows from its bytes, so no path is ever walked to its end.
    assert taken or target == "patricia"


@pytest.mark.slow
def test_nearly_all_get_a_million() -> None:
    assert FEWER.keys() <= TARGETS.keys()
    assert len(FEWER) <= 2
    assert sum(FEWER.get(target, MILLION) for target in TARGETS) > 82 * MILLION
