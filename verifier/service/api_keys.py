"""Keys with which institutions ask: made by a command, kept as digests, with scopes and an end.

A key is `azk_<id>_<secret>`; the id is no secret and stands in logs. The secret has 256 random
bits, so that its plain digest cannot be guessed back. The file is read anew when it changes.
"""

import base64
import hashlib
import hmac
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.fields import Fields, moment_text
from licence.ids import Digest
from licence.ports import Entropy

SCHEMA: Final = "anzheng-api-keys/v1"
MAX_FILE_BYTES: Final = 4 * 1024 * 1024
MAX_KEYS: Final = 10_000
MAX_NAME_CHARS: Final = 120

_KEY: Final = re.compile(r"azk_([a-z2-7]{8})_([a-z2-7]{52})", re.ASCII)
_ID: Final = re.compile(r"[a-z2-7]{8}", re.ASCII)


@unique
class Scope(StrEnum):
    """What a caller may do."""

    VERIFY = "verify"
    BATCH = "batch"
    REPORT = "report"


EVERYBODY: Final = frozenset(Scope)
"""What an anonymous caller may do, where anonymous callers are let in."""

_SCOPE: Final = re.compile("|".join(Scope))


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key, without its secret.

    Attributes:
        id: Its public part.
        name: Whose it is, for whoever keeps the file.
        digest: SHA-256 of the whole key.
        scopes: What it may do.
        created_at: When it was made.
        expires_at: From when on it is refused.
        withdrawn_at: When it was withdrawn, if it was.
        per_minute: A rate of its own, if it has one.
        per_day: A day's number of files of its own, if it has one.
    """

    id: str
    name: str
    digest: Digest
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None
    per_minute: int | None = None
    per_day: int | None = None

    def is_good(self, now: datetime) -> bool:
        """Say whether it may be used."""
        return now < self.expires_at and self.withdrawn_at is None


@dataclass(slots=True)
class KeyBook:
    """The file with all keys.

    Args:
        path: The file; None where no key is known.
    """

    path: Path | None
    _stamp: tuple[int, int, int] | None = None
    _keys: dict[str, ApiKey] = field(default_factory=dict)

    def find(self, text: str, now: datetime) -> ApiKey:
        """Return the key that a caller shows.

        Raises:
            AnzhengError: API_KEY_REFUSED, whatever is wrong with it; SETTINGS_INVALID when the file
                is damaged.
        """
        match = _KEY.fullmatch(text)
        known = self._read().get(match[1]) if match else None
        digest = _digest(text)
        # Compared in any case, so that the time does not tell whether the id is known.
        right = hmac.compare_digest(digest, known.digest if known else Digest(bytes(32)))
        if known is None or not right or not known.is_good(now):
            raise AnzhengError(
                Code.API_KEY_REFUSED, "this API key is unknown, expired or withdrawn"
            )
        return known

    def all(self) -> tuple[ApiKey, ...]:
        """Return every key, in the order in which they were made."""
        return tuple(self._read().values())

    def make(
        self, key: "NewKey", *, now: datetime, expires_at: datetime, entropy: Entropy
    ) -> tuple[ApiKey, str]:
        """Make a key; its text is returned once and never kept.

        Raises:
            AnzhengError: REQUEST_INVALID, for a name that is none; STORE_FAILED.
        """
        if not key.name.strip() or len(key.name) > MAX_NAME_CHARS or not key.name.isprintable():
            raise AnzhengError(
                Code.REQUEST_INVALID, f"name the key's owner in 1 to {MAX_NAME_CHARS} characters"
            )
        public, secret = _base32(entropy.bytes(5)), _base32(entropy.bytes(32))
        text = f"azk_{public}_{secret}"
        made = ApiKey(
            id=public,
            name=key.name,
            digest=_digest(text),
            scopes=key.scopes,
            created_at=now,
            expires_at=expires_at,
            per_minute=key.per_minute,
            per_day=key.per_day,
        )
        self._write((*self._read().values(), made))
        return made, text

    def withdraw(self, key_id: str, now: datetime) -> ApiKey:
        """Withdraw a key; every process refuses it from the next request on.

        Raises:
            AnzhengError: NOT_FOUND, STORE_FAILED.
        """
        known = self._read()
        if key_id not in known:
            raise AnzhengError(Code.NOT_FOUND, f"there is no API key {key_id}")
        found = known[key_id]
        if found.withdrawn_at is None:
            found = replace(found, withdrawn_at=now)
            self._write((known | {key_id: found}).values())
        return found

    def _read(self) -> dict[str, ApiKey]:
        if self.path is None:
            return {}
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            if stamp != self._stamp:
                with self.path.open("rb") as file:
                    data = file.read(MAX_FILE_BYTES + 1)
                self._keys, self._stamp = {key.id: key for key in decode(data)}, stamp
        except FileNotFoundError:
            self._keys, self._stamp = {}, None
        except OSError as exc:
            raise AnzhengError(Code.SETTINGS_INVALID, f"{self.path} cannot be read") from exc
        return self._keys

    def _write(self, keys: Iterable[ApiKey]) -> None:
        if self.path is None:
            raise AnzhengError(Code.REQUEST_INVALID, "name the file of the API keys: api_keys")
        data = encode(keys)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Made readable for its owner alone, and replaced whole.
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as exc:
            raise AnzhengError(Code.STORE_FAILED, f"{self.path} cannot be written") from exc


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key shall be."""

    name: str
    scopes: frozenset[Scope] = EVERYBODY
    per_minute: int | None = None
    per_day: int | None = None


def encode(keys: Iterable[ApiKey]) -> bytes:
    """Return the file."""
    return canonical.dumps({"schema": SCHEMA, "keys": [_value(key) for key in keys]})


def decode(data: bytes) -> tuple[ApiKey, ...]:
    """Read the file.

    Raises:
        AnzhengError: SETTINGS_INVALID.
    """
    try:
        value = canonical.loads(data, max_bytes=MAX_FILE_BYTES)
        fields = Fields(value, where="api keys", code=Code.SETTINGS_INVALID)
        fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
        keys = fields.objects("keys", _read_key, max_items=MAX_KEYS)
        fields.end()
    except AnzhengError as exc:
        raise AnzhengError(
            Code.SETTINGS_INVALID, f"the file of the API keys is damaged: {exc.message}"
        ) from exc
    return keys


def _value(key: ApiKey) -> JsonValue:
    value: dict[str, JsonValue] = {
        "id": key.id,
        "name": key.name,
        "sha256": key.digest.hex(),
        "scopes": sorted(key.scopes),
        "created_at": moment_text(key.created_at),
        "expires_at": moment_text(key.expires_at),
    }
    if key.withdrawn_at is not None:
        value["withdrawn_at"] = moment_text(key.withdrawn_at)
    value |= {
        name: number
        for name, number in (("per_minute", key.per_minute), ("per_day", key.per_day))
        if number is not None
    }
    return value


def _read_key(fields: Fields) -> ApiKey:
    return ApiKey(
        id=fields.matching("id", _ID),
        name=fields.text("name", max_chars=MAX_NAME_CHARS),
        digest=Digest(fields.hexed("sha256", 32)),
        scopes=frozenset(
            Scope(each) for each in fields.texts("scopes", max_items=len(Scope), pattern=_SCOPE)
        ),
        created_at=fields.moment("created_at"),
        expires_at=fields.moment("expires_at"),
        withdrawn_at=fields.optional("withdrawn_at", fields.moment),
        per_minute=fields.optional("per_minute", lambda key: fields.integer(key, low=1)),
        per_day=fields.optional("per_day", lambda key: fields.integer(key, low=1)),
    )


def _digest(text: str) -> Digest:
    return Digest(hashlib.sha256(text.encode("utf-8", "replace")).digest())


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=").lower()
