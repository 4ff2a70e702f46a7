"""Online checks: the registry and the chain may be asked, and are not believed."""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256

import httpx
import pytest

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats.checks import CheckName
from licence.formats.keccak import keccak256
from licence.formats.report import Report
from licence.formats.trust_types import Contract
from licence.formats.verdict import Verdict
from licence.ids import AuthorityId, ChainId, Digest, Leaf, MerkleRoot, RegistryId
from tests.builders import (
    AUTHORITY,
    CHAIN,
    REGISTRY,
    SIGNED_AT,
    Issued,
    World,
    make_evidence,
    make_world,
    side_row,
)
from tests.fakes.refusal import refuses
from verifier.online import HttpRegistry
from verifier.policy import BATCH
from verifier.ports import AnchorSlot, ChainReader
from verifier.rpc import RpcChain
from verifier.verify import verify

TODAY = date(2026, 11, 21)
SLOT = AnchorSlot(int((SIGNED_AT + timedelta(seconds=30)).timestamp()), 7)


@dataclass(slots=True)
class FakeChain:
    """A chain that answers what it is told to; an error code is raised."""

    slot: AnchorSlot | Code | None = SLOT
    status: int | Code = 0

    def anchor_slot(
        self,
        contract: Contract,  # noqa: ARG002 - as the port
        authority: AuthorityId,  # noqa: ARG002
        root: MerkleRoot,  # noqa: ARG002
        size: int,  # noqa: ARG002
        manifest: Digest,  # noqa: ARG002
    ) -> AnchorSlot | None:
        if isinstance(self.slot, Code):
            raise AnzhengError(self.slot, "no")
        return self.slot

    def status_of(self, contract: Contract, authority: AuthorityId, index: int) -> int:  # noqa: ARG002
        if isinstance(self.status, Code):
            raise AnzhengError(self.status, "no")
        return self.status


@dataclass(slots=True)
class FakeOnline:
    """A registry in memory."""

    proof: bytes | Code | None = None
    lists: Mapping[tuple[str, str, int], tuple[bytes, bytes | None]] = field(default_factory=dict)
    reader: ChainReader | None = None
    down: bool = False
    pages: Mapping[tuple[str, str, Digest], bytes] = field(default_factory=dict)
    past: Mapping[tuple[str, str, int, date], bytes] = field(default_factory=dict)

    def evidence(self, leaf: Leaf) -> bytes | None:
        assert len(leaf) == 32
        if isinstance(self.proof, Code):
            raise AnzhengError(self.proof, "no")
        return self.proof

    def _list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, place: int
    ) -> bytes | None:
        if self.down:
            raise AnzhengError(Code.NOT_CHECKED, "down")
        found = self.lists.get((registry, authority, shard))
        return found[place] if found else None

    def status_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        return self._list(registry, authority, shard, 0)

    def side_list(self, registry: RegistryId, authority: AuthorityId, shard: int) -> bytes | None:
        return self._list(registry, authority, shard, 1)

    def side_page(
        self, registry: RegistryId, authority: AuthorityId, digest: Digest
    ) -> bytes | None:
        return self.pages.get((registry, authority, digest))

    def past_list(
        self, registry: RegistryId, authority: AuthorityId, shard: int, on: date
    ) -> bytes | None:
        if self.down:
            raise AnzhengError(Code.NOT_CHECKED, "down")
        return self.past.get((registry, authority, shard, on))

    def chain(self, chain_id: ChainId) -> ChainReader | None:
        return self.reader if chain_id == CHAIN else None


@cache
def _issued() -> Issued:
    world = make_world()
    return world.issue(world.version())


@pytest.fixture
def world() -> World:
    return make_world()


def ask(world: World, online: FakeOnline, pdf: bytes | None = None, hours: float = 0) -> Report:
    """Verify online, with a trust store in which nothing is known to be wrong."""
    now = world.now + timedelta(hours=hours)
    trust = world.trust()
    return verify(pdf or _issued().pdf, trust, policy=BATCH, now=now, online=online)


def said(report: Report) -> tuple[Verdict, Code]:
    return report.verdict, report.code


VALID = (Verdict.VALID, Code.OK)


# ---------------------------------------------------------------- the anchor by leaf


def test_evidence_that_is_gone_comes_from_the_registry(world: World) -> None:
    report = ask(world, FakeOnline(_issued().evidence), _issued().bare)
    assert said(report) == VALID
    anchor = report.check(CheckName.ANCHOR)
    assert anchor is not None
    assert anchor.fact("source") == "registry"


def test_evidence_of_something_else_from_the_registry_does_not_help(world: World) -> None:
    wrong = make_evidence([Leaf(sha256(b"other").digest())])[0]
    report = ask(world, FakeOnline(wrong), _issued().bare)
    assert said(report) == (Verdict.UNDETERMINED, Code.ANCHOR_PROOF_MISMATCH)


@pytest.mark.parametrize(
    ("answer", "hours", "code"),
    [
        (None, 1, Code.ANCHOR_PENDING),
        (None, 73, Code.UNREGISTERED),
        (Code.ANCHOR_PENDING, 1, Code.ANCHOR_PENDING),
        (Code.ANCHOR_PENDING, 73, Code.ANCHOR_OVERDUE),
        (Code.NOT_CHECKED, 1, Code.ANCHOR_PENDING),
        (Code.NOT_CHECKED, 73, Code.ANCHOR_ABSENT),
    ],
)
def test_what_the_registry_says_about_a_licence_without_anchor(
    world: World, answer: Code | None, hours: int, code: Code
) -> None:
    world.publish(issued_at=SIGNED_AT + timedelta(hours=hours))
    report = ask(world, FakeOnline(answer), _issued().bare, hours=hours)
    assert said(report) == (Verdict.UNDETERMINED, code)


def test_a_chain_node_that_knows_no_such_anchor_makes_it_undetermined(world: World) -> None:
    for slot in (None, replace(SLOT, time=1), replace(SLOT, sequence=8)):
        report = ask(world, FakeOnline(reader=FakeChain(slot)))
        assert said(report) == (Verdict.UNDETERMINED, Code.ANCHOR_CHAIN_MISMATCH)


def test_a_chain_node_that_does_not_answer_takes_nothing_away(world: World) -> None:
    chain = FakeChain(Code.CHAIN_UNAVAILABLE, Code.CHAIN_WRONG)
    report = ask(world, FakeOnline(reader=chain))
    assert said(report) == VALID
    notes = [result.notes for result in report.checks if result.notes]
    assert notes == [(Code.CHAIN_UNAVAILABLE,), (Code.CHAIN_WRONG,)]


# ---------------------------------------------------------------- the status online


def test_the_newer_list_of_the_registry_counts_at_once(world: World) -> None:
    trust_lists = dict(world.trust().lists)
    world.publish(
        {0: StatusWord.SUSPENDED},
        [side_row(0, StatusWord.SUSPENDED, TODAY)],
        issued_at=SIGNED_AT + timedelta(minutes=8),
    )
    online = FakeOnline(lists=dict(world.lists))
    world.lists = trust_lists
    assert said(ask(world, FakeOnline())) == VALID
    assert said(ask(world, online)) == (Verdict.INVALID, Code.STATUS_SUSPENDED)


def test_an_older_list_of_the_registry_does_not_take_a_revocation_back(world: World) -> None:
    world.publish({}, issued_at=SIGNED_AT + timedelta(minutes=1))
    online = FakeOnline(lists=dict(world.lists))
    world.publish({0: StatusWord.REVOKED}, [side_row(0, StatusWord.REVOKED, TODAY)])
    assert said(ask(world, online)) == (Verdict.INVALID, Code.STATUS_REVOKED)


def test_what_a_stored_list_calls_final_no_newer_list_takes_back(world: World) -> None:
    """Nothing final comes back: the newer list may be a thief's."""
    world.publish({0: StatusWord.REVOKED}, issued_at=SIGNED_AT + timedelta(minutes=1))
    trust = world.trust()
    world.publish({}, issued_at=SIGNED_AT + timedelta(minutes=2))
    newer = FakeOnline(lists=dict(world.lists))
    report = verify(_issued().pdf, trust, policy=BATCH, now=world.now, online=newer)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_CONFLICT)


def test_a_registry_that_is_down_is_not_a_good_status(world: World) -> None:
    report = ask(world, FakeOnline(down=True), hours=30)
    assert said(report) == (Verdict.UNDETERMINED, Code.STATUS_STALE)
    assert said(ask(world, FakeOnline(down=True))) == VALID


@pytest.mark.parametrize("status", range(1, 16))
def test_a_negative_word_of_one_chain_node_is_a_conflict(world: World, status: int) -> None:
    report = ask(world, FakeOnline(reader=FakeChain(status=status)))
    code = Code.STATUS_CONFLICT if status <= 6 else Code.STATUS_UNKNOWN_VALUE
    assert said(report) == (Verdict.UNDETERMINED, code)


def test_a_positive_word_of_a_chain_node_takes_nothing_back(world: World) -> None:
    world.publish({0: StatusWord.REVOKED}, [side_row(0, StatusWord.REVOKED, TODAY)])
    report = ask(world, FakeOnline(reader=FakeChain(status=0)))
    assert said(report) == (Verdict.INVALID, Code.STATUS_REVOKED)
    stale = ask(make_world(), FakeOnline(reader=FakeChain()), hours=30)
    assert said(stale) == (Verdict.UNDETERMINED, Code.STATUS_STALE)


# ---------------------------------------------------------------- HTTP

Handler = Callable[[httpx.Request], httpx.Response]


def _registry(handler: Handler) -> HttpRegistry:
    return HttpRegistry("http://registry.example", transport=httpx.MockTransport(handler))


def test_the_registry_is_asked_at_the_paths_of_its_api() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=b"x")

    registry = _registry(answer)
    assert registry.evidence(Leaf(bytes(32))) == b"x"
    assert registry.status_list(REGISTRY, AUTHORITY, 3) == b"x"
    assert registry.side_list(REGISTRY, AUTHORITY, 3) == b"x"
    assert asked == [
        f"/v1/evidence/{'00' * 32}",
        f"/v1/status-lists/{REGISTRY}/{AUTHORITY}/3",
        f"/v1/side-lists/{REGISTRY}/{AUTHORITY}/3",
    ]
    assert registry.chain(CHAIN) is None


def test_a_missing_thing_is_none_and_a_pending_one_says_so() -> None:
    assert _registry(lambda _: httpx.Response(404)).evidence(Leaf(bytes(32))) is None
    pending = {"code": "ANCHOR_PENDING"}
    with refuses(Code.ANCHOR_PENDING):
        _registry(lambda _: httpx.Response(404, json=pending)).evidence(Leaf(bytes(32)))


@pytest.mark.parametrize("status", [201, 301, 302, 403, 429, 500, 503])
def test_any_other_answer_is_not_checked(status: int) -> None:
    registry = _registry(
        lambda _: httpx.Response(status, headers={"location": "http://elsewhere.example/"})
    )
    with refuses(Code.NOT_CHECKED):
        registry.status_list(REGISTRY, AUTHORITY, 0)


def test_a_packed_answer_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(100))
    registry = _registry(
        lambda _: httpx.Response(200, content=packed, headers={"content-encoding": "gzip"})
    )
    with refuses(Code.NOT_CHECKED):
        registry.evidence(Leaf(bytes(32)))


def test_an_answer_that_drips_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(0, 1000, 20))
    monkeypatch.setattr("verifier.fetch.monotonic", lambda: next(times))
    slow = _registry(lambda _: httpx.Response(200, content=iter([b"x"] * 9)))
    with refuses(Code.NOT_CHECKED):
        slow.evidence(Leaf(bytes(32)))


def test_an_endless_answer_and_a_dead_server_are_not_checked() -> None:
    with refuses(Code.NOT_CHECKED):
        _registry(lambda _: httpx.Response(200, content=bytes(2 << 20))).status_list(
            REGISTRY, AUTHORITY, 0
        )

    def dead(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    with refuses(Code.NOT_CHECKED):
        _registry(dead).evidence(Leaf(bytes(32)))


@pytest.mark.parametrize("url", ["", "registry", "ftp://a.example", "http://"])
def test_only_http_urls_are_taken(url: str) -> None:
    with refuses(Code.REQUEST_INVALID):
        HttpRegistry(url)


# ---------------------------------------------------------------- JSON-RPC

CODE = b"runtime code"


def _contract() -> Contract:
    return replace(make_world().bundle.registries[0].contracts[0], code_hash=keccak256(CODE))


def _chain(results: Mapping[str, object], calls: list[dict[str, object]] | None = None) -> RpcChain:
    given = {"eth_chainId": hex(CHAIN), "eth_getCode": "0x" + CODE.hex(), **results}

    def answer(request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        if calls is not None:
            calls.append(question)
        found = given[question["method"]]
        if isinstance(found, httpx.Response):
            return found
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": question["id"], "result": found})

    transport = httpx.MockTransport(answer)
    return RpcChain("http://node.example/key/abc", CHAIN, transport)


def _status(chain: RpcChain) -> int:
    return chain.status_of(_contract(), AUTHORITY, 70)


def test_a_status_and_a_slot_are_read_from_the_contract() -> None:
    calls: list[dict[str, object]] = []
    chain = _chain({"eth_call": "0x" + (2).to_bytes(32, "big").hex()}, calls)
    assert _status(chain) == 2
    assert _status(chain) == 2
    methods = [call["method"] for call in calls]
    assert methods == ["eth_chainId", "eth_getCode", "eth_call", "eth_call"]
    words = SLOT.time.to_bytes(32, "big") + SLOT.sequence.to_bytes(32, "big")
    chain = _chain({"eth_call": "0x" + words.hex()})
    root, manifest = MerkleRoot(bytes(32)), Digest(bytes(32))
    assert chain.anchor_slot(_contract(), AUTHORITY, root, 3, manifest) == SLOT
    chain = _chain({"eth_call": "0x" + bytes(64).hex()})
    assert chain.anchor_slot(_contract(), AUTHORITY, root, 3, manifest) is None


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ({"eth_chainId": "0x1"}, Code.CHAIN_WRONG),
        ({"eth_chainId": None}, Code.CHAIN_UNAVAILABLE),
        ({"eth_getCode": "0x"}, Code.CHAIN_WRONG),
        ({"eth_getCode": "zz"}, Code.CHAIN_UNAVAILABLE),
        ({"eth_call": "0x"}, Code.CHAIN_UNAVAILABLE),
        ({"eth_call": "0x" + "00" * 31 + "10"}, Code.CHAIN_UNAVAILABLE),
        ({"eth_call": ["0x00"]}, Code.CHAIN_UNAVAILABLE),
        ({"eth_call": httpx.Response(500)}, Code.CHAIN_UNAVAILABLE),
        ({"eth_call": httpx.Response(404)}, Code.CHAIN_UNAVAILABLE),
        ({"eth_call": httpx.Response(200, content=b"<html>")}, Code.CHAIN_UNAVAILABLE),
        ({"eth_call": httpx.Response(200, json={"id": 99})}, Code.CHAIN_UNAVAILABLE),
        (
            {"eth_call": httpx.Response(200, json={"id": 3, "error": {}, "result": "0x"})},
            Code.CHAIN_UNAVAILABLE,
        ),
    ],
)
def test_a_node_that_is_wrong_or_strange_is_not_believed(
    results: dict[str, object], code: Code
) -> None:
    with refuses(code):
        _status(_chain(results))
