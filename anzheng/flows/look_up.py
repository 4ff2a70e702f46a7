"""What the registry says about a licence version: its word, never a proof.

The same words for the public look-up and for `anzheng status show`.
"""

import json
from collections.abc import Iterable
from datetime import date
from enum import StrEnum, unique
from typing import Final

from anzheng.store.database import Unit
from anzheng.store.public import PublicLicence
from licence.domain.licence_no import folded
from licence.domain.status import StatusEvent, StatusWord, more_negative, word_on
from licence.formats.short_code import parse_short_code, short_code
from licence.formats.status_shard import shard_of

MAX_FOUND: Final = 50
"""Versions in one answer; nobody's licence has so many."""


@unique
class Key(StrEnum):
    """By what a licence is looked up, as paths call it."""

    NUMBER = "number"
    IDENTIFIER = "identifier"
    SHORT_CODE = "short-code"


def find(unit: Unit, key: Key, value: str) -> tuple[PublicLicence, ...]:
    """Search, by what somebody typed.

    Raises:
        AnzhengError: LICENCE_NO_FORMAT, SHORT_CODE_FORMAT or SHORT_CODE_CHECK.
    """
    match key:
        case Key.NUMBER:
            return unit.public.by_number(folded(value), most=MAX_FOUND)
        case Key.IDENTIFIER:
            return unit.public.by_elicence_id(value, most=MAX_FOUND)
        case Key.SHORT_CODE:
            return unit.public.by_short_code(parse_short_code(value).hex(), most=MAX_FOUND)


def described(found: Iterable[PublicLicence], today: date) -> dict[str, object]:
    """Return the answer to a search."""
    return {"licences": [describe(each, today) for each in found]}


def describe(found: PublicLicence, today: date) -> dict[str, object]:
    """Say what the registry knows about a version, as JSON.

    The word is the more negative of what was decided and what the chain was last seen to say.

    Args:
        found: The version.
        today: The day, in China.
    """
    leaf = found.leaf.hex() if found.leaf else None
    list_of = f"{found.registry}/{found.authority}/{shard_of(found.status_index)}"
    word = word_of(found, today)
    return {
        "leaf": leaf,
        "state": found.state.value,
        "anchored": found.is_anchored,
        "assurance": "registry-word",
        "short_code": short_code(found.licence_json),
        "licence": json.loads(found.licence_json),
        "status": {"word": word.name, "events": [_event(event) for event in found.events]},
        "links": {
            "self": f"/v1/licences/{leaf}",
            "evidence": f"/v1/evidence/{leaf}",
            "status_list": f"/v1/status-lists/{list_of}",
            "side_list": f"/v1/side-lists/{list_of}",
        },
    }


def word_of(found: PublicLicence, today: date) -> StatusWord:
    """Return the more negative of what was decided and what the chain was last seen to say."""
    return more_negative(word_on(found.events, today), found.on_chain)


def _event(event: StatusEvent) -> dict[str, object]:
    return {
        "word": event.new.name,
        "decided_at": event.decided_at.isoformat(),
        "effective_from": event.effective_from.isoformat(),
        "until": event.until.isoformat() if event.until else None,
        "document_no": event.document_no,
        "successor": event.successor.hex() if event.successor else None,
    }
