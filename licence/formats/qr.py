"""The printed data code 离线查验码: what a licence says, signed by the authority's QR key.

Small enough for 40 mm of paper, and enough to prove the data without network: the facts to compare
with the paper, where the status is read, and which licence it is (leaf and digest). It proves the
data and not who shows it: a printed code can be copied.

Standard: RFC 9052 (COSE_Sign1); DESIGN 2 (8) and 4; research wallet 3.1.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, TypeVar

from licence.domain.model import Environment, Kind, LicenceVersion, StatusRef
from licence.errors import AnzhengError, Code
from licence.formats import cbor, cose, licence_json
from licence.formats.cbor_fields import EPOCH_DAY, Fields
from licence.formats.es256 import SignBytes
from licence.formats.limits import MAX_STATUS_INDEX
from licence.formats.qr_signed import read_signed
from licence.formats.trust_types import StatusKey
from licence.ids import AuthorityId, Digest, Leaf, LicenceNo, StatusIndex

CONTENT_TYPE: Final = "application/anzheng-qr+cbor"
VERSION: Final = 1
MAX_PRINTED_BYTES: Final = 1_200
MAX_NUMBER: Final = 40
MAX_NAME: Final = 100
MAX_SCOPE: Final = 40
MAX_LICENCE_VERSION: Final = 999
DIGEST_BYTES: Final = 32

_PARTS: Final = 19
_INDUSTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_TYPE: Final = re.compile(r"[a-z](?:[a-z-]{0,62}[a-z])?", re.ASCII)
_USCC: Final = re.compile(r"[0-9A-HJ-NP-RTUW-Y]{18}", re.ASCII)
_KINDS: Final[Mapping[Kind, int]] = MappingProxyType(
    {Kind.REGULAR: 0, Kind.EMERGENCY_TEMPORARY: 1, Kind.SAMPLE: 2, Kind.DIGITISED: 3}
)
_ENVIRONMENTS: Final[Mapping[Environment, int]] = MappingProxyType(
    {Environment.TEST: 0, Environment.PRODUCTION: 1}
)

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Printed:
    """What a printed data code says.

    Attributes:
        environment: Test or production.
        authority: Who issued the licence, and whose QR key signs.
        status: Where the status of the licence is read.
        leaf: Identity of the licence file.
        licence_digest: SHA-256 of `licence.json`.
        licence_type: Such as `safety-production`.
        industry: Its category, such as `WH`.
        licence_no: As on the page.
        enterprise_name: As on the page.
        uscc: As on the page.
        kind: What kind of version it is.
        version: Number of the version.
        issued_on: Day of issue.
        valid_from: First day.
        valid_to: Last day.
        scope: The scope, shortened to `MAX_SCOPE` characters.
        issued_at: When the code was signed, whole seconds.
    """

    environment: Environment
    authority: AuthorityId
    status: StatusRef
    leaf: Leaf
    licence_digest: Digest
    licence_type: str
    industry: str
    licence_no: LicenceNo
    enterprise_name: str
    uscc: str
    kind: Kind
    version: int
    issued_on: date
    valid_from: date
    valid_to: date
    scope: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class ReadPrinted:
    """A code that was read; `verify_printed` says whether its authority signed it."""

    said: Printed
    kid: bytes
    parts: cose.Parts


def printed_of(version: LicenceVersion, *, leaf: Leaf, issued_at: datetime) -> Printed:
    """Return what the data code of a licence says.

    Args:
        version: The licence.
        leaf: Of its file.
        issued_at: The time, whole seconds.
    """
    draft = version.draft
    return Printed(
        environment=draft.environment,
        authority=draft.issuer_code,
        status=version.status,
        leaf=leaf,
        licence_digest=licence_json.digest(licence_json.encode(version)),
        licence_type=draft.licence_type,
        industry=draft.industry.value,
        licence_no=draft.licence_no,
        enterprise_name=draft.enterprise_name,
        uscc=draft.uscc,
        kind=draft.kind,
        version=draft.version,
        issued_on=draft.issued_on,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        scope=short_scope([item.name for item in draft.scope]),
        issued_at=issued_at,
    )


def short_scope(names: Sequence[str]) -> str:
    """Return the scope in `MAX_SCOPE` characters: all items, or the first ones and how many."""
    whole = "、".join(names)
    if len(whole) <= MAX_SCOPE:
        return whole
    end = f"…等{len(names)}项"
    return whole[: MAX_SCOPE - len(end)].rstrip(" 、") + end


def encode_printed(said: Printed, *, kid: bytes, sign: SignBytes) -> bytes:
    """Return the signed code.

    Args:
        said: What it says.
        kid: Name of the QR key, `es256.key_id` of it.
        sign: Signs with that key.

    Raises:
        AnzhengError: QR_SYNTAX if `read_printed` would refuse it; COSE_SIGNATURE.
    """
    payload = cbor.dumps(payload_of(said))
    data = cose.sign1(payload, content_type=CONTENT_TYPE, kid=kid, sign=sign)
    if read_printed(data).said != said:
        raise AnzhengError(Code.QR_SYNTAX, "the code does not read back as itself")
    return data


def read_printed(data: bytes) -> ReadPrinted:
    """Read a code; who signed it is not asked yet.

    Raises:
        AnzhengError: QR_SYNTAX.
    """
    signed = read_signed(data, CONTENT_TYPE, MAX_PRINTED_BYTES)
    return ReadPrinted(_read(signed.payload), signed.kid, signed.parts)


def verify_printed(found: ReadPrinted, keys: Sequence[StatusKey]) -> Printed:
    """Return what the code says, once it is found to be signed by a key of its authority.

    Args:
        found: From `read_printed`.
        keys: QR keys of the authority that the code names, from the trust bundle.

    Raises:
        AnzhengError: SIGNER_UNTRUSTED for a key that is not among them, SIGNER_DISTRUSTED for one
            that was not believed when the code was signed, QR_SIGNATURE for a wrong signature.
    """
    key = next((each for each in keys if each.kid == found.kid), None)
    if key is None:
        raise AnzhengError(Code.SIGNER_UNTRUSTED, "no key of the authority that the code names")
    if not key.believed_at(found.said.issued_at):
        raise AnzhengError(Code.SIGNER_DISTRUSTED, "the key was not in use when this was signed")
    try:
        cose.verify_parts(found.parts, key.key)
    except AnzhengError as error:
        raise AnzhengError(Code.QR_SIGNATURE, "the code was altered, or is a forgery") from error
    return found.said


def payload_of(said: Printed) -> tuple[cbor.CborValue, ...]:
    """Return what is signed, as a value."""
    return (
        VERSION,
        _ENVIRONMENTS[said.environment],
        said.status.registry,
        said.authority,
        said.status.index,
        said.leaf,
        said.licence_digest,
        said.licence_type,
        said.industry,
        said.licence_no,
        said.enterprise_name,
        said.uscc,
        _KINDS[said.kind],
        said.version,
        (said.issued_on - EPOCH_DAY).days,
        (said.valid_from - EPOCH_DAY).days,
        (said.valid_to - EPOCH_DAY).days,
        said.scope,
        int(said.issued_at.timestamp()),
    )


def _read(payload: cbor.CborValue) -> Printed:
    fields = Fields(payload, _PARTS, Code.QR_SYNTAX)
    fields.integer(VERSION, VERSION)
    environment = _member(_ENVIRONMENTS, fields.integer(0, len(_ENVIRONMENTS) - 1))
    registry, authority = fields.registry(), fields.authority()
    said = Printed(
        environment=environment,
        authority=authority,
        status=StatusRef(registry, StatusIndex(fields.integer(0, MAX_STATUS_INDEX))),
        leaf=Leaf(fields.octets(DIGEST_BYTES)),
        licence_digest=Digest(fields.octets(DIGEST_BYTES)),
        licence_type=fields.matching(_TYPE),
        industry=fields.matching(_INDUSTRY),
        licence_no=LicenceNo(fields.text(MAX_NUMBER)),
        enterprise_name=fields.text(MAX_NAME),
        uscc=fields.matching(_USCC),
        kind=_member(_KINDS, fields.integer(0, len(_KINDS) - 1)),
        version=fields.integer(1, MAX_LICENCE_VERSION),
        issued_on=fields.day(),
        valid_from=fields.day(),
        valid_to=fields.day(),
        scope=fields.text(MAX_SCOPE),
        issued_at=fields.moment(),
    )
    if said.valid_to < said.valid_from:
        raise AnzhengError(Code.QR_SYNTAX, "the licence ends before it begins")
    return said


def _member(numbers: Mapping[M, int], number: int) -> M:
    return next(member for member, each in numbers.items() if each == number)
