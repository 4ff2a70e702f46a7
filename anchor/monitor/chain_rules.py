"""What is wrong with an event of the contract, seen by whoever knows the trust bundle. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from anchor.chain_ports import Right
from anchor.events import (
    AccountSet,
    Administration,
    Anchored,
    AuthorityPaused,
    AuthorityRegistered,
    DailyCapSet,
    Delegated,
    Event,
    Foreign,
    Paused,
    SuccessorSet,
)
from anchor.monitor.alarms import Alarm
from anchor.replay import Replay
from licence.errors import Code, Fact
from licence.formats.trust_types import TrustBundle
from licence.ids import Address, AuthorityId


@dataclass(frozen=True, slots=True)
class Scene:
    """What an event is seen against.

    Attributes:
        contract: Which contract, as people write it.
        bundle: The trust bundle.
        replay: The contract before the event.
        active: Authorities that have anchored something: their set-up is over.
        watched: Whether the contract was watched before: then every set-up is over.
    """

    contract: str
    bundle: TrustBundle
    replay: Replay
    active: frozenset[AuthorityId] | set[AuthorityId]
    watched: bool

    def is_set_up(self, authority: AuthorityId) -> bool:
        """Say whether an authority's accounts should not change any more without being noticed."""
        return self.watched or authority in self.active

    def anchors_for(self, account: Address, authority: AuthorityId) -> bool:
        """Say whether the bundle names an account for an authority, or for a deputy of it."""
        deputies = (
            deputy
            for (principal, deputy), grant in self.replay.delegations.items()
            if principal == authority and Right.ANCHOR in grant.rights
        )
        known = (self.bundle.authority(each) for each in (authority, *deputies))
        return any(each is not None and account in each.accounts for each in known)


def event_alarms(event: Event, scene: Scene) -> Iterator[Alarm]:
    """Yield what is wrong with an event."""
    rule = _RULES.get(type(event))
    if rule is not None:
        yield from rule(event, scene)


def _alarm(event: Event, scene: Scene, code: Code, message: str, **facts: Fact) -> Alarm:
    at = event.at
    place = f"{scene.contract}/{at.block_number}/{at.log_index}"
    if not isinstance(event, Foreign):
        facts = {"sequence": event.sequence, "account": event.account.hex(), **facts}
    return Alarm(
        code=code,
        subject=place,
        message=message,
        facts=(("contract", scene.contract), *facts.items()),
        authority=getattr(event, "authority", None),
        block=at.block_number,
    )


def _foreign(event: Foreign, scene: Scene) -> Iterator[Alarm]:
    if event.name is None:
        message = "the contract emitted an event that its interface does not have"
        yield _alarm(event, scene, Code.EVENT_UNKNOWN, message, topic=event.topic.hex())


def _anchored(event: Anchored, scene: Scene) -> Iterator[Alarm]:
    if not scene.anchors_for(event.account, event.authority):
        message = "a batch by an account that the trust bundle does not name"
        yield _alarm(event, scene, Code.ACCOUNT_UNKNOWN, message, root=event.root.hex())


def _registered(event: AuthorityRegistered, scene: Scene) -> Iterator[Alarm]:
    unknown = scene.bundle.authority(event.authority) is None
    if unknown or scene.watched:
        message = "an authority was registered"
        known = not unknown
        yield _alarm(event, scene, Code.CONTRACT_ROLE_CHANGED, message, in_trust_bundle=known)


def _account(event: AccountSet, scene: Scene) -> Iterator[Alarm]:
    facts: dict[str, Fact] = {"subject": event.subject.hex(), "rights": int(event.rights)}
    if Right.ANCHOR in event.rights and not scene.anchors_for(event.subject, event.authority):
        message = "an account that the trust bundle does not name may anchor"
        yield _alarm(event, scene, Code.ACCOUNT_UNKNOWN, message, **facts)
    if scene.is_set_up(event.authority):
        message = "the rights of an account were changed"
        yield _alarm(event, scene, Code.CONTRACT_ROLE_CHANGED, message, **facts)


def _cap(event: DailyCapSet, scene: Scene) -> Iterator[Alarm]:
    if scene.is_set_up(event.authority):
        message = "the daily cap of final changes was changed"
        cap = event.daily_cap
        yield _alarm(event, scene, Code.CONTRACT_ROLE_CHANGED, message, daily_cap=cap)


def _paused(event: Paused | AuthorityPaused, scene: Scene) -> Iterator[Alarm]:
    what = "an authority" if isinstance(event, AuthorityPaused) else "the whole contract"
    message = f"{what} was stopped" if event.paused else f"{what} goes on"
    yield _alarm(event, scene, Code.CONTRACT_PAUSED, message, paused=event.paused)


def _delegated(event: Delegated, scene: Scene) -> Iterator[Alarm]:
    message = "an authority gave rights to a deputy, or took them back"
    facts: dict[str, Fact] = {"deputy": event.deputy, "rights": int(event.rights)}
    yield _alarm(event, scene, Code.CONTRACT_DELEGATED, message, until=event.until, **facts)


def _succeeded(event: SuccessorSet, scene: Scene) -> Iterator[Alarm]:
    message = "another contract takes over, this one is frozen"
    known = any(
        event.successor == contract.address
        for registry in scene.bundle.registries
        for contract in registry.contracts
    )
    facts: dict[str, Fact] = {"successor": event.successor.hex(), "in_trust_bundle": known}
    yield _alarm(event, scene, Code.CONTRACT_SUCCEEDED, message, **facts)


def _administration(event: Administration, scene: Scene) -> Iterator[Alarm]:
    # The first entry of every contract is its own deployment.
    if event.sequence > 1:
        message = "the contract's administration was changed"
        subject = event.subject.hex()
        yield _alarm(
            event, scene, Code.CONTRACT_ROLE_CHANGED, message, what=event.what, subject=subject
        )


_RULES: Final[dict[type, Callable[..., Iterator[Alarm]]]] = {
    Foreign: _foreign,
    Anchored: _anchored,
    AuthorityRegistered: _registered,
    AccountSet: _account,
    DailyCapSet: _cap,
    AuthorityPaused: _paused,
    Paused: _paused,
    Delegated: _delegated,
    SuccessorSet: _succeeded,
    Administration: _administration,
}
