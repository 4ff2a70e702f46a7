"""The verifier against a registry and a node that fall silent, break or lie, over real HTTP.

Whoever lies: what is forged, revoked, suspended or expired is never valid, and what is good is
never invalid. `tests.fakes.lied_to.judge` is the one assertion.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

import pytest

from licence.errors import Code
from licence.formats.report import Report
from licence.formats.status_list import encode_cwt
from licence.formats.status_shard import ListName, make_list
from licence.ids import Leaf, RegistryId
from tests.builders import (
    AUTHORITY,
    BASE_URI,
    CHAIN,
    OTHER_AUTHORITY,
    REGISTRY,
    SIGNED_AT,
    FakeTrust,
    make_evidence,
)
from tests.fakes.lied_to import (
    ALWAYS,
    KNOWN,
    LIST_PATH,
    SIDE_PATH,
    FakeNode,
    files,
    judge,
    make_honest,
    node,
)
from tests.fakes.lying_party import HARMLESS, RUBBISH, SILENT, LyingParty, lying_party
from tests.fakes.status_keys import KID, SIGN
from verifier.fetch import within
from verifier.memory import Memory
from verifier.online import HttpRegistry
from verifier.policy import BATCH
from verifier.rpc import RpcChain
from verifier.verify import verify, verify_and_learn

PATIENCE: Final = 0.3
"""Seconds for everything that one verification fetches, where nothing comes."""
WAITING: Final = ("hang", "drip head", "drip body")
"""Faults of which only the deadline rids us."""
SLACK: Final = 60.0
"""For a busy machine; what hangs or drips takes minutes."""
EVIDENCE_PATH: Final = "/v1/evidence/"
STORED: Final = {
    "good": Code.OK,
    "suspended": Code.STATUS_SUSPENDED,
    "revoked": Code.STATUS_REVOKED,
}
"""What is known from the lists at hand."""


@pytest.fixture(scope="module")
def serving() -> Iterator[LyingParty]:
    with lying_party() as party:
        make_honest(party)
        yield party


@pytest.fixture
def party(serving: LyingParty) -> Iterator[LyingParty]:
    serving.behave()
    yield serving
    serving.behave()
    serving.node = node()


def trust(*, knows: bool) -> FakeTrust:
    """Return a trust store with the newest lists, or with none."""
    made = files().world.trust()
    return made if knows else replace(made, lists={})


def ask(
    party: LyingParty,
    kind: str,
    *,
    knows: bool = True,
    memory: Memory | None = None,
    seconds: float = SLACK,
    minutes: int = 10,
) -> Report:
    """Verify a file of a kind while asking the party; that ends in time."""
    chain = RpcChain(party.url, CHAIN)
    online = HttpRegistry(party.url, {CHAIN: chain})
    begin = time.monotonic()
    try:
        with within(seconds):
            return verify(
                files().pdfs[kind],
                trust(knows=knows),
                policy=BATCH,
                now=SIGNED_AT + timedelta(minutes=minutes),
                memory=memory,
                online=online,
            )
    finally:
        assert time.monotonic() - begin < seconds + SLACK
        online.close()
        chain.close()


def ask_all(party: LyingParty, codes: Mapping[str, Code], *, knows: bool, **how: object) -> None:
    """Verify a file of every kind; those about which nobody is asked, when there are lists."""
    for kind, code in codes.items():
        if kind in ALWAYS and not knows:
            continue
        judge(kind, ask(party, kind, knows=knows, **how), code)  # type: ignore[arg-type]


def test_an_honest_party_is_believed(party: LyingParty) -> None:
    for knows in (True, False):
        ask_all(party, KNOWN | {"good": Code.OK, "bare": Code.OK}, knows=knows)


# ---------------------------------------------------------------- silence and rubbish


@pytest.mark.parametrize("fault", [*SILENT, *RUBBISH, *HARMLESS])
@pytest.mark.parametrize("knows", [True, False], ids=["lists", "no lists"])
def test_a_registry_and_node_that_say_nothing(
    party: LyingParty, fault: str, *, knows: bool
) -> None:
    """With lists at hand these count; without them nothing is known, and that is what is said."""
    party.behave(fault)
    lists = Code.STATUS_LIST_REFUSED if fault in RUBBISH else Code.STATUS_NOT_AVAILABLE
    anchor = Code.ANCHOR_PROOF_MISMATCH if fault in RUBBISH else Code.ANCHOR_PENDING
    if fault in HARMLESS:
        codes = KNOWN | {"good": Code.OK, "bare": Code.OK}
    elif knows:
        codes = STORED | {"bare": anchor, "forged": Code.SIGNATURE_BROKEN}
    else:
        codes = {"good": lists, "revoked": lists}
    ask_all(party, codes, knows=knows, seconds=PATIENCE if fault in WAITING else SLACK)


@pytest.mark.parametrize("fault", ["hang", "500", "html"])
@pytest.mark.parametrize("only", [EVIDENCE_PATH, LIST_PATH, SIDE_PATH, "/rpc"])
def test_one_answer_alone_that_fails(party: LyingParty, fault: str, only: str) -> None:
    """The stored lists stand in for those that do not come; only evidence has no other source."""
    party.behave(fault, only)
    codes = {"bare": Code.OK, "revoked": Code.STATUS_REVOKED}
    if only == EVIDENCE_PATH:
        codes["bare"] = Code.ANCHOR_PROOF_MISMATCH if fault == "html" else Code.ANCHOR_PENDING
    ask_all(party, codes, knows=True, seconds=5 * PATIENCE if fault == "hang" else SLACK)


def test_a_revocation_counts_though_its_reasons_are_held_back(party: LyingParty) -> None:
    """The stored lists are older and know nothing yet; the newest list is signed, and says so."""
    made = files()
    before = replace(trust(knows=True), lists={(REGISTRY, AUTHORITY, 0): made.older})
    codes = {
        "revoked": Code.STATUS_FINAL,
        "suspended": Code.STATUS_SUSPENDED,
        "good": Code.OK,
    }
    for fault in ("500", "hang", "garbage"):
        party.behave(fault, SIDE_PATH)
        for kind in codes if fault == "500" else ["revoked"]:
            seconds = 5 * PATIENCE if fault == "hang" else SLACK
            with closing(HttpRegistry(party.url)) as online, within(seconds):
                report = verify(
                    made.pdfs[kind], before, policy=BATCH, now=made.world.now, online=online
                )
            judge(kind, report, codes[kind])


# ---------------------------------------------------------------- lies of a registry


def _list(name: ListName, *, stranger: bool = False, minutes: int = 9) -> bytes:
    """Return a list without any event, newer than every other."""
    made = make_list(name, {}, issued_at=SIGNED_AT + timedelta(minutes=minutes))
    return encode_cwt(made, kid=KID, sign=(lambda _: bytes(64)) if stranger else SIGN)


NAME: Final = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
GOOD_LISTS: Final = {
    "by another key": _list(NAME, stranger=True),
    "another shard": _list(replace(NAME, shard=1)),
    "another authority": _list(replace(NAME, authority=OTHER_AUTHORITY)),
    "another registry": _list(replace(NAME, registry=RegistryId("cn-other-test"))),
    "another host": _list(replace(NAME, base_uri="http://evil.example/v1/status-lists")),
}


@pytest.mark.parametrize("lie", GOOD_LISTS)
def test_a_list_of_somebody_else_is_no_list(party: LyingParty, lie: str) -> None:
    party.behave(lies={LIST_PATH: GOOD_LISTS[lie]})
    ask_all(party, STORED, knows=True)
    refused = Code.STATUS_LIST_REFUSED
    codes = dict.fromkeys(("good", "suspended", "revoked"), refused)
    ask_all(party, codes, knows=False)


def test_an_older_list_takes_nothing_back(party: LyingParty) -> None:
    token, side = files().older
    party.behave(lies={LIST_PATH: token, SIDE_PATH: side})
    ask_all(party, KNOWN | {"good": Code.OK, "bare": Code.OK}, knows=True)
    # Without lists of its own the verifier still knows how new a list it once saw.
    party.behave()
    with closing(HttpRegistry(party.url)) as online:
        _, memory = verify_and_learn(
            files().pdfs["good"],
            trust(knows=False),
            policy=BATCH,
            now=files().world.now,
            online=online,
        )
    party.behave(lies={LIST_PATH: token, SIDE_PATH: side})
    refused = Code.STATUS_LIST_REFUSED
    codes = dict.fromkeys(("good", "bare", "suspended", "revoked"), refused)
    ask_all(party, ALWAYS | codes, knows=False, memory=memory)


@pytest.mark.parametrize("side", ["missing", "older", "of another authority", "by another key"])
def test_a_side_list_that_does_not_belong_speaks_for_nobody(party: LyingParty, side: str) -> None:
    _, newest = files().lists
    other = files().world.lists[REGISTRY, OTHER_AUTHORITY, 0][1]
    lies = {
        "missing": None,
        "older": files().older[1],
        "of another authority": other,
        "by another key": newest[:-1] + bytes((newest[-1] ^ 1,)),
    }
    party.behave(lies={SIDE_PATH: lies[side]})
    ask_all(party, STORED, knows=True)
    open_ = Code.STATUS_NOT_AVAILABLE
    codes = {"good": open_, "bare": open_, "suspended": Code.STATUS_SUSPENDED}
    ask_all(party, ALWAYS | codes | {"revoked": Code.STATUS_FINAL}, knows=False)


EVIDENCE: Final = {
    "of another leaf": lambda: make_evidence([Leaf(sha256(b"another").digest())])[0],
    "too few witnesses": lambda: make_evidence([files().issued.leaf], witnesses=("audit.example",))[
        0
    ],
    "another authority": lambda: make_evidence([files().issued.leaf], OTHER_AUTHORITY)[0],
    "another registry": lambda: make_evidence(
        [files().issued.leaf], registry=RegistryId("cn-other-test")
    )[0],
    "another chain": lambda: make_evidence([files().issued.leaf], chain_id=1)[0],
}
"""Evidence of somebody else, or that proves too little."""


@pytest.mark.parametrize("lie", EVIDENCE)
def test_evidence_of_something_else(party: LyingParty, lie: str) -> None:
    path = f"{EVIDENCE_PATH}{files().issued.leaf.hex()}"
    party.behave(lies={path: EVIDENCE[lie]()})
    report = ask(party, "bare")
    spoilt = {
        "too few witnesses": Code.ANCHOR_WITNESS,
        "another chain": Code.ANCHOR_CHAIN_MISMATCH,
    }
    assert report.code in {spoilt.get(lie, report.code), Code.ANCHOR_PROOF_MISMATCH}
    judge("bare", report, report.code)
    judge("good", ask(party, "good"), Code.OK)


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(10, Code.ANCHOR_PENDING), (73 * 60, Code.STATUS_STALE)],
    ids=["new", "old"],
)
def test_a_registry_that_denies_a_licence_makes_it_no_forgery(
    party: LyingParty, minutes: int, code: Code
) -> None:
    party.behave(lies={f"{EVIDENCE_PATH}{files().issued.leaf.hex()}": None})
    report = ask(party, "bare", minutes=minutes)
    judge("bare", report, Code.ANCHOR_PENDING if minutes == 10 else Code.UNREGISTERED)
    judge("good", ask(party, "good", minutes=minutes), Code.OK if minutes == 10 else code)


# ---------------------------------------------------------------- lies of a node


@dataclass(frozen=True)
class Told:
    """What a node tells, what comes of a good file, and what is noted."""

    node: FakeNode
    code: Code
    note: Code | None = None


NODES: Final = {
    "another chain": Told(node(chain_id=1), Code.OK, Code.CHAIN_WRONG),
    "another contract": Told(node(code=b"other code"), Code.OK, Code.CHAIN_WRONG),
    "no contract": Told(node(code=b""), Code.OK, Code.CHAIN_WRONG),
    "no such anchor": Told(node(time=0, sequence=0), Code.ANCHOR_CHAIN_MISMATCH),
    "another time": Told(node(time=1), Code.ANCHOR_CHAIN_MISMATCH),
    "another sequence": Told(node(sequence=8), Code.ANCHOR_CHAIN_MISMATCH),
    "huge numbers": Told(node(time=2**256 - 1, sequence=2**256 - 1), Code.ANCHOR_CHAIN_MISMATCH),
    "all in force": Told(node(status=0), Code.OK),
    "all suspended": Told(node(status=1), Code.STATUS_CONFLICT),
    "all revoked": Told(node(status=2), Code.STATUS_CONFLICT),
    "an unknown word": Told(node(status=15), Code.STATUS_UNKNOWN_VALUE),
    "more than a word": Told(node(status=16), Code.OK, Code.CHAIN_UNAVAILABLE),
}


@pytest.mark.parametrize("lie", NODES)
def test_what_a_node_says_without_proof_makes_nothing_valid_and_nothing_invalid(
    party: LyingParty, lie: str
) -> None:
    told = NODES[lie]
    party.node = told.node
    judge("good", ask(party, "good"), told.code, notes=told.note)
    ask_all(party, {"suspended": Code.STATUS_SUSPENDED, "revoked": Code.STATUS_REVOKED}, knows=True)
