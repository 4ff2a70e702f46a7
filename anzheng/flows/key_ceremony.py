"""How a key ceremony is held: two officers, one record, and nothing lost when it is interrupted.

Each step is durable before the next, and a ceremony that was interrupted is finished by asking for
it again:

1. The order is written down: what is to be done, by whom, where.
2. Key and certificate are made; or, for a leaked key, its certificate is revoked.
3. The officers sign the record, which is stored, and drawn as PDF for people.
4. A line is added to the log: from here on the key signs, or does not.
5. The trust bundle is published anew where its keys are here.

What a ceremony can be about stands in `anzheng.flows.keys`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from anzheng import key_book
from anzheng.files import write_durably
from anzheng.flows import trust as trusting
from anzheng.flows.key_making import KeyOffice
from anzheng.keyfiles import Key
from anzheng.locking import alone
from anzheng.officers import sign_as
from licence.errors import AnzhengError, Code
from licence.formats import ceremony
from licence.formats.ceremony import Act, Ceremony, Order, Purpose
from licence.formats.fields import moment_text
from licence.formats.officers import (
    OFFICERS_NEEDED,
    OfficerCodes,
    PinnedOfficer,
    SignedStatement,
    check_officers,
)
from licence.ids import AuthorityId, OfficerId
from signer.ceremony_record import render_record

LOCK = "lock"

_CODES = OfficerCodes(
    unknown=Code.CEREMONY_OFFICER_UNKNOWN,
    too_few=Code.CEREMONY_TWO_OFFICERS,
    signature=Code.CEREMONY_SIGNATURE,
)


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who holds a ceremony, and where."""

    officers: Mapping[OfficerId, Key]
    place: str


@dataclass(frozen=True, slots=True)
class Held:
    """A finished ceremony.

    Attributes:
        record: What was signed.
        folder: Where record.json and record.pdf lie.
        bundle: Version of the trust bundle that tells of it; None where its keys are not here.
    """

    record: Ceremony
    folder: Path
    bundle: int | None


Step = Callable[[str], None]
"""Told of each step that is durable now."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A ceremony that somebody asks for.

    Attributes:
        kind: What is done, by whose officers, to which purpose's key.
        is_asked: Whether an order that was begun before is this very one.
        planned: Makes the order.
        carried_out: Does what the order says; done again, it changes nothing more.
        is_urgent: Whether it does not wait for one that was begun and not finished.
    """

    kind: tuple[Act, AuthorityId, Purpose]
    is_asked: Callable[[Order], bool]
    planned: Callable[[], Order]
    carried_out: Callable[[Order], ceremony.KeyFacts]
    is_urgent: bool = False


def hold(office: KeyOffice, asked: Asked, present: Attendance, on_step: Step) -> Held:
    """Hold a ceremony, or finish it.

    Raises:
        AnzhengError: CEREMONY_UNFINISHED; the officers' CEREMONY_… codes; CONFLICT while another
            one is held; SETTINGS_INVALID for another public_url than the bundle's; what the order
            cannot be carried out for.
    """
    home = office.settings.data_dir
    pinned = _check_attendance(office, asked.kind[1], present)
    # Its certificate and the bundle that tells of it carry the address.
    trusting.check_address(office.settings, home / "trust", now=office.clock.now())
    with alone(home / key_book.FOLDER / LOCK, "holds a ceremony"):
        order = _resumed(home, asked, present) or asked.planned()
        key_book.begin(home, order)
        on_step("begun")
        folder = home / key_book.FOLDER / order.id
        held = _signed(folder, order, asked, present, pinned)
        on_step("signed")
        write_durably(folder / key_book.RECORD_PDF, render_record(held, is_test=office.is_test))
        on_step("written")
        key_book.append(home, held)
        on_step("logged")
        bundle = publish(office)
        on_step("published")
    return Held(held, folder, bundle)


def publish(office: KeyOffice) -> int | None:
    """Publish the trust bundle where its keys are here, and return its version."""
    folder = office.settings.data_dir / "trust"
    return trusting.renew(
        office.settings, office.estate, office.ring, folder, now=office.clock.now()
    )


def _resumed(home: Path, asked: Asked, present: Attendance) -> Order | None:
    """Return the order of a ceremony that was interrupted, if this one asks for the very same."""
    begun = key_book.unfinished(home)
    for order in begun:
        same = (order.act, order.authority, order.purpose) == asked.kind
        if same and set(order.officers) == set(present.officers) and asked.is_asked(order):
            return order
    # A leak waits for nobody, but for another leak.
    waits_for = [each for each in begun if each.compromised_since or not asked.is_urgent]
    for order in waits_for:
        leak = f" since {moment_text(order.compromised_since)}" if order.compromised_since else ""
        raise AnzhengError(
            Code.CEREMONY_UNFINISHED,
            f"{order.id} ({order.act.value} {order.key}{leak}, {order.store}, by "
            f"{', '.join(order.officers)}) was begun: ask for it again as it was to finish it",
            ceremony=order.id,
            key=order.key,
        )
    return None


def _signed(
    folder: Path,
    order: Order,
    asked: Asked,
    present: Attendance,
    pinned: tuple[PinnedOfficer, ...],
) -> Ceremony:
    place = folder / key_book.RECORD
    if place.is_file():
        return ceremony.decode(place.read_bytes())
    held = Ceremony(order, asked.carried_out(order))
    data = ceremony.statement_bytes(held)
    signatures = tuple(sign_as(name, present.officers[name], data) for name in order.officers)
    check_officers(SignedStatement(order.authority, data, signatures), pinned, _CODES)
    held = replace(held, signatures=signatures)
    write_durably(place, ceremony.encode(held))
    return held


def _check_attendance(
    office: KeyOffice, authority: AuthorityId, present: Attendance
) -> tuple[PinnedOfficer, ...]:
    """Refuse before anything is done what could not be signed at the end."""
    entry = office.estate.authority(authority)
    known = {each.id: each.public_key for each in entry.officers}
    for name, key in present.officers.items():
        if name not in known:
            raise AnzhengError(
                Code.CEREMONY_OFFICER_UNKNOWN, f"{name} is no officer of {authority}", officer=name
            )
        if key.public_der != known[name]:
            raise AnzhengError(
                Code.CEREMONY_SIGNATURE, f"this is not the key of {name}", officer=name
            )
    if len({known[name] for name in present.officers}) < OFFICERS_NEEDED:
        raise AnzhengError(Code.CEREMONY_TWO_OFFICERS, "a ceremony needs two officers")
    return entry.pinned_officers


def not_signed(office: KeyOffice) -> tuple[str, ...]:
    """Return the ceremonies that officers of today did not sign: forged, or theirs who left."""
    return tuple(
        held.order.id
        for held in key_book.records(office.settings.data_dir)
        if not _is_signed(office, held)
    )


def _is_signed(office: KeyOffice, held: Ceremony) -> bool:
    authority = held.order.authority
    statement = SignedStatement(authority, ceremony.statement_bytes(held), held.signatures)
    try:
        check_officers(statement, office.estate.authority(authority).pinned_officers, _CODES)
    except AnzhengError:
        return False
    return True
