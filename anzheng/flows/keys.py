"""What officers do with keys: make the first of a purpose, make the next one, end one.

Each is a ceremony (`anzheng.flows.key_ceremony`), which leaves a record that two officers signed.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from anzheng import key_book
from anzheng.flows.key_ceremony import Asked, Attendance, Held, Step, hold, publish
from anzheng.flows.key_making import (
    KeyOffice,
    check_size,
    check_store,
    default_bits,
    facts_of,
    make_key,
)
from anzheng.key_book import KeyState
from anzheng.keyring import FILE
from licence.errors import AnzhengError, Code
from licence.formats import ceremony
from licence.formats.ceremony import OF_AN_AUTHORITY, Act, Order, Purpose
from licence.formats.fields import whole_second
from licence.ids import AuthorityId

ID_BYTES = 4

_CAS = frozenset({Purpose.ROOT, Purpose.ISSUING, Purpose.HOLDER_CA})


@dataclass(frozen=True, slots=True)
class Wish:
    """What key is wanted.

    Attributes:
        act: INIT or ROTATE.
        authority: Whose officers ask, and whose key it is.
        purpose: What for.
        store: `file:`, or `pkcs11:token=…`: the name of the key is added.
        bits: Size of an RSA key; 0 for the usual one.
        signs_from: From when on it signs; at once unless given.
        certificate: Made by a CA whose key is not here.
    """

    act: Act
    authority: AuthorityId
    purpose: Purpose = Purpose.LICENCE
    store: str = FILE
    bits: int = 0
    signs_from: datetime | None = None
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """Which key is to end, and why.

    Attributes:
        authority: Whose officers ask.
        key: Name of the key.
        reason: Why.
        compromised_since: From when on it was in other hands.
    """

    authority: AuthorityId
    key: str
    reason: str
    compromised_since: datetime | None = None


def make(
    office: KeyOffice, wish: Wish, present: Attendance, on_step: Step = lambda _step: None
) -> Held:
    """Make the first key of a purpose, or the next one.

    Raises:
        AnzhengError: CONFLICT for a first key where there is one; NOT_FOUND for the next one where
            there is none; CEREMONY_UNFINISHED; the officers' CEREMONY_… codes; what `check_store`
            and `make_key` refuse with.
    """
    bits = wish.bits or default_bits(wish.purpose)

    def store_of(key: str) -> str:
        return wish.store if wish.store == FILE else f"{wish.store};object={key}"

    def planned() -> Order:
        book, now = office.book(), whole_second(office.clock.now())
        open_keys = [key for key in book.of(wish.purpose, wish.authority) if key.closed_at is None]
        if wish.act is Act.INIT and open_keys:
            raise AnzhengError(Code.CONFLICT, f"{open_keys[-1].name} is there: rotate or close it")
        if wish.act is Act.ROTATE and not book.of(wish.purpose, wish.authority):
            raise AnzhengError(Code.NOT_FOUND, "there is no key that the new one could follow")
        name = book.next_name(wish.purpose, wish.authority)
        before = book.of(wish.purpose, wish.authority)
        # An order that could never be carried out would keep all others from beginning.
        check_size(wish.purpose, bits)
        check_store(office, wish.purpose, store_of(name))
        return Order(
            id=_new_id(office, now),
            act=wish.act,
            authority=wish.authority,
            purpose=wish.purpose,
            key=name,
            store=store_of(name),
            officers=tuple(present.officers),
            place=present.place,
            held_at=now,
            previous=before[-1].name if wish.act is Act.ROTATE else None,
            signs_from=max(now, whole_second(wish.signs_from or now)),
        )

    def is_asked(order: Order) -> bool:
        begins = max(order.held_at, whole_second(wish.signs_from or order.held_at))
        return (order.store, order.signs_from) == (store_of(order.key), begins)

    def carried_out(order: Order) -> ceremony.KeyFacts:
        return make_key(office, order, bits, wish.certificate)

    kind = (wish.act, wish.authority, wish.purpose)
    return hold(office, Asked(kind, is_asked, planned, carried_out), present, on_step)


def close(
    office: KeyOffice,
    closing: Closing,
    present: Attendance,
    on_step: Step = lambda _step: None,
) -> Held:
    """End a key: it signs no more; one that leaked is not believed from a moment on.

    A key that is closed already stays as it is, unless it is now said to have leaked, or to have
    leaked earlier. A leak does not wait for another ceremony that was begun and not finished.

    Raises:
        AnzhengError: NOT_FOUND; CEREMONY_UNFINISHED; the officers' CEREMONY_… codes.
    """
    key = _key_of(office, closing)
    leaked = closing.compromised_since
    since = None if leaked is None else whole_second(leaked)

    def is_asked(order: Order) -> bool:
        wanted = (Act.CLOSE, key.name, since)
        return (order.act, order.key, order.compromised_since) == wanted

    begun = [each for each in key_book.unfinished(office.settings.data_dir) if is_asked(each)]
    if _is_known(key, since) and not begun:
        return _closed_before(office, key)

    def planned() -> Order:
        now = whole_second(office.clock.now())
        return Order(
            id=_new_id(office, now),
            act=Act.CLOSE,
            authority=closing.authority,
            purpose=key.purpose,
            key=key.name,
            store=FILE if key.purpose is Purpose.QR else _public_store(office, key),
            officers=tuple(present.officers),
            place=present.place,
            held_at=now,
            reason=closing.reason,
            compromised_since=since,
        )

    def carried_out(order: Order) -> ceremony.KeyFacts:
        if order.compromised_since is not None:
            _revoke(office, order, order.compromised_since)
        return facts_of(office, order.key, order.purpose)

    kind = (Act.CLOSE, closing.authority, key.purpose)
    asked = Asked(kind, is_asked, planned, carried_out, is_urgent=since is not None)
    return hold(office, asked, present, on_step)


def _is_known(key: KeyState, since: datetime | None) -> bool:
    """Say whether a key is closed, and as early as is said now."""
    early = since is None or (key.distrust_from is not None and key.distrust_from <= since)
    return key.closed_at is not None and early


def _closed_before(office: KeyOffice, key: KeyState) -> Held:
    """Return the ceremony that closed a key; a crash may have left the bundle behind."""
    home = office.settings.data_dir
    held = [
        each
        for each in key_book.records(home)
        if (each.order.act, each.order.key) == (Act.CLOSE, key.name)
    ]
    return Held(held[-1], home / key_book.FOLDER / held[-1].order.id, publish(office))


def _key_of(office: KeyOffice, closing: Closing) -> KeyState:
    key = office.book().key(closing.key)
    if key.purpose in OF_AN_AUTHORITY and key.authority != closing.authority:
        raise AnzhengError(Code.NOT_FOUND, f"{closing.key} is another authority's", key=key.name)
    return key


def _revoke(office: KeyOffice, order: Order, since: datetime) -> None:
    """Put a leaked key on the list of its CA; a root is on none, verifiers stop pinning it."""
    if order.purpose in {Purpose.QR, Purpose.ROOT}:
        return
    reason = x509.ReasonFlags.key_compromise
    if order.purpose in _CAS:
        reason = x509.ReasonFlags.ca_compromise
    certificate = office.ring.certificate(order.key)
    # One that another CA issued is not in our register: that CA is to be told.
    office.register.record(certificate, now=office.clock.now())
    office.register.revoke(certificate, at=since, reason=reason)


def _public_store(office: KeyOffice, key: KeyState) -> str:
    """Return where a key is without paths of this machine."""
    uri = office.ring.uri(key.name)
    return FILE if uri.startswith(FILE) else uri.partition("?")[0]


def _new_id(office: KeyOffice, now: datetime) -> str:
    return f"c{now:%Y%m%d-%H%M%S}-{office.entropy.bytes(ID_BYTES).hex()}"
