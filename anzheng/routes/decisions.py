"""What the console shows of the authority's own work: decisions, and what is wrong."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from anzheng.store.database import Store
from anzheng.store.status import StoredDecision
from licence.errors import AnzhengError, Code
from licence.formats import decision as decisions
from licence.ids import AuthorityId, Digest


class DecisionState(BaseModel):
    """Where a decision stands."""

    decision: str
    authority: str
    word: str
    document_no: str
    effective_from: str
    state: str
    officers: list[str]
    waits_for_a_person: str | None


class AlarmState(BaseModel):
    """Something that is not over."""

    about: str
    code: str
    message: str
    since: datetime


def router(store: Store) -> APIRouter:
    """Make `/v1/decisions`, `/v1/counts` and `/v1/alarms`."""
    routes = APIRouter(prefix="/v1", tags=["authority"])

    @routes.get("/decisions")
    def open_decisions(
        authority: Annotated[str, Query(max_length=18)],
    ) -> list[DecisionState]:
        """Decisions of an authority that the chain does not say yet, oldest first."""
        with store.read() as unit:
            found = unit.status.open_decisions(AuthorityId(authority))
        return [_state(each) for each in found]

    @routes.get("/decisions/{digest}")
    def decision(digest: str) -> DecisionState:
        """One decision by its digest."""
        try:
            wanted = Digest(bytes.fromhex(digest))
        except ValueError as error:
            raise AnzhengError(Code.REQUEST_INVALID, "a digest is 64 hex digits") from error
        with store.read() as unit:
            found = unit.status.decision(wanted)
        if found is None:
            raise AnzhengError(Code.NOT_FOUND, "this decision is not known here")
        return _state(found)

    @routes.get("/counts")
    def counts() -> dict[str, int]:
        """How many licence versions stand where on their way."""
        with store.read() as unit:
            return {state.value: count for state, count in unit.licences.counts().items()}

    @routes.get("/alarms")
    def alarms() -> list[AlarmState]:
        """Return what must be looked into, oldest first."""
        with store.read() as unit:
            found = unit.alarms.all()
        return [
            AlarmState(about=each.key, code=each.code.value, message=each.message, since=each.since)
            for each in found
        ]

    return routes


def _state(stored: StoredDecision) -> DecisionState:
    read = decisions.decode(stored.data)
    return DecisionState(
        decision=stored.digest.hex(),
        authority=stored.authority,
        word=read.word.name,
        document_no=read.document_no,
        effective_from=read.effective_from.isoformat(),
        state=stored.state.value,
        officers=[signature.officer for signature in read.signatures],
        waits_for_a_person=None if stored.parked_code is None else stored.parked_code.value,
    )
