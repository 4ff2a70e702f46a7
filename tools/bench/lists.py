"""Status lists of ten million licences, one percent not valid: `python -m tools.bench.lists`.

Through the database, the signer and the trust repository, as an authority publishes them, in a
process of its own. Every decision stands in the log and on the chain.
"""

import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from anchor.calls import LICENCES_IN_WORD
from anchor.chain_words import Place
from anchor.list_history import DELTAS
from anchor.list_ports import ListOffice
from anchor.list_publisher import Outcome
from anchor.trust_repository import TrustRepository
from anchor.trust_roles import TrustKeys
from anzheng.flows.publish import ListDesk, RegistrySource, publish
from anzheng.store.database import Store
from anzheng.store.migrate import migrate
from licence.domain.model import StatusRef
from licence.domain.status import StatusEvent, StatusWord
from licence.domain.validity import shanghai_date
from licence.formats import es256, list_delta, status_list
from licence.formats.status_list import SHARD_ENTRIES
from licence.formats.trust_types import StatusKey
from licence.ids import (
    Address,
    AuthorityId,
    ChainId,
    Digest,
    Leaf,
    RegistryId,
    StatusIndex,
)
from tools.bench.measures import Measure, Peer
from tools.bench.tree import largest_mib

ROOT: Final = Path(__file__).resolve().parent.parent.parent
LICENCES: Final = 10_000_000
PERCENT: Final = 1.0
DECISION: Final = 1_000
"""Licences of one decision."""
LOOKUPS: Final = 200_000
TURNS: Final = 3
CRL_KB: Final = 2_300
"""A CRL of as many certificates (docs/research/wallet.md 2.2)."""

REGISTRY, AUTHORITY = RegistryId("cn-aqsc-bench"), AuthorityId("1121000000TXT10121")
BASE_URI: Final = "https://registry.example/v1/status-lists"
NOW: Final = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
WORDS: Final[tuple[tuple[StatusWord, int], ...]] = (
    (StatusWord.REVOKED, 40),
    (StatusWord.SUSPENDED, 15),
    (StatusWord.CANCELLED, 25),
    (StatusWord.SUPERSEDED, 20),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What ten million licences took."""

    cwt_kb: float
    jwt_kb: float
    side_kb: float
    build_s: float
    change_s: float
    delta_kb: float
    lookup_us: float
    rss_mib: float


def measures() -> tuple[Measure, ...]:
    """Publish them in a process of its own and return what it says."""
    run = measure()
    shared = f"{LICENCES:,} licences, {PERCENT:g} % not valid at random, ten shards"
    return (
        Measure(
            name="status_10m_kb",
            value=run.cwt_kb,
            unit="kB",
            limit=170,
            target=170,
            at_least=False,
            peer=Peer("a CRL of as many (docs/research/wallet.md)", CRL_KB),
            note=f"all lists as CWT; {shared}; as JWT {run.jwt_kb:,.0f} kB, reasons and dates "
            f"{run.side_kb:,.0f} kB, a day of 1,000 changes as deltas {run.delta_kb:.1f} kB",
        ),
        Measure(
            name="status_10m_build_s",
            value=run.build_s,
            unit="s",
            limit=60,
            target=30,
            at_least=False,
            peer=None,
            note=f"{shared}: log and chain words read from SQLite, all forms signed, written and "
            f"synced; {run.rss_mib:.0f} MiB",
        ),
        Measure(
            name="status_10m_change_s",
            value=run.change_s,
            unit="s",
            limit=5,
            target=2,
            at_least=False,
            peer=None,
            note="one decision among them until its list is published: one shard, one page",
        ),
        Measure(
            name="status_lookup_us",
            value=run.lookup_us,
            unit="us",
            limit=1,
            target=1,
            at_least=False,
            peer=None,
            note=f"status of one among {LICENCES:,} after load, mean of {LOOKUPS:,} at random, "
            f"best of {TURNS}",
        ),
    )


@dataclass(frozen=True, slots=True)
class Size:
    """How many bytes all lists have at a share of licences that are not valid."""

    percent: float
    cwt: int
    jwt: int
    delta: int


def sizes(percents: Sequence[float] = (0.1, 0.5, 1, 2, 5)) -> tuple[Size, ...]:
    """Return what the lists of ten million licences have; ten times what one shard has."""
    return tuple(_size(percent) for percent in percents)


def _size(percent: float) -> Size:
    key, name = Key(), ListOffice(REGISTRY, AUTHORITY, BASE_URI, 1, Key()).name(0)
    chance = random.Random(4)  # noqa: S311 - a sample
    kinds, weights = zip(*WORDS, strict=True)
    bad = chance.sample(range(SHARD_ENTRIES), round(SHARD_ENTRIES * percent / 100))
    words = dict(
        zip(map(StatusIndex, bad), chance.choices(kinds, weights, k=len(bad)), strict=True)
    )
    listed = status_list.make_list(name, words, issued_at=NOW)
    cwt = status_list.encode_cwt(listed, kid=key.kid, sign=key.sign)
    jwt = status_list.encode_jwt(listed, kid=key.kid, sign=key.sign)
    changed = dict.fromkeys(map(StatusIndex, chance.sample(range(SHARD_ENTRIES), 100)), WORDS[0][0])
    later = status_list.make_list(name, words | changed, issued_at=NOW + timedelta(days=1))
    token = status_list.encode_cwt(later, kid=key.kid, sign=key.sign)
    delta = list_delta.encode(list_delta.make(name, cwt, token), kid=key.kid, sign=key.sign)
    shards = LICENCES / SHARD_ENTRIES
    return Size(percent, *(round(shards * len(data)) for data in (cwt, jwt, delta)))


def measure() -> Run:
    """Run it in a process of its own."""
    command = [sys.executable, "-m", "tools.bench.lists"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return Run(**json.loads(done.stdout.splitlines()[-1]))


class Key:
    """The status key of the bench."""

    def __init__(self) -> None:
        private = ec.derive_private_key(0xBE7C, ec.SECP256R1())
        public = es256.public_key_bytes(private.public_key())
        self.trusted = StatusKey(es256.key_id(public), public, NOW - timedelta(days=1))
        self.sign = es256.signer(private)

    @property
    def kid(self) -> bytes:
        """Name of the key."""
        return self.trusted.kid

    @property
    def certificate(self) -> None:
        """None."""
        return


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        """Return the time."""
        return self.at


class Authority:
    """One with ten million licences, in a folder."""

    def __init__(self, folder: Path, licences: int = LICENCES, percent: float = PERCENT) -> None:
        self.licences = licences
        self.key, self.clock = Key(), Clock()
        self.shards = -(-licences // SHARD_ENTRIES)
        self.office = ListOffice(REGISTRY, AUTHORITY, BASE_URI, self.shards, self.key)
        url = f"sqlite:///{folder / 'bench.sqlite3'}"
        migrate(url)
        self.store = Store(url)
        self.trust = folder / "trust"
        repository = TrustRepository.create(self.trust, _trust_keys(), now=NOW)
        self.desk = ListDesk(
            self.store,
            self.clock,
            RegistrySource(self.store, ()),
            [self.office],
            repository,
            lock=folder / "lock",
        )
        chance = random.Random(1)  # noqa: S311 - a sample
        many = round(licences * percent / 100)
        self.bad = chance.sample(range(licences), many)
        kinds, weights = zip(*WORDS, strict=True)
        self.words: dict[int, StatusWord] = dict(
            zip(self.bad, chance.choices(kinds, weights, k=many), strict=True)
        )
        for first in range(0, many, DECISION):
            self.decide(self.bad[first : first + DECISION])
        self._chain_says()

    def decide(self, indexes: Sequence[int]) -> None:
        """Put one decision about these licences into the log."""
        day = shanghai_date(self.clock.at)
        events = [self._event(index, day.isoformat()) for index in indexes]
        with self.store.write() as unit:
            unit.status.add(Digest(events[0].leaf), b"", events, self.clock.at)

    def _event(self, index: int, day: str) -> StatusEvent:
        word = self.words.get(index, StatusWord.REVOKED)
        leaf = Leaf(sha256(f"{index} {day}".encode()).digest())
        return StatusEvent(
            leaf=leaf,
            ref=StatusRef(REGISTRY, StatusIndex(index)),
            authority=AUTHORITY,
            old=StatusWord.NONE,
            new=word,
            decided_at=self.clock.at,
            effective_from=shanghai_date(self.clock.at),
            until=None,
            document_no="应急罚〔2026〕1号",
            ground="",
            successor=leaf if word is StatusWord.SUPERSEDED else None,
        )

    def _chain_says(self) -> None:
        values: dict[int, int] = {}
        for index, word in self.words.items():
            number, nibble = divmod(index, LICENCES_IN_WORD)
            values[number] = values.get(number, 0) | int(word) << 4 * nibble
        place = Place(REGISTRY, AUTHORITY, ChainId(1), Address(bytes(20)))
        with self.store.write() as unit:
            unit.chain_words.save(place, after=None, height=1, words=values, now=NOW)

    def publish(self, *, after: timedelta = timedelta()) -> Outcome:
        """Publish what is due."""
        self.clock.at += after
        return publish(self.desk)

    def files(self, form: str) -> Iterator[bytes]:
        """Yield all lists of a form, or the pages of side lists."""
        for shard in range(self.shards):
            data = self.desk.repository.plain(f"{self.office.name(shard).path}.{form}")
            if data is not None:
                yield data

    def lists(self) -> list[status_list.StatusList]:
        """Load all lists as a verifier does."""
        return [
            status_list.decode_cwt(data, keys=[self.key.trusted], expected=self.office.name(shard))
            for shard, data in enumerate(self.files("cwt"))
        ]


def _trust_keys() -> TrustKeys:
    keys = [Ed25519PrivateKey.from_private_bytes(sha256(b"%d" % n).digest()) for n in range(5)]
    return TrustKeys(root=tuple(keys[:3]), targets=(keys[3],), online=keys[4])


def _kb(folder: Path, pattern: str) -> float:
    return sum(place.stat().st_size for place in folder.rglob(pattern)) / 1_000


def main() -> None:
    """Be that process."""
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as home:
        authority = Authority(Path(home))
        before = perf_counter()
        authority.publish()
        build = perf_counter() - before
        sizes = {form: sum(map(len, authority.files(form))) / 1_000 for form in ("cwt", "jwt")}
        side = _kb(authority.trust / "pages", "*.page") + _kb(authority.trust / "targets", "?.side")
        lookup = _lookup(authority)
        change, delta = _changes(authority)
        rss = largest_mib()
    print(
        json.dumps(
            {
                "cwt_kb": sizes["cwt"],
                "jwt_kb": sizes["jwt"],
                "side_kb": side,
                "build_s": build,
                "change_s": change,
                "delta_kb": delta,
                "lookup_us": lookup,
                "rss_mib": rss,
            }
        )
    )


def _lookup(authority: Authority) -> float:
    lists = authority.lists()
    chance = random.Random(2)  # noqa: S311 - a sample
    wanted = [StatusIndex(n) for n in chance.choices(range(authority.licences), k=LOOKUPS)]
    taken = []
    for _ in range(TURNS):
        before = process_time()
        for index in wanted:
            lists[index // SHARD_ENTRIES].value(index)
        taken.append(process_time() - before)
    return min(taken) / LOOKUPS * 1e6


def _changes(authority: Authority) -> tuple[float, float]:
    """Return how long one decision takes, and what a day of a thousand costs a reader."""
    bases = [sha256(data).hexdigest() for data in authority.files("cwt")]
    fresh = (n for n in range(authority.licences) if n not in authority.words)
    authority.decide([next(fresh)])
    before = perf_counter()
    authority.publish(after=timedelta(seconds=20))
    change = perf_counter() - before
    chance = random.Random(3)  # noqa: S311 - a sample
    authority.decide(
        [n for n in chance.sample(range(authority.licences), 1_020) if n not in authority.words][
            :1_000
        ]
    )
    authority.publish(after=timedelta(hours=1))
    deltas = authority.trust / DELTAS / REGISTRY / AUTHORITY
    found = [place for base in bases for place in deltas.glob(f"*/{base}.delta")]
    if len(found) != authority.shards:
        message = "not every list has a delta"
        raise RuntimeError(message)
    return change, sum(place.stat().st_size for place in found) / 1_000


if __name__ == "__main__":
    main()
