"""What a verifier remembers: the highest versions and newest signed times that it ever saw.

A genuine but older trust store or status list is how somebody hides a revocation; only memory finds
that out. The command line keeps it beside the trust folder; the library takes it as an argument.

Standard: DESIGN 3.5; The Update Framework 1.0, 5.4 to 5.6 (rollback).
"""

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.fields import Fields, moment_text, whole_second
from licence.formats.status_shard import ListName
from licence.ids import Digest

SCHEMA: Final = "anzheng-memory/v1"
MAX_MEMORY_BYTES: Final = 16 * 1024 * 1024
MAX_LISTS: Final = 100_000
MAX_ROLES: Final = 16
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for "nothing seen yet"."""

_URI = re.compile(r"[!-~]{1,1000}", re.ASCII)
_ROLE = re.compile(r"[a-z]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Memory:
    """What was seen so far; never falls.

    Args:
        newest_signed_time: Newest time that anything signed bore; the clock may not be behind it.
        bundle_version: Highest version of the trust bundle.
        first_root: SHA-256 of the root metadata that was trusted first.
        roles: Highest version of each role of the trust repository.
        lists: Newest issue time of the status list at each URI, and of the proofs beside them.
    """

    newest_signed_time: datetime = EPOCH
    bundle_version: int = 0
    first_root: Digest | None = None
    roles: tuple[tuple[str, int], ...] = ()
    lists: tuple[tuple[str, datetime], ...] = ()

    def role_version(self, role: str) -> int:
        """Return the highest version of a role that was seen; 0 for none."""
        return dict(self.roles).get(role, 0)

    def list_issued_at(self, name: ListName) -> datetime | None:
        """Return when the newest list of this name that was seen was issued."""
        return dict(self.lists).get(name.uri)

    def proof_made_at(self, name: ListName, word: int) -> datetime | None:
        """Return the time of the newest status proof of a word of this shard that was seen."""
        return dict(self.lists).get(_proof_name(name, word))

    def saw_proof(self, name: ListName, word: int, made_at: datetime) -> "Memory":
        """Return the memory after a status proof was accepted."""
        return self._saw(_proof_name(name, word), made_at)

    def saw_time(self, moment: datetime) -> "Memory":
        """Return the memory after something signed at `moment` was seen."""
        return replace(self, newest_signed_time=max(self.newest_signed_time, whole_second(moment)))

    def saw_roles(self, versions: Iterable[tuple[str, int]]) -> "Memory":
        """Return the memory after these versions of roles were seen."""
        known = dict(self.roles)
        for role, version in versions:
            known[role] = max(version, known.get(role, 0))
        return replace(self, roles=tuple(sorted(known.items())))

    def saw_bundle(self, version: int) -> "Memory":
        """Return the memory after this version of the bundle was seen."""
        return replace(self, bundle_version=max(self.bundle_version, version))

    def saw_list(self, name: ListName, issued_at: datetime) -> "Memory":
        """Return the memory after a status list was accepted."""
        return self._saw(name.uri, issued_at)

    def joined(self, other: "Memory") -> "Memory":
        """Return the memory of both: what two verifications beside each other learned."""
        lists = dict(self.lists)
        for uri, issued_at in other.lists:
            lists[uri] = max(issued_at, lists.get(uri, EPOCH))
        joined = self.saw_roles(other.roles).saw_bundle(other.bundle_version)
        return replace(
            joined.saw_time(other.newest_signed_time),
            first_root=self.first_root or other.first_root,
            lists=tuple(sorted(lists.items())),
        )

    def _saw(self, uri: str, issued_at: datetime) -> "Memory":
        issued_at = whole_second(issued_at)
        known = dict(self.lists)
        known[uri] = max(issued_at, known.get(uri, EPOCH))
        return replace(self, lists=tuple(sorted(known.items()))).saw_time(issued_at)


def _proof_name(name: ListName, word: int) -> str:
    """Return what a proof of one status word is remembered as, beside the list of its shard."""
    return f"{name.uri}#word-{word}"


def memory_path(trust_folder: Path) -> Path:
    """Return where the memory of a trust folder is kept: beside it, so that it can be replaced."""
    return trust_folder.with_name(f"{trust_folder.name}.memory.json")


def encode(memory: Memory) -> bytes:
    """Return the memory as canonical JSON."""
    value: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "newest_signed_time": moment_text(memory.newest_signed_time),
        "bundle_version": memory.bundle_version,
        "roles": [{"name": name, "version": version} for name, version in memory.roles],
        "lists": [{"uri": uri, "issued_at": moment_text(at)} for uri, at in memory.lists],
    }
    if memory.first_root is not None:
        value["first_root"] = memory.first_root.hex()
    return canonical.dumps(value)


def decode(data: bytes) -> Memory:
    """Read a memory.

    Raises:
        AnzhengError: `TRUST_BUNDLE_REFUSED` if it is damaged: forgetting silently would open the
            door that it keeps shut.
    """
    try:
        value = canonical.loads(data, max_bytes=MAX_MEMORY_BYTES)
        fields = Fields(value, where="memory", code=Code.TRUST_BUNDLE_REFUSED)
        fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
        first_root = fields.optional("first_root", lambda key: fields.hexed(key, 32))
        memory = Memory(
            newest_signed_time=fields.moment("newest_signed_time"),
            bundle_version=fields.integer("bundle_version"),
            first_root=Digest(first_root) if first_root is not None else None,
            roles=fields.objects("roles", _read_role, max_items=MAX_ROLES),
            lists=fields.objects("lists", _read_list, max_items=MAX_LISTS),
        )
        fields.end()
    except AnzhengError as exc:
        raise AnzhengError(
            Code.TRUST_BUNDLE_REFUSED,
            f"the verifier's memory is damaged ({exc.message}); "
            "fetch the trust folder anew from its source, then remove the memory file",
        ) from exc
    return memory


def _read_role(fields: Fields) -> tuple[str, int]:
    return fields.matching("name", _ROLE), fields.integer("version", low=1)


def _read_list(fields: Fields) -> tuple[str, datetime]:
    return fields.matching("uri", _URI), fields.moment("issued_at")


def load(path: Path) -> Memory:
    """Read the memory from its file; an absent file means that nothing was seen yet.

    Raises:
        AnzhengError: `TRUST_BUNDLE_REFUSED` if the file cannot be read or is damaged.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_MEMORY_BYTES + 1)
    except FileNotFoundError:
        return Memory()
    except OSError as exc:
        raise AnzhengError(
            Code.TRUST_BUNDLE_REFUSED, f"the verifier's memory {path} cannot be read"
        ) from exc
    return decode(data)


def save(path: Path, memory: Memory) -> None:
    """Write the memory so that after a crash the old or the new one is there, whole.

    Raises:
        AnzhengError: `STORE_FAILED` if it cannot be written.
    """
    data = encode(memory)
    # The name depends on the content: two processes that save at once do not write one file.
    temporary = path.with_name(f".{path.name}.{hashlib.sha256(data).hexdigest()[:16]}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as exc:
        raise AnzhengError(
            Code.STORE_FAILED, f"the verifier's memory {path} cannot be written"
        ) from exc
