"""Kills, sleepers, lies, pauses, lost pools, reorganisations: each call is mined exactly once."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from anchor.calls import AnchorCall
from anchor.ports import Block, Right, TxState
from anchor.sender import Sender, SendPolicy
from licence.errors import AnzhengError
from licence.formats.manifest import ManifestDigest
from licence.ids import MerkleRoot
from tests.fakes.anchor_store import MemoryTransactionStore
from tests.fakes.anchoring import AUTHORITY
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock

POLICY = SendPolicy(finality_depth=2, resend_seconds=15, bump_seconds=60, max_versions=4)
CALL = AnchorCall(MerkleRoot(b"r" * 32), 3, ManifestDigest(b"m" * 32))
CALLS = tuple(replace(CALL, size=size) for size in (1, 2, 3))
BAD_PASSES = 60
ALL_PASSES = 400


class KilledError(BaseException):
    """The process ends here."""


class Chaos:
    """A chain, a node in front of it, and a process, none of which can be relied on."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.chain = FakeChain()
        self.clock = FakeClock()
        self.store = MemoryTransactionStore()
        self.account = self.chain.member(0xA1, AUTHORITY, Right.ANCHOR)
        self.writes_left = 0
        self.started = 0
        self.highest = 0
        self.sender = self.zombie = self.restart()

    def restart(self) -> Sender:
        """Start a process; the one before may be asleep instead of dead."""
        self.started += 1
        name = f"process {self.started}"
        return Sender(self.chain, self.account, self.store, self.clock, POLICY, name)

    def overtake(self) -> None:
        """Begin anew while the old process sleeps; it wakes up now and then."""
        self.zombie, self.sender = self.sender, self.restart()

    def write(self) -> None:
        self.writes_left -= 1
        if self.writes_left == 0:
            raise KilledError

    def misbehave(self) -> None:
        self.highest = max(self.highest, self.chain.height())
        match self.random.randrange(4):
            case 0 | 1:
                self.misbehave_as_chain()
            case 2:
                self.misbehave_as_process()
            case _:
                pass

    def misbehave_as_chain(self) -> None:
        pick, chain = self.random, self.chain
        mined = chain.nonces.get(self.account.address, 0)
        match pick.randrange(7):
            case 0 | 1:
                chain.faults = pick.choices(["lose request", "lose answer", ""], k=3)
            case 2:
                chain.nonce_lies = [max(0, mined + pick.choice((-1, 0, 1, 2)))]
            case 3:
                chain.reason = "AuthorityIsPaused"
            case 4:
                chain.spend_nonce(self.account.address)
            case 5:
                # Never below what was final once.
                if chain.height() > max(1, self.highest - POLICY.finality_depth):
                    chain.reorganise(1)
            case _:
                chain.pool = []

    def misbehave_as_process(self) -> None:
        match self.random.randrange(3):
            case 0:
                self.writes_left = self.random.randrange(1, 4)
            case 1:
                self.overtake()
            case _:
                for call in CALLS:
                    self.advance(call, self.zombie)

    def behave(self) -> None:
        self.chain.faults, self.chain.nonce_lies, self.chain.reason = [], [], ""
        self.writes_left = 0
        if self.random.random() < 0.5:
            self.chain.mine(self.random.randrange(1, 3))
        self.clock.advance(timedelta(seconds=self.random.choice((1, 10, 20, 70))))

    def advance(self, call: AnchorCall, sender: Sender | None = None) -> bool:
        try:
            found = (sender or self.sender).advance(f"anchor:{call.size}", call, self.effect(call))
        except AnzhengError:
            return False
        except KilledError:
            self.sender = self.restart()
            return False
        return found.state is TxState.FINAL

    def effect(self, call: AnchorCall) -> Callable[[], Block | None]:
        return lambda: self.chain.anchored_in(AUTHORITY, call.root, call.size, call.manifest)


@given(st.integers(0, 2**32))
def test_each_call_is_mined_exactly_once(seed: int) -> None:
    chaos = Chaos(seed)
    chaos.store.on_write = chaos.write
    for number in range(ALL_PASSES):
        if number < BAD_PASSES:
            chaos.misbehave()
        done = [chaos.advance(call) for call in CALLS]
        chaos.behave()
        if number >= BAD_PASSES and all(done):
            break
    mined = chaos.chain.calls_mined()
    assert [mined.count(call) for call in CALLS] == [1, 1, 1]
