"""The signer's world for tests: a throw-away PKI, officers, released batches.

Keys are made once in a test run; making them is the slow part.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licence.formats import licence_json
from licence.formats.officers import OfficerAlgorithm, OfficerSignature, PinnedOfficer
from licence.formats.release import (
    ReleaseStatement,
    encode,
    statement_bytes,
)
from licence.ids import AuthorityId, BatchId, Digest, OfficerId
from signer.issue import SECOND_READER_EVERY, IssuePolicy, Signer
from signer.ledger import Ledger
from signer.press import Press, Presses
from signer.sign import LicenceSigner
from signer.test_pki import TestPki, create_test_pki
from signer.tsa import Timestamper
from tests.fakes.clock import FakeClock
from tests.fakes.drafts import ISSUER, OTHER_ISSUER, good_version

VERIFY_BASE = "HTTPS://V.EXAMPLE/L/"
AUTHORITY = AuthorityId(ISSUER)
OTHER_AUTHORITY = AuthorityId(OTHER_ISSUER)
NAME = "辽宁省应急管理厅(示例)"
OTHER_NAME = "大连市应急管理局(示例)"
RELEASED_ON = FakeClock().now()


class FakeEntropy:
    """Bytes that look random and are the same in every run."""

    def __init__(self, seed: bytes = b"anzheng") -> None:
        self._seed = seed
        self._count = 0

    def bytes(self, count: int) -> bytes:
        """Return the next bytes."""
        out = b""
        while len(out) < count:
            self._count += 1
            out += sha256(self._seed + self._count.to_bytes(8, "big")).digest()
        return out[:count]


@lru_cache(maxsize=1)
def pki() -> TestPki:
    """Return the one PKI of this run, for two authorities."""
    return create_test_pki(
        ((AUTHORITY, NAME), (OTHER_AUTHORITY, OTHER_NAME)),
        now=RELEASED_ON,
        entropy=FakeEntropy(b"pki"),
        ca_bits=2048,
    )


@lru_cache(maxsize=1)
def press() -> Press:
    """Return the one press of this process; fonts are loaded once."""
    return Press(verify_base=VERIFY_BASE)


def licence_signer(
    authority: AuthorityId = AUTHORITY,
    clock: FakeClock | None = None,
    timestamper: Timestamper | None = None,
) -> LicenceSigner:
    """Return the signer of an authority."""
    clock, entropy = clock or FakeClock(), FakeEntropy(authority.encode())
    return pki().licence_signer(authority, clock=clock, entropy=entropy, timestamper=timestamper)


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer with a key file."""

    name: OfficerId
    key: ed25519.Ed25519PrivateKey

    def pinned(self, authority: AuthorityId = AUTHORITY) -> PinnedOfficer:
        """Return what the signer knows of this officer."""
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return PinnedOfficer(self.name, authority, public)

    def sign(self, statement: ReleaseStatement) -> OfficerSignature:
        """Sign a statement."""
        value = self.key.sign(statement_bytes(statement))
        return OfficerSignature(self.name, OfficerAlgorithm.ED25519, value)


def officer(name: str) -> Officer:
    """Return an officer whose key follows from the name."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())
    return Officer(OfficerId(name), key)


OFFICERS = (officer("王审批"), officer("李复核"))


def released(
    licences: Sequence[bytes],
    *,
    authority: AuthorityId = AUTHORITY,
    batch: str = "batch-1",
    officers: Sequence[Officer] = OFFICERS,
    released_on: datetime = RELEASED_ON,
) -> bytes:
    """Return an encoded release statement over these licences."""
    statement = ReleaseStatement(
        authority=authority,
        batch_id=BatchId(batch),
        released_on=released_on,
        digests=tuple(Digest(sha256(data).digest()) for data in licences),
    )
    signatures = tuple(each.sign(statement) for each in officers)
    return encode(replace(statement, signatures=signatures))


def policy(*, daily_cap: int = 100, authority: AuthorityId = AUTHORITY) -> IssuePolicy:
    """Return the policy that pins the two officers."""
    return IssuePolicy(tuple(each.pinned(authority) for each in OFFICERS), daily_cap)


def number(serial: int) -> str:
    """Return a licence number."""
    return f"（辽）WH安许证字〔2024〕{serial:04d}"


def licence_data(index: int = 0, **changes: object) -> bytes:
    """Return the `licence.json` of the good row, with a number and a status index of its own."""
    changes.setdefault("licence_no", number(index + 1))
    return licence_json.encode(good_version(index, **changes))


def batch_signer(
    folder: Path,
    *,
    clock: FakeClock | None = None,
    daily_cap: int = 100,
    presses: Presses | None = None,
    timestamper: Timestamper | None = None,
    second_reader_every: int = SECOND_READER_EVERY,
) -> Signer:
    """Return a signer's worker with its ledger in a folder."""
    return Signer(
        licence_signer(clock=clock, timestamper=timestamper),
        press=presses or press(),
        ledger=Ledger(folder / "ledger.db"),
        policy=replace(policy(daily_cap=daily_cap), second_reader_every=second_reader_every),
        clock=clock or FakeClock(),
    )
