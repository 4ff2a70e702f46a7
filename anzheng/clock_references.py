"""With whose clocks a process compares its own: timestamp authorities, and the chain."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from anchor.chain_ports import Chain
from anzheng.clock_guard import (
    Alarms,
    ChainReference,
    ClockGuard,
    Reference,
    TimeSource,
    TsaReference,
)
from anzheng.roles import Role
from anzheng.settings import Settings
from licence.ports import Clock


def open_clock_guard(
    settings: Settings,
    sources: Callable[[], Sequence[TimeSource]],
    alarms: Alarms,
    clock: Clock,
    chain: Chain,
    role: Role | None,
) -> ClockGuard:
    """Return what compares our clock; a trial's responder and chain have no other one.

    Whoever sees only one of timestamp authority and chain asks that one.
    """
    references: list[Reference] = []
    if role is not Role.ANCHOR:
        references += (TsaReference(each, clock) for each in sources())
    if role is not Role.SIGNER and not settings.chain_devnet:
        references.append(ChainReference(chain, clock, settings.chain_block_seconds))
    tolerance = timedelta(seconds=settings.clock_tolerance_seconds)
    return ClockGuard(clock, references, tolerance=tolerance, alarms=alarms)
