"""The door: who asks, and whether there is room for them."""

from contextvars import ContextVar
from dataclasses import dataclass

from starlette.requests import Request

from verifier.service.callers import Caller, Callers
from verifier.service.limits import Limiter, Rule, Taken


@dataclass(slots=True)
class Visit:
    """What is known about the request under way, for its headers and its line in the log."""

    caller: str = ""
    rule: Rule | None = None
    taken: Taken | None = None


VISIT: ContextVar[Visit] = ContextVar("visit")
"""Set by the outermost middleware for each request."""


@dataclass(frozen=True, slots=True)
class Door:
    """Lets requests in.

    Args:
        callers: Finds out who asks.
        limiter: Counts.
    """

    callers: Callers
    limiter: Limiter

    def who(self, request: Request) -> Caller:
        """Return who asks.

        Raises:
            AnzhengError: API_KEY_REFUSED.
        """
        caller = self.callers.of(request)
        visit = VISIT.get(None)
        if visit is not None:
            visit.caller, visit.rule = caller.who, caller.rule
        return caller

    async def admit(self, caller: Caller, files: int) -> None:
        """Take room for a request with so many files.

        Raises:
            AnzhengError: RATE_LIMITED, QUOTA_EXCEEDED.
        """
        taken = await self.limiter.admit(caller.who, files, caller.rule)
        visit = VISIT.get(None)
        if visit is not None:
            visit.taken = taken
