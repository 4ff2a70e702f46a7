"""Real clocks: this machine's, a timestamp authority's over HTTP, a chain's that makes blocks."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from anchor.chain.devnet import Devnet
from anzheng.clock import SystemClock, SystemEntropy
from anzheng.clock_guard import ChainReference, ClockGuard, TsaReference
from licence.errors import Code
from licence.formats import oids
from signer.deadline_http import DeadlineHttp
from signer.test_pki import TestPki, create_test_pki
from signer.tsa_client import HttpTsa, TsaTrust
from tests.fakes.devchain import ANVIL, CHAIN_ID, DevChain
from tests.fakes.faulty_tsa import FaultyTsa
from tests.fakes.refusal import refuses

TOLERANCE = timedelta(seconds=30)


@dataclass(frozen=True)
class Shifted:
    """The machine's clock, set wrong by so much."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


class Bell:
    """Remembers what rang."""

    def __init__(self) -> None:
        self.rung: list[Code] = []

    def rise(self, key: str, code: Code, message: str) -> None:
        assert key
        assert message
        self.rung.append(code)

    def clear(self, key: str) -> None:
        assert key


@pytest.fixture(scope="module")
def pki() -> TestPki:
    """A PKI that began a day ago by the real clock."""
    begin = datetime.now(UTC) - timedelta(days=1)
    return create_test_pki((), now=begin, entropy=SystemEntropy(), ca_bits=2048)


@pytest.fixture(scope="module")
def http() -> Iterator[DeadlineHttp]:
    with closing(DeadlineHttp(connections=2)) as client:
        yield client


def tsa_guard(pki: TestPki, http: DeadlineHttp, server: FaultyTsa, ours: Shifted) -> ClockGuard:
    trust = TsaTrust(pki.tsa_key.certificate, (pki.root.certificate,), oids.POLICY_TSA_TEST)
    tsa = HttpTsa(server.url, http=http, trust=trust, clock=ours, entropy=SystemEntropy())
    references = (TsaReference(tsa, ours),)
    return ClockGuard(ours, references, tolerance=TOLERANCE, alarms=Bell())


@pytest.mark.parametrize(
    ("seconds", "right"), [(0, True), (25, True), (-25, True), (300, False), (-3600, False)]
)
def test_our_clock_against_a_timestamp_authority(
    pki: TestPki, http: DeadlineHttp, seconds: int, *, right: bool
) -> None:
    theirs = pki.tsa(clock=SystemClock(), entropy=SystemEntropy())
    server = FaultyTsa(theirs.respond)
    try:
        guard = tsa_guard(pki, http, server, Shifted(timedelta(seconds=seconds)))
        if right:
            guard.demand()
        else:
            with refuses(Code.CLOCK_WRONG):
                guard.demand()
        assert server.asked == 1
    finally:
        server.close()


@pytest.mark.parametrize("fault", ["500", "html", "cut"])
def test_an_authority_that_is_away_accuses_nobody(
    pki: TestPki, http: DeadlineHttp, fault: str
) -> None:
    server = FaultyTsa(lambda _request: b"", fault)
    try:
        tsa_guard(pki, http, server, Shifted(timedelta(hours=1))).demand()
        assert server.asked >= 1
    finally:
        server.close()


@pytest.mark.tools(str(ANVIL))
def test_our_clock_against_a_chain_that_makes_blocks(tmp_path: Path) -> None:
    devnet = Devnet(ANVIL, tmp_path, CHAIN_ID)
    devnet.start()
    try:
        chain = DevChain(devnet).chain()
        devnet.node.ask("evm_setIntervalMining", 1)
        for seconds, right in ((0, True), (-600, False), (600, False)):
            ours = Shifted(timedelta(seconds=seconds))
            references = (ChainReference(chain, ours, block_seconds=5),)
            guard = ClockGuard(ours, references, tolerance=TOLERANCE, alarms=Bell())
            if right:
                guard.demand()
                continue
            with refuses(Code.CLOCK_WRONG):
                guard.demand()
    finally:
        devnet.stop()
