"""Everything that an anchorer needs, on a chain and with stores in memory."""

from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from anchor.batch import AnchorItem, freeze
from anchor.log import AuthorityLog, LogIdentity
from anchor.ports import (
    AnchorBatch,
    AnchorStore,
    Chain,
    ChainAccount,
    Right,
    TransactionStore,
    WitnessStore,
)
from anchor.publish import Anchorer
from anchor.sender import Sender, SendPolicy
from anchor.witness import Witness
from licence.formats import evidence as evidences
from licence.formats.checkpoint import LogKey, WitnessKey
from licence.formats.evidence import log_origin
from licence.formats.leaf import LeafKind
from licence.ids import AuthorityId, BatchId, Leaf, LicenceNo, RegistryId, StatusIndex
from licence.ports import Clock
from tests.fakes.anchor_store import MemoryAnchorStore, MemoryWitnessStore
from tests.fakes.chain import FakeChain
from tests.fakes.clock import FakeClock

REGISTRY = RegistryId("cn-aqscxkz-test")
AUTHORITY = AuthorityId("11210000001234567X")
HMAC_KEY = sha256(b"manifest key").digest()
POLICY = SendPolicy(finality_depth=2)


def ed25519(name: str) -> Ed25519PrivateKey:
    """Return the key of this name."""
    return Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())


def public(name: str) -> bytes:
    """Return the public key of this name."""
    return ed25519(name).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


LOG_KEY = LogKey("log.example/city", public("log"))
IDENTITY = LogIdentity(REGISTRY, AUTHORITY, LOG_KEY)


def leaf(number: int) -> Leaf:
    """Return some leaf."""
    return Leaf(sha256(f"leaf {number}".encode()).digest())


def items(count: int, first: int = 0) -> tuple[AnchorItem, ...]:
    """Return licences to anchor."""
    return tuple(
        AnchorItem(
            kind=LeafKind.LICENCE,
            leaf=leaf(number),
            index=StatusIndex(number),
            licence_no=LicenceNo(f"（辽）WH安许证字〔2024〕{number:04d}"),
            version=1,
            uscc="91210213MA9TXT017B",
        )
        for number in range(first, first + count)
    )


def add_batch(store: AnchorStore, name: str, count: int = 3, first: int = 0) -> AnchorBatch:
    """Freeze and store a batch."""
    frozen = freeze(BatchId(name), REGISTRY, AUTHORITY, items(count, first), hmac_key=HMAC_KEY)
    return store.add_batch(frozen.batch, frozen.manifest)


def witness(name: str, store: WitnessStore, clock: Clock) -> Witness:
    """Return a witness of the one log."""
    logs = [(log_origin(REGISTRY, AUTHORITY), LOG_KEY)]
    return Witness(WitnessKey(name, public(name)), ed25519(name).sign, logs, store, clock)


@dataclass(frozen=True, slots=True)
class StrictJudge:
    """Accepts what proves the leaf under the pinned keys, and nothing else."""

    witnesses: tuple[WitnessKey, ...]
    threshold: int

    def accept(self, leaf: Leaf, evidence: bytes) -> None:
        evidences.check_evidence(
            evidences.decode(evidence),
            leaf,
            log_key=LOG_KEY,
            witnesses=self.witnesses,
            threshold=self.threshold,
            origin=IDENTITY.origin,
        )


class Anchoring:
    """An anchorer with all around it; `restart` is what a new process sees."""

    def __init__(
        self,
        store: MemoryAnchorStore | None = None,
        *,
        chain: FakeChain | None = None,
        policy: SendPolicy = POLICY,
    ) -> None:
        self.store = store or MemoryAnchorStore()
        self.chain = chain or FakeChain()
        self.clock = FakeClock()
        self.account = self.chain.member(0xA1, AUTHORITY, Right.ANCHOR)
        self.policy = policy
        self.witness_stores = {name: MemoryWitnessStore() for name in ("w1.example", "w2.example")}
        self.restart()

    def restart(self) -> Anchorer:
        """Forget everything that is not stored."""
        self.witnesses = [
            witness(name, store, self.clock) for name, store in self.witness_stores.items()
        ]
        self.log = AuthorityLog(IDENTITY, ed25519("log").sign, self.store, self.witnesses, 2)
        self.judge = StrictJudge(tuple(each.key for each in self.witnesses), 2)
        self.anchorer = make_anchorer(
            self.chain, self.account, self.store, self.log, self.judge, self.clock, self.policy
        )
        return self.anchorer


def make_anchorer(
    chain: Chain,
    account: ChainAccount,
    store: AnchorStore,
    log: AuthorityLog,
    judge: StrictJudge,
    clock: Clock,
    policy: SendPolicy,
) -> Anchorer:
    """Wire an anchorer."""
    sender = make_sender(chain, account, store, clock, policy)
    return Anchorer(chain, sender, store, log, judge)


def make_sender(
    chain: Chain,
    account: ChainAccount,
    store: TransactionStore,
    clock: Clock,
    policy: SendPolicy = POLICY,
) -> Sender:
    """Wire a sender."""
    return Sender(chain, account, store, clock, policy)
