"""The roles of the trust repository: who signs what, for how long, under which names.

Root (two signatures) and targets (all keys) are offline keys. An online key signs the lists,
snapshot and timestamp, and can change nothing else.

Standard: The Update Framework 1.0, 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.api.serialization.json import JSONSerializer

from licence.formats.fields import whole_second

R = TypeVar("R", Root, Snapshot, Targets, Timestamp)

BUNDLE: Final = "bundle.json"
LISTS: Final = "lists"
LISTS_PATTERN: Final = "lists/*/*/*"
ISSUED_AT: Final = "x-anzheng-issued-at"
"""Field of the timestamp role: when it was signed. TUF itself only says when it ends."""

ROOT_LIFE: Final = timedelta(days=730)
TARGETS_LIFE: Final = timedelta(days=365)
ONLINE_LIFE: Final = timedelta(hours=24)
"""Life of lists, snapshot and timestamp: that of a status list."""
ROOT_THRESHOLD: Final = 2


@dataclass(frozen=True, slots=True)
class TrustKeys:
    """The keys of the repository.

    Args:
        root: Offline keys of root; two must sign.
        targets: Offline keys of the bundle; all must sign.
        online: Signs lists, snapshot and timestamp. Where only lists are published, the offline
            keys are absent.
    """

    root: tuple[Ed25519PrivateKey, ...]
    targets: tuple[Ed25519PrivateKey, ...]
    online: Ed25519PrivateKey


def signed_bytes(signed: R, keys: Sequence[Ed25519PrivateKey]) -> bytes:
    """Return a role signed by all these keys, as it is stored."""
    metadata = Metadata(signed)
    for key in keys:
        metadata.sign(CryptoSigner(key), append=True)
    return metadata.to_bytes(JSONSerializer(compact=True))


def new_root(keys: TrustKeys, *, version: int, now: datetime) -> Root:
    """Return a root role that believes these keys."""
    root = Root(version=version, expires=whole_second(now) + ROOT_LIFE, consistent_snapshot=True)
    for role, signers in (
        ("root", keys.root),
        ("targets", keys.targets),
        ("snapshot", (keys.online,)),
        ("timestamp", (keys.online,)),
    ):
        for key in signers:
            root.add_key(CryptoSigner(key).public_key, role)
    root.roles["root"].threshold = ROOT_THRESHOLD
    root.roles["targets"].threshold = len(keys.targets)
    return root


def new_targets(keys: TrustKeys, *, now: datetime) -> Targets:
    """Return a targets role without targets, which delegates the lists to the online key."""
    online = CryptoSigner(keys.online).public_key
    role = DelegatedRole(
        LISTS, [online.keyid], threshold=1, terminating=True, paths=[LISTS_PATTERN]
    )
    return Targets(
        version=1,
        expires=whole_second(now) + TARGETS_LIFE,
        delegations=Delegations({online.keyid: online}, {LISTS: role}),
    )


def stored_name(target: TargetFile) -> str:
    """Return the path under which a target is stored: its digest stands before its name."""
    folder, _, name = target.path.rpartition("/")
    prefix = f"{folder}/" if folder else ""
    return f"{prefix}{target.hashes['sha256']}.{name}"
