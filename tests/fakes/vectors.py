"""How test vectors are written and read: the shape that pytest and vitest share.

    {"trusts": {name: trust}, "cases": [{"name", "trust", "input", "ask", "memory", "expect"}]}

Bytes are base64, moments `2026-11-21T04:00:00Z`. A member of `ask` or `memory` that is absent has
its default: the strict policy, today, nothing seen before.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from licence.errors import Code
from licence.formats import trust_bundle
from licence.formats.fields import moment_text
from licence.formats.holder import PresentationRequest
from licence.formats.qr_exchange import decode_question
from licence.formats.qr_text import QrKind, read_text
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from tests.builders import FakeTrust
from verifier.artefacts import Ask
from verifier.memory import Memory
from verifier.policy import Policy, Referee

FOLDER = Path(__file__).parents[1] / "assets/vectors"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One case as the generator states it."""

    name: str
    input: Json
    now: datetime
    verdict: Verdict
    code: Code
    trust: str = "usual"
    ask: Json = field(default_factory=dict)
    memory: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """Return the case as it is written."""
        value: Json = {
            "name": self.name,
            "trust": self.trust,
            "input": self.input,
            "ask": {"now": moment_text(self.now), **self.ask},
            "expect": {"verdict": self.verdict.value, "code": self.code.value},
        }
        return value | ({"memory": self.memory} if self.memory else {})


def trust_json(trust: FakeTrust) -> Json:
    """Return a trust store as it is written."""
    expired = trust.metadata_expired_at
    return {
        "bundle": trust_bundle.encode(trust.bundle).decode(),
        "newest_signed_time": moment_text(trust.newest_signed_time),
        "metadata_expired_at": moment_text(expired) if expired is not None else None,
        "lists": [
            {
                "registry": registry,
                "authority": authority,
                "shard": shard,
                "cwt": b64(cwt),
                "side": b64(side) if side is not None else None,
            }
            for (registry, authority, shard), (cwt, side) in sorted(trust.lists.items())
        ],
    }


def read_trust(value: Json) -> FakeTrust:
    """Read a trust store."""
    expired = value["metadata_expired_at"]
    return FakeTrust(
        bundle=trust_bundle.decode(value["bundle"].encode()),
        lists={
            (one["registry"], one["authority"], one["shard"]): (
                unb64(one["cwt"]),
                unb64(one["side"]) if one["side"] is not None else None,
            )
            for one in value["lists"]
        },
        newest_signed_time=moment(value["newest_signed_time"]),
        metadata_expired_at=moment(expired) if expired is not None else None,
    )


def read_ask(case: Json) -> Ask:
    """Read how a case is to be verified."""
    ask, memory = case["ask"], case.get("memory", {})
    question = ask.get("question")
    on = ask.get("on")
    return Ask(
        policy=Policy("vectors", ask.get("accept_stale_hours", 0), referee=Referee.NEVER),
        now=moment(ask["now"]),
        on=datetime.fromisoformat(on).date() if on else None,
        memory=Memory(
            newest_signed_time=moment(memory.get("newest_signed_time", "1970-01-01T00:00:00Z")),
            lists=tuple((one["uri"], moment(one["issued_at"])) for one in memory.get("lists", ())),
        ),
        request=read_question(question) if question else None,
        challenge=ask.get("challenge"),
        purpose=ask.get("purpose"),
        recipient=ask.get("recipient"),
    )


def read_question(text: str) -> PresentationRequest:
    """Read the text of a question."""
    found = read_text(text)
    assert found.kind is QrKind.REQUEST
    return decode_question(found.data)


def said(report: Report) -> Json:
    """Return what a case expects of a report."""
    return {"verdict": report.verdict.value, "code": report.code.value}


def write(value: Mapping[str, object]) -> bytes:
    """Return the text of a file of vectors."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    return f"{text}\n".encode()


def read(name: str) -> Json:
    """Read a file of vectors."""
    value: Json = json.loads((FOLDER / name).read_text("utf-8"))
    return value


def moment(text: str) -> datetime:
    """Read a moment."""
    return datetime.fromisoformat(text)


def b64(data: bytes) -> str:
    """Write bytes."""
    return base64.b64encode(data).decode()


def unb64(text: str) -> bytes:
    """Read bytes."""
    return base64.b64decode(text)
