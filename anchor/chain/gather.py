"""Asking several nodes the same thing at the same time, and not waiting for the last one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from anchor.chain import agreement
from anchor.chain.member import Member
from licence.errors import AnzhengError, Code


@dataclass(frozen=True, slots=True)
class Asked:
    """What each node said that answered in time: a result, or an error."""

    values: Mapping[Member, Any]
    errors: Mapping[Member, AnzhengError] = field(default_factory=dict)

    def of(self, member: Member) -> Any:  # noqa: ANN401 - JSON
        """Return what one node said.

        Raises:
            AnzhengError: What went wrong with it.
        """
        if member in self.errors:
            raise self.errors[member]
        if member not in self.values:
            raise AnzhengError(Code.CHAIN_UNAVAILABLE, "the node does not answer in time")
        return self.values[member]

    def agreed(self, method: str, quorum: int) -> str | None:
        """Return the essence of what so many nodes say, None when there is no such thing."""
        count = Counter(agreement.essence(method, value) for value in self.values.values())
        return next((said for said, found in count.items() if found >= quorum), None)

    def fault(self, least: int) -> AnzhengError:
        """Return the error to raise when this is no answer.

        Args:
            least: So many nodes must refuse in the same way for their reason to count.
        """
        refusals = [error for error in self.errors.values() if _is_refusal(error)]
        for code in (Code.CHAIN_REVERTED, Code.CHAIN_UNAVAILABLE):
            alike = [error for error in refusals if error.code is code]
            if len(alike) >= least:
                return alike[0]
        return AnzhengError(
            Code.CHAIN_UNAVAILABLE,
            "not enough nodes say the same",
            answered=len(self.values),
            refused=len(refusals),
            failed=len(self.errors) - len(refusals),
        )


Enough = Callable[[Asked], bool]
"""Tells whether the other nodes need be waited for only a moment longer."""


def gather(
    members: Sequence[Member],
    method: str,
    params: tuple[Any, ...],
    enough: Enough,
    *,
    timeout: float,
    grace: float,
) -> Asked:
    """Ask nodes at the same time.

    Args:
        members: Whom; those that are busy are passed over.
        method: What.
        params: Its parameters.
        enough: Looked at after each answer.
        timeout: How long is waited for enough, in seconds.
        grace: How long the others are waited for after that.
    """
    waiting: dict[Future[Any], Member] = {
        member.submit(method, params): member for member in members if not member.is_busy
    }
    values: dict[Member, Any] = {}
    errors: dict[Member, AnzhengError] = {}
    asked, satisfied = Asked(values, errors), False
    end = monotonic() + timeout
    while waiting:
        done, _ = wait(waiting, timeout=max(0.0, end - monotonic()), return_when=FIRST_COMPLETED)
        if not done:
            break
        for future in done:
            member = waiting.pop(future)
            try:
                values[member] = future.result()
            except AnzhengError as error:
                errors[member] = error
        if not satisfied and enough(asked):
            satisfied, end = True, min(end, monotonic() + grace)
    for future in waiting:
        # Nobody waits for it any more; one that a node is busy with goes on.
        if method != agreement.SEND:
            future.cancel()
    return asked


def _is_refusal(error: AnzhengError) -> bool:
    told = "rpc_message" in error.facts or "too_large" in error.facts
    return told or error.code is Code.CHAIN_REVERTED
