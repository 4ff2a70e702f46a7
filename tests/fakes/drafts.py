"""Drafts and licence versions for tests: one good roster row, varied field by field."""

from collections.abc import Mapping

from licence.domain.elicence_id import make_elicence_id
from licence.domain.licence_types import HAZCHEM_TRADING
from licence.domain.model import Draft, LicenceVersion, StatusRef
from licence.domain.rows import parse_row
from licence.ids import RegistryId, StatusIndex
from licence.pages import SectionKind
from licence.pages.templates import TEMPLATES as SPECS

TYPE_CODE = "1121000000TXT10121901"
ISSUER = "1121000000TXT10121"
OTHER_ISSUER = "1121020000TXT10206"


def elicence_id(version: int, issuer: str = ISSUER) -> str:
    """Return the identifier of a version of the one good row."""
    return make_elicence_id(TYPE_CODE, issuer, "20240127", version).text


def good_row(**changes: object) -> dict[str, object]:
    """Return the one good row with changes; a change to `...` leaves the field out."""
    row: dict[str, object] = {
        "environment": "test",
        "licence_no": "（辽）WH安许证字〔2024〕0127",
        "elicence_id": elicence_id(1),
        "version": 1,
        "kind": "REGULAR",
        "industry": "WH",
        "enterprise_name": "大连镕犇化工有限公司",
        "uscc": "91210213MA9TXT017B",
        "principal": "王镕",
        "addresses": [{"type": "REGISTERED", "text": "辽宁省大连市金州区沐百路18号"}],
        "economic_type": {"text": "有限责任公司(自然人投资或控股)", "code": "173"},
        "scope": [{"name": "液氯", "capacity": "5", "unit": "万吨/年", "risk": "HIGH"}],
        "first_issued": "2018-03-18",
        "issued_on": "2024-03-18",
        "valid_from": "2024-03-18",
        "valid_to": "2027-03-17",
        "issuer": "辽宁省应急管理厅(示例)",
        "issuer_code": ISSUER,
        "issuer_level": "省级",
        "legal_basis": "条例2014",
    }
    row.update(changes)
    return {key: value for key, value in row.items() if value is not ...}


def full_row() -> dict[str, object]:
    """Return a row with every optional field."""
    return good_row(
        licence_type="safety-production",
        elicence_id=elicence_id(2),
        version=2,
        legal_representative="李·安德森(Anders LI)",
        addresses=[
            {"type": "REGISTERED", "text": "辽宁省大连市金州区沐百路18号", "region": "210213"},
            {"type": "STORAGE", "text": "滨海二路6号二厂区(罐区)"},
        ],
        scope=[
            {
                "name": "液氯",
                "capacity": "5",
                "unit": "万吨/年",
                "category": "生产",
                "risk": "HIGH",
            },
            {"name": "盐酸", "risk": "NORMAL"},
        ],
        delegated_by=OTHER_ISSUER,
        supersedes=1,
        renewal_no=2,
        change_no=1,
        reissue_no=1,
        annual_reviews=[
            {"year": 2022, "result": "PASS", "on": "2022-12-01", "by": "大连市应急管理局(示例)"},
            {"year": 2023, "result": "PENDING"},
        ],
        attachments=[{"name": "营业执照", "sha256": "ab" * 32}],
        translation={
            "lang": "en",
            "enterprise_name": "Dalian Rongben Chemical Co., Ltd.",
            "principal": "WANG Rong",
            "addresses": ["No. 18 Mubai Road, Dalian", "No. 6 Binhai 2nd Road"],
            "economic_type": "Limited liability company",
            "scope": ["Liquid chlorine, 50,000 t/a", "Hydrochloric acid"],
            "issuer": "Emergency Management Department of Liaoning Province (sample)",
            "note": "Reference translation; the Chinese text prevails.",
        },
        template="cn-a4p/2",
    )


RARE = "\U0002b4b6"
"""A character that no font of the page has."""

RARE_OUTLINE = "M 120 90 L 880 90 L 880 170 L 120 170 Z M 460 170 Q 500 600 120 900 L 500 560 Z"
TRADING_NO = "（辽）危化经字〔2024〕0001"
TEMPLATES = tuple(spec.id for spec in SPECS.values() if not spec.closed)
"""Every template that draws a plan."""


def paged_row(template: str = "seed-a3/1") -> dict[str, object]:
    """Return a row with everything that the pages of a template can show."""
    row = full_row() | {
        "template": template,
        "enterprise_name": f"大连{RARE}犇化工有限公司",
        "page": {"copies": 3, "scale": "strict", "back": True, "large_print": True},
        "changes": [
            {"type": "NAME", "before": "大连洁宏公司", "after": "大连化工公司", "on": "2023-05-16"},
            {"type": "PRINCIPAL", "before": "李一", "after": "王镕", "on": "2023-05-16"},
        ],
        "glyphs": [{"char": RARE, "outline": RARE_OUTLINE}],
    }
    spec = SPECS[template]
    if not spec.has(SectionKind.DUPLICATE):
        row["page"] = {"large_print": True} if spec.has(SectionKind.LARGE_PRINT) else {}
    if not spec.has(SectionKind.TRANSLATION):
        del row["translation"]
    if HAZCHEM_TRADING.id in spec.types:
        row |= {"licence_type": HAZCHEM_TRADING.id, "licence_no": TRADING_NO}
    return row


def draft_of(row: Mapping[str, object]) -> Draft:
    """Return the draft of a row that must be good."""
    draft = parse_row(row, row=1)
    assert isinstance(draft, Draft), draft
    return draft


def good_draft(**changes: object) -> Draft:
    """Return the draft of the one good row with changes."""
    return draft_of(good_row(**changes))


def good_version(index: int = 0, **changes: object) -> LicenceVersion:
    """Return the one good row as a licence version."""
    status = StatusRef(RegistryId("registry.test"), StatusIndex(index))
    return LicenceVersion(good_draft(**changes), status)


def paged_version(template: str = "seed-a3/1") -> LicenceVersion:
    """Return `paged_row` as a licence version."""
    status = StatusRef(RegistryId("registry.test"), StatusIndex(7))
    return LicenceVersion(draft_of(paged_row(template)), status)
