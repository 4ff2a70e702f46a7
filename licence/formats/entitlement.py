"""The extension by which a licence-signing certificate says what its key may sign.

    Entitlement ::= SEQUENCE {
        authority   UTF8String,                 -- code of the issuing authority
        types       SEQUENCE OF UTF8String,     -- licence types, at least one
        industries  SEQUENCE OF UTF8String,     -- licence categories, at least one
        regions     SEQUENCE OF UTF8String }    -- prefixes of GB/T 2260 codes; none: no limit;
                                                -- else every address has its code

Each list is ascending and names a thing once, so that an entitlement has one spelling. The trust
bundle limits the authority, this limits one key of it: a licence must fit both.

Standard: RFC 5280, 4.2; identifier `oids.EXT_ENTITLEMENT`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509

from licence.domain.model import Draft
from licence.errors import AnzhengError, Code
from licence.formats import der, oids
from licence.formats.cbor_fields import is_authority
from licence.ids import AuthorityId

MAX_ENTITLEMENT_BYTES: Final = 4 * 1024
"""It stands in every file of the authority: much less than this is usual."""
MAX_ITEMS: Final = 200
"""Most types, industries or regions."""

_PARTS: Final = 4
_WORD: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?", re.ASCII)
_REGION: Final = re.compile(r"[0-9]{2,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a key may sign.

    Args:
        authority: Code of the issuing authority.
        types: Licence types, ascending.
        industries: Licence categories, ascending.
        regions: Prefixes of region codes, ascending; empty means no limit.
    """

    authority: AuthorityId
    types: tuple[str, ...]
    industries: tuple[str, ...]
    regions: tuple[str, ...] = ()


def make_entitlement(
    authority: AuthorityId,
    types: Sequence[str],
    industries: Sequence[str],
    regions: Sequence[str] = (),
) -> Entitlement:
    """Return an entitlement with its lists in order."""
    types, industries, regions = (tuple(sorted(set(each))) for each in (types, industries, regions))
    return Entitlement(authority, types, industries, regions)


def what_does_not_fit(entitlement: Entitlement, draft: Draft) -> str | None:
    """Return the first thing of a licence that a key may not sign, or None when it fits."""
    if draft.issuer_code != entitlement.authority:
        return "authority"
    if draft.licence_type not in entitlement.types:
        return "licence_type"
    if draft.industry.value not in entitlement.industries:
        return "industry"
    if entitlement.regions and any(address.region is None for address in draft.addresses):
        # Who leaves the code out would have no limit.
        return "region"
    return None if lies_in(draft, entitlement.regions) else "region"


def lies_in(draft: Draft, regions: Sequence[str]) -> bool:
    """Say whether every region code of a licence begins as one of these does; none: no limit."""
    codes = [address.region for address in draft.addresses if address.region is not None]
    return not regions or all(code.startswith(tuple(regions)) for code in codes)


def encode_entitlement(entitlement: Entitlement) -> bytes:
    """Return the value of the extension in DER.

    Raises:
        AnzhengError: SIGNER_NOT_ENTITLED, for what `decode_entitlement` would refuse.
    """
    lists = (entitlement.types, entitlement.industries, entitlement.regions)
    data = der.tlv(
        der.SEQUENCE,
        _text(entitlement.authority),
        *(der.tlv(der.SEQUENCE, *map(_text, each)) for each in lists),
    )
    decode_entitlement(data)
    return data


def decode_entitlement(data: bytes) -> Entitlement:
    """Read the value of the extension.

    Raises:
        AnzhengError: SIGNER_NOT_ENTITLED, for anything but the one spelling of an entitlement: who
            cannot say what a key may sign has shown nothing.
    """
    if len(data) > MAX_ENTITLEMENT_BYTES:
        raise _refuse("an entitlement of this size", len(data))
    try:
        parts = der.children(data)
        if len(parts) != _PARTS:
            raise _refuse("an entitlement has four parts", len(parts))
        authority = der.value(parts[0], der.UTF8_STRING).decode("ascii")
        types, industries, regions = map(_texts, parts[1:])
    except (AnzhengError, UnicodeDecodeError) as error:
        raise _refuse("the entitlement is no DER of ours") from error
    if not is_authority(authority):
        raise _refuse("an entitlement names its authority")
    if not types or not industries:
        raise _refuse("an entitlement to nothing")
    _check_items((*types, *industries), _WORD)
    _check_items(regions, _REGION)
    return Entitlement(AuthorityId(authority), types, industries, regions)


def entitlement_of(certificate: x509.Certificate) -> Entitlement | None:
    """Return what a licence-signing key may sign; None of a certificate that does not say.

    Raises:
        AnzhengError: SIGNER_NOT_ENTITLED, when it says so in a way that is not ours.
    """
    identifier = x509.ObjectIdentifier(oids.EXT_ENTITLEMENT)
    try:
        value = certificate.extensions.get_extension_for_oid(identifier).value
    except x509.ExtensionNotFound:
        return None
    return decode_entitlement(value.public_bytes())


def _text(text: str) -> bytes:
    return der.tlv(der.UTF8_STRING, text.encode("utf-8", errors="replace"))


def _texts(part: bytes) -> tuple[str, ...]:
    found = tuple(
        der.value(each, der.UTF8_STRING).decode("ascii")
        for each in der.children(part)[: MAX_ITEMS + 1]
    )
    if len(found) > MAX_ITEMS or list(found) != sorted(set(found)):
        raise _refuse("a list that is too long, or not ascending", len(found))
    return found


def _check_items(items: Sequence[str], form: re.Pattern[str]) -> None:
    if not all(form.fullmatch(item) for item in items):
        raise _refuse("a word that no licence uses")


def _refuse(message: str, size: int | None = None) -> AnzhengError:
    return AnzhengError(Code.SIGNER_NOT_ENTITLED, message, size=size)
