"""A case of the negative corpus: what a verifier is given, and what it must say about it.

A case is complete: file, trust bundle, lists, memory and time. Nothing of it is asked elsewhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from licence.errors import Code
from licence.formats import holder, trust_bundle
from licence.formats.report import Report
from licence.formats.verdict import Verdict
from licence.ids import AuthorityId
from tests.builders import AUTHORITY, OTHER_AUTHORITY, REGISTRY, SIGNED_AT, FakeTrust
from verifier import memory as memories
from verifier.checks.c09_holder import Presented
from verifier.memory import Memory
from verifier.policy import PROFILES
from verifier.verify import verify

NOW: Final = SIGNED_AT.replace(minute=10)
"""When most cases are asked about: ten minutes after everything was signed."""

SIDES: Final[Mapping[str, AuthorityId]] = {"": AUTHORITY, "other-": OTHER_AUTHORITY}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a verifier is given.

    Attributes:
        inputs: Bytes by name: `file`, `sidecar`, `chain-proof`, `request`, `answer`, `bundle`,
            `memory`; lists of the authority as `list` and `side`, of the other one as `other-list`
            and `other-side`. A list that is not there is missing.
        now: The time.
        on: The day asked about.
        policy: Name of the profile.
        expired: Since when the trust repository is stale.
    """

    inputs: Mapping[str, bytes]
    now: datetime = NOW
    on: date | None = None
    policy: str = "batch"
    expired: datetime | None = None

    def having(self, **inputs: bytes) -> "Ask":
        """Return the question with other inputs; `_` in a name stands for `-`."""
        named = {name.replace("_", "-"): data for name, data in inputs.items()}
        return replace(self, inputs={**self.inputs, **named})

    def lacking(self, *names: str) -> "Ask":
        """Return the question without some inputs."""
        kept = {name: data for name, data in self.inputs.items() if name not in names}
        return replace(self, inputs=kept)


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        id: Group and name, such as `container/bytes-after-the-end`.
        what: What was done, in one sentence.
        ask: What is given.
        verdict: That must come out.
        code: That must decide.
    """

    id: str
    what: str
    ask: Ask = field(repr=False)
    verdict: Verdict
    code: Code

    @property
    def group(self) -> str:
        """First part of the name."""
        return self.id.partition("/")[0]


def judge(ask: Ask, policy: str | None = None) -> Report:
    """Ask the verifier, by this profile or by that of the question."""
    given = ask.inputs
    return verify(
        given["file"],
        trust_of(ask),
        policy=PROFILES[policy or ask.policy],
        now=ask.now,
        on=ask.on,
        memory=_memory(given.get("memory")),
        sidecar=given.get("sidecar"),
        presentation=_presented(given),
        chain_proof=given.get("chain-proof"),
    )


def trust_of(ask: Ask) -> FakeTrust:
    """Return what the verifier of a question believes."""
    lists = {
        (REGISTRY, authority, 0): (ask.inputs[f"{side}list"], ask.inputs.get(f"{side}side"))
        for side, authority in SIDES.items()
        if f"{side}list" in ask.inputs
    }
    bundle = trust_bundle.decode(ask.inputs["bundle"])
    return FakeTrust(bundle, lists, metadata_expired_at=ask.expired)


def _memory(data: bytes | None) -> Memory | None:
    return None if data is None else memories.decode(data)


def _presented(given: Mapping[str, bytes]) -> Presented | None:
    if "request" not in given:
        return None
    return Presented(
        holder.decode_request(given["request"]), holder.decode_presentation(given["answer"])
    )


Cases = Iterator[Case]
