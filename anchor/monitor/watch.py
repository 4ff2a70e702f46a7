"""Watching one's own enterprise: which licences are issued to it, and which it did not ask for.

The authority gives an enterprise the HMAC of its own code (`anzheng authority watch-key`); the
manifests have the same HMAC beside every leaf. Whoever has it sees all licences of that enterprise
and of no other.

Standard: DESIGN 3.2; `docs/formats/watch.schema.json`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from anchor.monitor.alarms import Alarm
from anchor.monitor.batch_rules import KnownRow
from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.cbor_fields import is_authority, is_registry
from licence.formats.fields import Fields
from licence.ids import AuthorityId, Digest, Leaf, RegistryId

SCHEMA: Final = "anzheng-watch/v1"
MAX_BYTES: Final = 1 << 20
MAX_KEYS: Final = 1_000
MAX_LEAVES: Final = 1_000
GROUP: Final = "watch"
_DIGEST_BYTES: Final = 32
_MAX_LABEL: Final = 100
_LEAF: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class WatchKey:
    """One enterprise with one authority.

    Attributes:
        registry: Registry of the authority's manifests.
        authority: Whose manifests.
        uscc: HMAC of the enterprise's code under that authority's key.
        label: What alarms call the enterprise.
        leaves: Leaves of the licences that it asked for.
    """

    registry: RegistryId
    authority: AuthorityId
    uscc: Digest
    label: str
    leaves: tuple[Leaf, ...] = ()


def encode(keys: Sequence[WatchKey]) -> bytes:
    """Return a watch file."""
    return canonical.dumps(
        {
            "schema": SCHEMA,
            "watch": [
                {
                    "registry": key.registry,
                    "authority": key.authority,
                    "uscc": key.uscc.hex(),
                    "label": key.label,
                    "leaves": [leaf.hex() for leaf in key.leaves],
                }
                for key in keys
            ],
        }
    )


def decode(data: bytes) -> tuple[WatchKey, ...]:
    """Read a watch file; people edit it, so any spelling of its JSON will do.

    Raises:
        AnzhengError: REQUEST_INVALID, JSON_SYNTAX, TOO_LARGE.
    """
    if len(data) > MAX_BYTES:
        raise AnzhengError(Code.TOO_LARGE, "no watch file is that large", limit=MAX_BYTES)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise AnzhengError(Code.JSON_SYNTAX, "the watch file is no JSON") from error
    fields = Fields(value, where="watch file", code=Code.REQUEST_INVALID)
    fields.constant("schema", SCHEMA, code=Code.REQUEST_INVALID)
    keys = fields.objects("watch", _read_key, max_items=MAX_KEYS)
    fields.end()
    return keys


def watch_alarms(key: WatchKey, rows: Sequence[KnownRow]) -> Iterator[Alarm]:
    """Yield an alarm for each licence of a watched enterprise that it did not ask for."""
    asked = frozenset(key.leaves)
    for row in rows:
        if row.uscc == key.uscc and row.authority == key.authority and row.leaf not in asked:
            yield Alarm(
                code=Code.LICENCE_UNEXPECTED,
                subject=f"{key.authority}/{row.leaf.hex()}",
                message=f"a licence was issued to {key.label} that is not among those asked for",
                facts=(
                    ("leaf", row.leaf.hex()),
                    ("index", row.index),
                    ("version", row.version),
                    ("sequence", row.sequence),
                ),
                group=GROUP,
                authority=key.authority,
                block=row.block,
            )


def _read_key(fields: Fields) -> WatchKey:
    registry, authority = fields.text("registry"), fields.text("authority")
    if not is_registry(registry) or not is_authority(authority):
        raise AnzhengError(Code.REQUEST_INVALID, "no registry or no authority has that name")
    return WatchKey(
        registry=RegistryId(registry),
        authority=AuthorityId(authority),
        uscc=Digest(fields.hexed("uscc", _DIGEST_BYTES)),
        label=fields.text("label", max_chars=_MAX_LABEL),
        leaves=tuple(
            Leaf(bytes.fromhex(text))
            for text in fields.texts("leaves", max_items=MAX_LEAVES, pattern=_LEAF)
        ),
    )
