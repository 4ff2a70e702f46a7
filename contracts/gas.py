"""Measure what the contract costs, and write, or check, the committed table.

python contracts/gas.py            write gas.md
python contracts/gas.py --check    exit 1 if a limit is broken or the committed table differs
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path

from anchor.calls import (
    AnchorCall,
    Call,
    Change,
    ConfirmCall,
    ProposeCall,
    ReinstateCall,
    Succession,
    SupersedeCall,
    SuspendCall,
    changes_of,
)
from anchor.chain.admin import Administrator
from anchor.chain.artifact import load_artifact
from anchor.chain.codec import call_data, proposal_id
from anchor.chain.devnet import HARDFORK, Devnet, running
from anchor.ports import Right
from licence.domain.status import StatusWord
from licence.formats.manifest import ManifestDigest
from licence.formats.tree import Tree
from licence.ids import Address, AuthorityId, ChainId, Digest, Leaf, MerkleRoot, StatusIndex

HERE = Path(__file__).resolve().parent
TABLE = HERE / "gas.md"
ANVIL = HERE / "node_modules" / ".bin" / "anvil"
CHAIN_ID = ChainId(20260)
AUTHORITY = AuthorityId("11210000001234567X")
WHOLE_WORD = 2**256 - 1

ANCHOR_LIMIT = 62_500
"""Most gas of a batch of any size."""

NEIGHBOURS = 256
CHANGE_LIMIT = 600
"""Most gas a licence, in the transaction that changes 256 neighbours."""

BOTH_LIMIT = 750
"""Most gas a licence, for proposing and confirming 256 neighbours."""

FOR_ANOTHER = 4_000
"""What it may cost more to act in another's name."""

PRINCIPAL = AuthorityId("11210000009876543X")
UNTIL = 4_000_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One measured call."""

    what: str
    gas: int
    licences: int = 1
    limit: int | None = None


def digest(text: str) -> bytes:
    """Return some digest, the same in every run."""
    return sha256(text.encode()).digest()


class Bench:
    """A fresh contract with one account for every right."""

    def __init__(self, devnet: Devnet) -> None:
        self.devnet = devnet
        self.admin = self._account("admin")
        self.contract: Address = self._deploy()
        self.principal = self._account("principal")
        self.accounts = {right: self._account(str(right.name)) for right in Right}

    def _account(self, name: str) -> Administrator:
        account = Administrator(self.devnet.node, CHAIN_ID, digest(f"gas {name}"))
        self.devnet.fund(account.address)
        return account

    def _deploy(self) -> Address:
        artifact = load_artifact()
        return self.admin.deploy(artifact, admin_delay_seconds=3_600).address

    def set_up(self) -> Iterator[Row]:
        """Register an authority and its accounts."""
        registered = self.admin.register_authority(self.contract, AUTHORITY, daily_cap=100_000)
        yield Row("register an authority", registered.gas_used)
        for right, account in self.accounts.items():
            done = self.admin.set_account(self.contract, AUTHORITY, account.address, right)
            if right is Right.ANCHOR:
                yield Row("give an account its right", done.gas_used)

    def gas(self, right: Right, call: Call, principal: AuthorityId | None = None) -> int:
        """Send a call and return the gas that it used."""
        return self.accounts[right].transact(self.contract, call_data(call, principal)).gas_used


def batch(name: str, size: int) -> AnchorCall:
    """Return a batch."""
    return AnchorCall(MerkleRoot(digest(name)), size, ManifestDigest(digest(f"{name} manifest")))


def whole(first: int, words: int) -> tuple[Change, ...]:
    """Return so many words full of licences."""
    return tuple(Change(first + word, WHOLE_WORD) for word in range(words))


def anchoring(bench: Bench) -> Iterator[Row]:
    """Batches of any size cost the same."""
    first = bench.gas(Right.ANCHOR, batch("first", 10_000))
    yield Row("anchor, the first batch", first, 10_000, ANCHOR_LIMIT)
    for size in (1, 100, 10_000):
        gas = bench.gas(Right.ANCHOR, batch(f"batch {size}", size))
        yield Row("anchor, next batch", gas, size, ANCHOR_LIMIT)


def statuses(bench: Bench) -> Iterator[Row]:
    """Direct changes, and final changes through two accounts."""
    decision = Digest(digest("decision"))
    one, many = changes_of([StatusIndex(64 * 100)]), whole(0, 4)
    limit = NEIGHBOURS * CHANGE_LIMIT
    yield Row("suspend", bench.gas(Right.PROPOSE, SuspendCall(one, decision)))
    gas = bench.gas(Right.PROPOSE, SuspendCall(many, decision))
    yield Row("suspend, neighbours", gas, NEIGHBOURS, limit)
    gas = bench.gas(Right.PROPOSE, ReinstateCall(many, decision))
    yield Row("give back, neighbours", gas, NEIGHBOURS, limit)
    scattered = changes_of([StatusIndex(64 * 1_000 + 129 * place) for place in range(100)])
    final = partial(final_change, bench, StatusWord.REVOKED)
    yield from final(", a lane's first use, neighbours", whole(300, 4), NEIGHBOURS, lane=2)
    yield from final("", changes_of([StatusIndex(64 * 200)]), 1, lane=2)
    yield from final(", neighbours", whole(400, 4), NEIGHBOURS, lane=2)
    yield from final(", one in each word", scattered, 100, lane=2)
    yield from final_change(
        bench,
        StatusWord.CANCELLED,
        ", neighbours whose words are in use",
        whole(400, 4),
        NEIGHBOURS,
        lane=2,
    )


def final_change(
    bench: Bench,
    word: StatusWord,
    name: str,
    changes: tuple[Change, ...],
    licences: int,
    *,
    lane: int,
) -> Iterator[Row]:
    """Propose and confirm, in a lane of our choice: one costs more the first time it is used."""
    proposer = bench.accounts[Right.PROPOSE].address
    call = next(
        call
        for number in count()
        if proposal_id(
            AUTHORITY, call := ProposeCall(word, changes, Digest(digest(f"decision {number}")))
        )[-1]
        == lane
    )
    many = licences == NEIGHBOURS
    verb = "revocation" if word is StatusWord.REVOKED else "cancellation"
    proposed = bench.gas(Right.PROPOSE, call)
    yield Row(f"propose a {verb}{name}", proposed, licences)
    gas = bench.gas(Right.CONFIRM, ConfirmCall(word, changes, call.decision, proposer))
    limit = NEIGHBOURS * CHANGE_LIMIT if many else None
    yield Row(f"confirm it{name}", gas, licences, limit)
    steady = many and "first use" not in name
    limit = NEIGHBOURS * BOTH_LIMIT if steady else None
    yield Row(f"both together{name}", proposed + gas, licences, limit)


def delegating(bench: Bench) -> Iterator[Row]:
    """What a city does in a province's name costs a little more than in its own."""
    bench.admin.register_authority(bench.contract, PRINCIPAL, daily_cap=100_000)
    delegator = bench.principal
    bench.admin.set_account(bench.contract, PRINCIPAL, delegator.address, Right.DELEGATE)
    rights = Right.ANCHOR | Right.PROPOSE | Right.CONFIRM
    done = delegator.delegate(bench.contract, AUTHORITY, rights, until=UNTIL)
    yield Row("delegate rights to another authority", done.gas_used)
    gas = bench.gas(Right.ANCHOR, batch("first in its name", 10_000), PRINCIPAL)
    yield Row("anchor in another's name", gas, 10_000, ANCHOR_LIMIT + FOR_ANOTHER)
    decision = Digest(digest("decision"))
    gas = bench.gas(Right.PROPOSE, SuspendCall(whole(0, 4), decision), PRINCIPAL)
    yield Row("suspend in another's name, neighbours", gas, NEIGHBOURS, NEIGHBOURS * CHANGE_LIMIT)


def superseding(bench: Bench) -> Iterator[Row]:
    """A successor is proved by its path in an anchored batch."""
    leaves = [Leaf(digest(f"leaf {number}")) for number in range(10_000)]
    tree = Tree(leaves)
    call = AnchorCall(tree.root, tree.size, ManifestDigest(digest("successors")))
    bench.gas(Right.ANCHOR, call)
    for number in (1, 10):
        successions = tuple(
            Succession(
                index=StatusIndex(64 * 5_000 * number + place),
                leaf=leaves[place + number],
                leaf_index=place + number,
                size=tree.size,
                root=tree.root,
                manifest=call.manifest,
                path=tree.path(place + number),
            )
            for place in range(number)
        )
        gas = bench.gas(Right.PROPOSE, SupersedeCall(successions, Digest(digest("superseded"))))
        yield Row("supersede, successors in a batch of 10,000", gas, number)


def measure() -> tuple[Row, ...]:
    """Measure everything on a fresh chain."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Devnet(ANVIL, Path(folder), CHAIN_ID)) as devnet,
    ):
        bench = Bench(devnet)
        parts = (
            bench.set_up(),
            anchoring(bench),
            statuses(bench),
            superseding(bench),
            delegating(bench),
        )
        return tuple(row for part in parts for row in part)


def table(rows: tuple[Row, ...]) -> str:
    """Return the table as Markdown."""
    lines = [
        "# What the contract costs",
        "",
        f"Execution gas on anvil with the rules of {HARDFORK}. Made by `python contracts/gas.py`,",
        "checked by a test.",
        "",
        "A final change has two transactions. Words are used for the first time (64 licences a",
        "word, 17,100 gas each, once for ever) unless the row says that they are in use. Lanes,",
        "in which proposals wait, are in use: an authority has 256, and each costs 17,100 gas more",
        "the first time, which is the row that says so.",
        "",
        "| call | licences | gas | gas a licence | limit |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        limit = "" if row.limit is None else f"{row.limit:,}"
        each = f"{row.gas / row.licences:,.0f}"
        lines.append(f"| {row.what} | {row.licences:,} | {row.gas:,} | {each} | {limit} |")
    return "\n".join(lines) + "\n"


def broken(rows: tuple[Row, ...]) -> list[str]:
    """Return the rows over their limit."""
    return [row.what for row in rows if row.limit is not None and row.gas > row.limit]


def main() -> int:
    """Write or check, as the command line says."""
    parser = argparse.ArgumentParser(description="Measure the gas of every call.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    check = parser.parse_args().check
    rows = measure()
    made = table(rows)
    if over := broken(rows):
        print("over the limit:", ", ".join(over), file=sys.stderr)
        return 1
    if check:
        return 0 if TABLE.read_text(encoding="utf-8") == made else 1
    TABLE.write_text(made, encoding="utf-8")
    print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
