"""Makes the licence signer of an authority from the key that may sign now."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anzheng import key_book
from anzheng.flows.key_making import KeyOffice
from anzheng.key_book import KeyBook, KeyState
from anzheng.settings import TEST_TSA
from anzheng.timestamping import OwnTsa, make_timestamper
from licence.errors import AnzhengError, Code
from licence.formats.ceremony import Purpose
from licence.ids import AuthorityId
from signer.certificates import load_certificate
from signer.issue import Parked
from signer.sign import LicenceSigner, RevocationData, SignedLicence, SignerChain
from signer.tsa_crl import check_covered, read_list

USED_FOR = timedelta(hours=2)
"""A signer is made anew each hour, and its last batch takes a while: so long lists must last."""


@dataclass(frozen=True, slots=True)
class LockedSigner:
    """Stands where no key may sign; everything else of the office works on."""

    error: AnzhengError

    def sign_batch(
        self,
        statement: bytes,
        licences: Sequence[bytes],
        *,
        on_parked: Callable[[Parked], None] | None = None,
    ) -> Iterator[SignedLicence]:
        """Say why nothing is signed."""
        del statement, licences, on_parked
        raise self.error


def signing_key(keys: KeyOffice, authority: AuthorityId, now: datetime) -> KeyState | None:
    """Return the licence key that signs now, or None while there is none.

    A key below a CA that leaked is none: nobody would believe what it signs.
    """
    book = keys.book()
    try:
        key = book.active(Purpose.LICENCE, authority, now)
    except AnzhengError as error:
        if error.code is not Code.KEY_LOCKED:
            raise
        return None
    return None if any(each.distrust_from for each in _above(keys, book, key)) else key


def _above(keys: KeyOffice, book: KeyBook, key: KeyState) -> tuple[KeyState, ...]:
    """Return the CAs above a key as far as they are here."""
    found: tuple[KeyState, ...] = ()
    try:
        found = (issuing := key_book.issuer_of(keys.ring, book, key),)
        found = (issuing, key_book.issuer_of(keys.ring, book, issuing))
    except AnzhengError as error:
        # What is missing is said when the key is opened.
        if error.code is not Code.KEY_URI:
            raise
    return found


def licence_signer(keys: KeyOffice, key: KeyState) -> LicenceSigner:
    """Return the signer of a key, with fresh revocation data.

    Raises:
        AnzhengError: KEY_LOCKED, KEY_URI, KEY_REFUSED, TOOL_MISSING; SETTINGS_UNSAFE.
    """
    book, now, settings = keys.book(), keys.clock.now(), keys.settings
    issuing = key_book.issuer_of(keys.ring, book, key)
    root = key_book.issuer_of(keys.ring, book, issuing)
    own, above_tsa = _own_tsa(keys, book, now)
    crls = tuple(_crl(keys, name, now) for name in dict.fromkeys((root.name, *above_tsa)))
    _require_good(keys, (issuing, root), crls, now)
    opened = keys.ring.signing_key(key.name, settings.signature_padding)
    issuing_ca = keys.open_ca(issuing.name)
    revoked = keys.register.revoked(issuing_ca.certificate)
    if load_certificate(opened.certificate).serial_number in {each.serial for each in revoked}:
        raise AnzhengError(Code.KEY_LOCKED, "the certificate of the key was revoked")
    return LicenceSigner(
        opened,
        chain=SignerChain((issuing_ca.certificate,), keys.ring.certificate(root.name)),
        timestamper=make_timestamper(settings, keys.ring, own, keys.clock, keys.entropy),
        revocation=RevocationData(
            crls=crls,
            ocsps=(issuing_ca.ocsp_answer(opened.certificate, revoked, now=now),),
        ),
        clock=keys.clock,
        environment=settings.environment,
    )


def _own_tsa(keys: KeyOffice, book: KeyBook, now: datetime) -> tuple[OwnTsa, tuple[str, ...]]:
    """Return our own responder, and the name of the root above it; outside ones have neither."""
    if keys.settings.tsa or keys.settings.tsa_url != TEST_TSA:
        return OwnTsa("", b""), ()
    tsa = book.active(Purpose.TSA, None, now)
    root = key_book.issuer_of(keys.ring, book, tsa)
    return OwnTsa(tsa.name, keys.ring.certificate(root.name)), (root.name,)


def _require_good(
    keys: KeyOffice, path: tuple[KeyState, KeyState], crls: tuple[bytes, ...], now: datetime
) -> None:
    """Refuse to sign what no verifier could conclude on: the lists go into the files for ever."""
    chain = tuple(load_certificate(keys.ring.certificate(each.name)) for each in path)
    try:
        for moment in (now, now + USED_FOR):
            check_covered(chain, crls, moment)
    except AnzhengError as error:
        below, above = path
        raise AnzhengError(
            Code.KEY_LOCKED,
            f"the revocation list of {above.name} ends too soon, or names {below.name}",
            key=above.name,
        ) from error


def _crl(keys: KeyOffice, name: str, now: datetime) -> bytes:
    """Return a fresh revocation list of a CA, or the one laid beside a CA that is kept offline."""
    if not keys.ring.has(name):
        place = keys.ring.folder / f"{name}.crl"
        if not place.is_file():
            raise AnzhengError(Code.KEY_URI, f"neither key nor revocation list of {name} is here")
        try:
            return read_list(place.read_bytes())
        except AnzhengError as error:
            raise AnzhengError(Code.KEY_LOCKED, f"{place.name} is no revocation list") from error
    ca = keys.open_ca(name)
    listed = keys.register.next_list(ca.certificate)
    return ca.crl(listed.revoked, now=now, number=listed.number)
