"""Goldens of `licence.json`: one of each kind, some that must be refused, and their digests."""

import json
from collections.abc import Mapping

from licence.domain.model import LicenceVersion, StatusRef
from licence.formats import canonical, licence_json
from licence.formats.short_code import short_code
from licence.ids import RegistryId, StatusIndex
from tests.fakes.drafts import draft_of, elicence_id, full_row, good_row

_TEMPLATE = "cn-a4p/1"
_EMERGENCY = {
    "kind": "EMERGENCY_TEMPORARY",
    "issued_on": "2026-08-12",
    "valid_from": "2026-08-12",
    "valid_to": "2026-09-10",
}
_DIGITISED = {
    "kind": "DIGITISED",
    "version": 4,
    "elicence_id": elicence_id(4),
    "issued_on": "2025-09-01",
    "enterprise_name": "大连㛃𬭎建设工程有限公司",
}
_ROWS = {
    "regular": good_row(template=_TEMPLATE),
    "full": full_row() | {"template": _TEMPLATE},
    "emergency": good_row(template=_TEMPLATE, **_EMERGENCY),
    "digitised": good_row(template=_TEMPLATE, **_DIGITISED),
    "sample": good_row(
        template=_TEMPLATE, kind="SAMPLE", environment="production", valid_to="2024-03-18"
    ),
}
_REFUSED: Mapping[str, Mapping[str, object]] = {
    "schema_unknown": {"schema": "anzheng-licence/v2"},
    "field_unknown": {"superseded_by": 2},
    "field_null": {"legal_representative": None},
    "uscc_check": {"uscc": "91210213MA9TXT017C"},
    "elicence_id_check": {"elicence_id": elicence_id(1)[:-1] + "0"},
    "number_style": {"licence_no": "(辽)WH安许证字[2024]0127"},
    "text_bidi": {"principal": "王\u202e镕"},
    "text_not_nfc": {"issuer": "e\u0301"},
    "dates_reversed": {"valid_from": "2027-03-17", "valid_to": "2024-03-18"},
    "period_too_long": {"valid_to": "2027-03-19"},
    "sample_supersedes": {"kind": "SAMPLE", "version": 2, "elicence_id": elicence_id(2),
                          "supersedes": 1},
}  # fmt: skip


def files() -> Mapping[str, bytes]:
    """Return the files by name."""
    good = {
        name: licence_json.encode(
            LicenceVersion(draft_of(row), StatusRef(RegistryId("compat"), StatusIndex(index)))
        )
        for index, (name, row) in enumerate(_ROWS.items())
    }
    regular = json.loads(good["regular"])
    refused = {name: canonical.dumps(regular | changes) for name, changes in _REFUSED.items()}
    refused["other_spelling"] = json.dumps(regular, ensure_ascii=False, indent=1).encode()
    refused["name_twice"] = good["regular"].replace(b'{"addresses"', b'{"addresses":[],"addresses"')
    made = {f"good_{name}.json": data for name, data in good.items()}
    made |= {f"fail_{name}.json": data for name, data in refused.items()}
    made["expected.json"] = _expected(good)
    return {f"licence/{name}": data for name, data in made.items()}


def _expected(good: Mapping[str, bytes]) -> bytes:
    expected = {
        name: {"sha256": licence_json.digest(data).hex(), "short_code": short_code(data)}
        for name, data in good.items()
    }
    return json.dumps(expected, indent=1, sort_keys=True).encode() + b"\n"
