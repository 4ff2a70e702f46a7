"""The verifier: one file offline, with and without the second opinion, and a batch on all cores."""

import sys
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats.verdict import Verdict
from tools.bench.document import PAGE, Bench, make_bench
from tools.bench.measures import Measure, Peer, milliseconds
from verifier.many import cores
from verifier.policy import BATCH, STRICT, Policy
from verifier.trust import TrustStore, load_trust
from verifier.verify import verify, verify_many

STRICT_TIMES: Final = 60
REFEREE_TIMES: Final = 30
FILES: Final = 1_000
KINDS: Final = 20
"""So many different licences are in the batch, each of them several times."""


def measures(bench: Bench, files: int = FILES) -> tuple[Measure, ...]:
    """Measure single files and a batch, with a trust folder as a verifier has it."""
    versions = [bench.world.version(number, **PAGE) for number in range(KINDS)]
    pdfs = [issued.pdf for issued in bench.world.issue_all(versions)]
    with TemporaryDirectory() as folder:
        bench.world.write_trust(Path(folder, "trust"))
        store = load_trust(Path(folder, "trust"), now=bench.world.now)
        return (*_single(bench, pdfs[0], store), _batch(bench, pdfs, store, files))


def _single(bench: Bench, pdf: bytes, store: TrustStore) -> tuple[Measure, Measure]:
    def check(policy: Policy) -> None:
        verify(pdf, store, policy=policy, now=bench.world.now).require()

    alone = milliseconds(lambda: check(BATCH), STRICT_TIMES)
    both = milliseconds(lambda: check(STRICT), REFEREE_TIMES)
    return (
        Measure(
            name="verify_ms",
            value=alone,
            unit="ms",
            limit=20.0,
            target=20.0,
            at_least=False,
            peer=Peer("pyHanko's three answers about the same file", both - alone),
            note="all checks of one file, offline, without the referee, one process",
        ),
        Measure(
            name="verify_pyhanko_ms",
            value=both,
            unit="ms",
            limit=100.0,
            target=100.0,
            at_least=False,
            peer=Peer("the strict path alone", alone),
            note="the same with pyHanko's three answers",
        ),
    )


def _batch(bench: Bench, pdfs: Sequence[bytes], store: TrustStore, files: int) -> Measure:
    policy = Policy("batch bench")
    begin = perf_counter()
    many = islice(cycle(pdfs), files)
    reports = verify_many(many, store, policy=policy, now=bench.world.now, workers=cores())
    bad = [report.code for report in reports if report.verdict is not Verdict.VALID]
    seconds = perf_counter() - begin
    if bad:
        raise AnzhengError(Code.INTERNAL, f"{len(bad)} of {files} files are not valid: {bad[0]}")
    return Measure(
        name="verify_batch_per_s",
        value=files / seconds,
        unit="files/s",
        limit=100.0,
        target=100.0,
        at_least=True,
        peer=None,
        note=f"{files} files on {cores()} cores, the start of the children included, "
        f"the referee about every {policy.sample_every}th",
    )


if __name__ == "__main__":
    for each in measures(make_bench(), int(sys.argv[1]) if len(sys.argv) > 1 else FILES):
        sys.stdout.write(f"{each.name} {each.value:.2f} {each.unit}: {each.note}\n")
