"""Files of every kind, and an honest registry about them, for verifiers that are lied to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any, Final

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats.keccak import keccak256, selector
from licence.formats.report import Report
from licence.formats.verdict import CodeClass, Verdict, class_of
from licence.ids import Digest
from tests.builders import (
    AUTHORITY,
    CHAIN,
    OTHER_AUTHORITY,
    REGISTRY,
    SIGNED_AT,
    Issued,
    World,
    make_world,
    side_row,
)
from tests.fakes.lying_party import LyingParty

CODE: Final = b"runtime code"
"""Of the contract."""

TODAY: Final = date(2026, 11, 21)
NEGATIVE: Final = ("suspended", "revoked", "forged", "expired")
"""Files that are never valid, whoever says what."""

ALWAYS: Final = {"forged": Code.SIGNATURE_BROKEN, "expired": Code.EXPIRED}
"""Nobody is asked about these."""

KNOWN: Final = ALWAYS | {"suspended": Code.STATUS_SUSPENDED, "revoked": Code.STATUS_REVOKED}
_WORDS: Final = {1: StatusWord.SUSPENDED, 2: StatusWord.REVOKED}
LIST_PATH: Final = f"/v1/status-lists/{REGISTRY}/{AUTHORITY}/0"
SIDE_PATH: Final = f"/v1/side-lists/{REGISTRY}/{AUTHORITY}/0"


@dataclass(frozen=True, slots=True)
class Files:
    """A world and files in it.

    Attributes:
        world: Everything that was signed; its lists are the newest.
        pdfs: By kind: good, bare (without evidence), suspended, revoked, forged, expired.
        issued: The good one, whole.
        older: The lists before anything was decided.
    """

    world: World
    pdfs: Mapping[str, bytes]
    issued: Issued
    older: tuple[bytes, bytes]

    @property
    def lists(self) -> tuple[bytes, bytes]:
        """The newest list and its side list."""
        token, side = self.world.lists[REGISTRY, AUTHORITY, 0]
        assert side is not None
        return token, side


@cache
def files() -> Files:
    """Make them once for all tests of a process."""
    world = make_world()
    contract = replace(world.bundle.registries[0].contracts[0], code_hash=Digest(keccak256(CODE)))
    registry = replace(world.bundle.registries[0], contracts=(contract,))
    world.bundle = replace(world.bundle, registries=(registry,))
    ended: dict[str, Any] = {
        "issued_on": "2023-11-20",
        "valid_from": "2023-11-20",
        "valid_to": "2026-11-19",
        "first_issued": "2018-03-18",
    }
    versions = [world.version(index) for index in range(3)] + [world.version(3, **ended)]
    good, suspended, revoked, expired = world.issue_all(versions)
    middle = len(good.pdf) // 3
    forged = good.pdf[:middle] + bytes((good.pdf[middle] ^ 1,)) + good.pdf[middle + 1 :]
    older = world.publish(issued_at=SIGNED_AT + timedelta(minutes=2))
    decide(world)
    pdfs = {
        "good": good.pdf,
        "bare": good.bare,
        "suspended": suspended.pdf,
        "revoked": revoked.pdf,
        "forged": forged,
        "expired": expired.pdf,
    }
    return Files(world, pdfs, good, older)


def decide(world: World) -> None:
    """Publish the list in which one is suspended and one revoked."""
    rows = [side_row(index, word, TODAY) for index, word in _WORDS.items()]
    world.publish(_WORDS, rows, sequence=2)
    world.publish(authority=OTHER_AUTHORITY)


def make_honest(party: LyingParty) -> None:
    """Let a party serve what a registry and a node of this world serve."""
    made = files()
    token, side = made.lists
    party.serve |= {
        LIST_PATH: token,
        SIDE_PATH: side,
        f"/v1/evidence/{made.issued.leaf.hex()}": made.issued.evidence,
    }
    party.node = node()


def node(
    *,
    chain_id: int = CHAIN,
    code: bytes = CODE,
    time: int | None = None,
    sequence: int = 7,
    status: int | None = None,
) -> "FakeNode":
    """Return an honest chain node, or one that tells other things."""
    moment = int((SIGNED_AT + timedelta(seconds=30)).timestamp()) if time is None else time
    return FakeNode(chain_id, code, (moment, sequence), status)


class FakeNode:
    """Answers the three questions of a verifier: first the slot is asked for, then the status."""

    def __init__(
        self, chain_id: int, code: bytes, slot: tuple[int, int], status: int | None
    ) -> None:
        self._chain_id, self._code, self._slot, self._status = chain_id, code, slot, status

    def __call__(self, method: str, parameters: list[object]) -> object:
        """Return the result of a method."""
        if method == "eth_chainId":
            return hex(self._chain_id)
        if method == "eth_getCode":
            return "0x" + self._code.hex()
        call = parameters[0]
        assert isinstance(call, dict)
        data = str(call["data"])
        words: tuple[int, ...]
        if data.startswith("0x" + selector("batch(bytes18,bytes32)").hex()):
            words = self._slot
        else:
            index = int(data[-64:], 16)
            words = (self._status if self._status is not None else _WORDS.get(index, 0),)
        return "0x" + b"".join(word.to_bytes(32, "big") for word in words).hex()


def judge(kind: str, report: Report, code: Code, *, notes: Code | None = None) -> None:
    """The one assertion: what must never be said is not said, and what is said has its code.

    Args:
        kind: Of the file.
        report: About it.
        code: What decides it.
        notes: A note that some check must carry.
    """
    told = f"{kind}: {report.verdict} {report.code}, not {code}"
    assert report.code is code, told
    if kind in NEGATIVE:
        assert report.verdict is not Verdict.VALID, told
    else:
        assert report.verdict in {Verdict.VALID, Verdict.UNDETERMINED}, told
    expected = {
        CodeClass.FOREIGN: Verdict.FOREIGN,
        CodeClass.MISSING: Verdict.UNDETERMINED,
    }.get(class_of(code), Verdict.INVALID)
    assert report.verdict is (Verdict.VALID if code is Code.OK else expected), told
    said = {note for check in report.checks for note in check.notes}
    assert notes is None or notes in said, f"{kind}: {said}"
