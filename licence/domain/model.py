"""What a licence is: frozen values, no behaviour. The rules about them stand in `rules.py`.

One `LicenceVersion` = one signed PDF = one leaf = one status index. It is never edited: change,
renewal and reissue make a new version with `supersedes`.

Source: research licence_domain C.2 and C.3; DESIGN 3.1, 3.5.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from licence.ids import AuthorityId, Digest, LicenceNo, RegistryId, StatusIndex


@unique
class Environment(StrEnum):
    """Whether a licence has legal effect at all; `test` pages say 示例."""

    TEST = "test"
    PRODUCTION = "production"


@unique
class Kind(StrEnum):
    """What kind of version this is."""

    REGULAR = "REGULAR"
    EMERGENCY_TEMPORARY = "EMERGENCY_TEMPORARY"
    SAMPLE = "SAMPLE"
    DIGITISED = "DIGITISED"


@unique
class Industry(StrEnum):
    """Licence categories; the value is the prefix in the licence number."""

    COAL = "MK"
    NON_COAL_MINE = "FM"
    HAZARDOUS_CHEMICALS = "WH"
    FIREWORKS = "YH"
    CONSTRUCTION = "JZ"
    CIVIL_EXPLOSIVES = "MB"
    OTHER = "XX"


@unique
class AddressType(StrEnum):
    """What stands at an address."""

    REGISTERED = "REGISTERED"
    PRODUCTION = "PRODUCTION"
    STORAGE = "STORAGE"
    MINE = "MINE"
    TAILINGS = "TAILINGS"


@unique
class Risk(StrEnum):
    """Risk of one item of the scope."""

    NORMAL = "NORMAL"
    HIGH = "HIGH"


@unique
class IssuerLevel(StrEnum):
    """Level of the issuing authority (GB/T 36903, ZZBFJGJB)."""

    NATIONAL = "国家级"
    PROVINCE = "省级"
    CITY = "地市级"
    COUNTY = "区县级"
    OTHER = "其他"


@unique
class ReviewResult(StrEnum):
    """Result of an annual review 年度复核."""

    PASS = "PASS"
    FAIL = "FAIL"
    PENDING = "PENDING"


@unique
class ChangeType(StrEnum):
    """What a change 变更 concerned."""

    NAME = "NAME"
    ADDRESS = "ADDRESS"
    LEGAL_REP = "LEGAL_REP"
    PRINCIPAL = "PRINCIPAL"
    ECONOMIC_TYPE = "ECONOMIC_TYPE"
    SCOPE = "SCOPE"
    MERGER = "MERGER"


@unique
class Scale(StrEnum):
    """Sizes of type of the seed profiles: readable from afar, or as the seed has them."""

    LEGIBLE = "legible"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Address:
    """One address; `region` is a GB/T 2260 code."""

    type: AddressType
    text: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class EconomicType:
    """The registry's text is the truth, the GB/T 12402 code is optional."""

    text: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class ScopeItem:
    """One permitted activity; amounts are strings, for they are printed, not calculated with."""

    name: str
    capacity: str | None = None
    unit: str | None = None
    category: str | None = None
    risk: Risk = Risk.NORMAL


@dataclass(frozen=True, slots=True)
class AnnualReview:
    """One annual review that was on record when this version was made."""

    year: int
    result: ReviewResult
    on: date | None
    by: str | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """Digest of an application material."""

    name: str
    sha256: Digest


@dataclass(frozen=True, slots=True)
class Translation:
    """A reference translation; the Chinese text prevails."""

    lang: str
    enterprise_name: str
    principal: str
    addresses: tuple[str, ...]
    economic_type: str
    scope: tuple[str, ...]
    issuer: str
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change that was on record when this version was made."""

    type: ChangeType
    before: str
    after: str
    on: date


@dataclass(frozen=True, slots=True)
class Glyph:
    """The outline of a character that no font has, approved by the officers who release it.

    Attributes:
        char: The character.
        outline: An SVG path, by the rules of `licence.domain.glyph_outline`.
    """

    char: str
    outline: str


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Which pages the file has, and in which size.

    Attributes:
        copies: How many originals 正本, each numbered.
        scale: Sizes of type.
        back: Whether there is a back page with the guide.
        large_print: Whether there are pages in large print.
    """

    copies: int = 1
    scale: Scale = Scale.LEGIBLE
    back: bool = True
    large_print: bool = False


@dataclass(frozen=True, slots=True)
class StatusRef:
    """Where the status of this version is read; signed with the data, never taken from evidence."""

    registry: RegistryId
    index: StatusIndex


@dataclass(frozen=True, slots=True)
class Draft:
    """A licence version as the roster gives it: everything but its place in the status lists."""

    licence_type: str
    environment: Environment
    licence_no: LicenceNo
    elicence_id: str
    version: int
    kind: Kind
    industry: Industry
    enterprise_name: str
    uscc: str
    principal: str
    legal_representative: str | None
    addresses: tuple[Address, ...]
    economic_type: EconomicType
    scope: tuple[ScopeItem, ...]
    first_issued: date
    issued_on: date
    valid_from: date
    valid_to: date
    issuer: str
    issuer_code: AuthorityId
    issuer_level: IssuerLevel
    delegated_by: AuthorityId | None
    supersedes: int | None
    renewal_no: int
    change_no: int
    reissue_no: int
    annual_reviews: tuple[AnnualReview, ...]
    attachments: tuple[Attachment, ...]
    translation: Translation | None
    template: str
    legal_basis: str
    page: PageOptions = PageOptions()
    changes: tuple[Change, ...] = ()
    glyphs: tuple[Glyph, ...] = ()


@dataclass(frozen=True, slots=True)
class LicenceVersion:
    """A draft with its status index: exactly what `licence.json` says."""

    draft: Draft
    status: StatusRef
