"""Decisions about a status."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.decision import (
    PREFIX,
    Decision,
    DecisionSubject,
    decode,
    digest,
    encode,
    statement_bytes,
)
from licence.ids import AuthorityId, Leaf, RegistryId, StatusIndex
from tests.fakes.decisions import OFFICERS, REVOKED, signed
from tests.fakes.refusal import refuses

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "decision.schema.json"
BOTH = signed(REVOKED, *OFFICERS[:2])
LEAF = Leaf(b"\7" * 32)
SUSPENDED = replace(REVOKED, word=StatusWord.SUSPENDED, until=date(2027, 1, 1))
SUPERSEDED = replace(
    REVOKED,
    word=StatusWord.SUPERSEDED,
    document_no="",
    subjects=(DecisionSubject(StatusIndex(1), LEAF, Leaf(b"\10" * 32)),),
)


@pytest.mark.parametrize("decision", [REVOKED, BOTH, SUSPENDED, SUPERSEDED])
def test_decision_reads_back(decision: Decision) -> None:
    data = encode(decision)
    assert decode(data) == decision
    jsonschema.validate(json.loads(data), json.loads(SCHEMA_FILE.read_text()))


def test_signatures_are_not_part_of_what_is_signed() -> None:
    assert statement_bytes(BOTH) == statement_bytes(REVOKED)
    assert statement_bytes(BOTH).startswith(PREFIX)
    assert digest(BOTH) == sha256(statement_bytes(REVOKED)).digest()


@pytest.mark.parametrize(
    "changes",
    [
        {"authority": AuthorityId("x")},
        {"registry": RegistryId("Not a name")},
        {"subjects": ()},
        {"subjects": REVOKED.subjects[::-1]},
        {"subjects": REVOKED.subjects[:1] * 2},
        {"subjects": (DecisionSubject(StatusIndex(1), LEAF, LEAF),)},
        {"subjects": (DecisionSubject(StatusIndex(2**32), LEAF),)},
        {"subjects": (DecisionSubject(StatusIndex(1), Leaf(b"short")),)},
        {"word": StatusWord.SUPERSEDED},
        {"word": StatusWord.SUSPENDED},
        {"until": date(2027, 1, 1)},
        {"word": StatusWord.SUSPENDED, "until": date(2026, 11, 20)},
        {"decided_at": datetime(1969, 12, 31, tzinfo=UTC)},
        {"document_no": ""},
        {"ground": ""},
        {"ground": "x" * 201},
        {"ground": "with\ncontrol"},
        {"signatures": BOTH.signatures[:1] * 2},
    ],
    ids=str,
)
def test_decision_that_says_too_much_or_too_little_is_refused(changes: dict[str, object]) -> None:
    with refuses(Code.DECISION_SYNTAX):
        encode(replace(REVOKED, **changes))  # type: ignore[arg-type]


def test_another_schema_word_or_spelling_is_refused() -> None:
    value = canonical.loads(encode(BOTH), max_bytes=10_000)
    assert isinstance(value, dict)
    with refuses(Code.SCHEMA_UNKNOWN):
        decode(canonical.dumps({**value, "schema": "anzheng-decision/v2"}))
    with refuses(Code.DECISION_SYNTAX):
        decode(canonical.dumps({**value, "word": 7}))
    with refuses(Code.DECISION_SYNTAX):
        decode(canonical.dumps({**value, "more": 1}))
    with refuses(Code.JSON_NOT_CANONICAL):
        decode(encode(BOTH) + b"\n")


@given(
    st.sets(st.integers(0, 2**32 - 1), min_size=1, max_size=20),
    st.integers(0, 1_000),
    st.text("许可证吊销ABC〔〕0123456789", min_size=1, max_size=60),
)
def test_round_trip(indices: set[int], days: int, text: str) -> None:
    decision = replace(
        REVOKED,
        subjects=tuple(DecisionSubject(StatusIndex(index), LEAF) for index in sorted(indices)),
        effective_from=REVOKED.effective_from + timedelta(days=days),
        document_no=text,
        ground=text,
    )
    assert decode(encode(decision)) == decision


@given(st.integers(0), st.integers(0, 255))
def test_no_changed_byte_is_the_same_decision(place: int, value: int) -> None:
    data = bytearray(encode(BOTH))
    place %= len(data)
    if data[place] == value:
        return
    data[place] = value
    try:
        other = decode(bytes(data))
    except AnzhengError:
        return
    # A byte inside a text: then the digest or a signature is another one.
    assert (digest(other), other.signatures) != (digest(BOTH), BOTH.signatures)
