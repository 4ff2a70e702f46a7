"""Schemas and examples for the description of the service (OpenAPI 3.1)."""

from typing import Any, Final

from licence.domain.model import Environment
from licence.formats.checks import CheckName, CheckState
from licence.formats.verdict import TABLE, Assurance, Verdict

BINARY: Final[dict[str, Any]] = {"type": "string", "format": "binary"}

TEXTS: Final[dict[str, Any]] = {
    "number": {"summary": "licence number", "value": "（辽）WH安许证字〔2024〕0127"},
    "short-code": {"summary": "short code typed from the page", "value": "8QZX-2R6N-4JTB-D3FA-M"},
    "qr": {"summary": "text of a QR code", "value": "HTTPS://V.EXAMPLE/V#P1…"},
}

FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "file": BINARY,
        "text": {"type": "string", "maxLength": 8_192},
        "at": {"type": "string", "format": "date"},
        "profile": {"type": "string", "enum": ["default", "inspector"]},
        "picture": {"type": "string", "enum": ["true", "1", "on"]},
        "challenge": {"type": "string", "pattern": "^[0-9]{4}$"},
        "purpose": {"type": "string", "maxLength": 200},
        "lang": {"type": "string", "enum": ["", "zh", "en"]},
        "recipient": {"type": "string", "maxLength": 200},
        "request": {"type": "string", "maxLength": 2_000},
    },
}

_FACTS: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": {"type": ["string", "integer", "boolean", "null"]},
}

CHECK_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["name", "state", "code", "facts", "notes", "standard"],
    "properties": {
        "name": {"enum": [each.value for each in CheckName]},
        "state": {"enum": [each.value for each in CheckState]},
        "code": {"type": "string", "pattern": "^[A-Z0-9_]+$"},
        "facts": _FACTS,
        "notes": {"type": "array", "items": {"type": "string"}},
        "standard": {"type": "string"},
    },
}

REPORT_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "docs/formats/report.md; what a client must read is `verdict` and `code`",
    "required": [
        "schema", "verdict", "code", "words", "colour", "exit_code", "assurance", "required",
        "checks", "facts", "policy", "checked_at", "on", "environment",
    ],
    "properties": {
        "schema": {"const": "anzheng-report/v1"},
        "verdict": {"enum": [each.value for each in Verdict]},
        "code": {"type": "string", "pattern": "^[A-Z0-9_]+$"},
        "words": {
            "type": "object",
            "required": ["zh", "en"],
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
        },
        "colour": {"enum": [row.colour for row in TABLE.values()]},
        "exit_code": {"enum": [row.exit_code for row in TABLE.values()]},
        "assurance": {"enum": [each.value for each in Assurance]},
        "required": {"type": "array", "items": {"enum": [each.value for each in CheckName]}},
        "checks": {"type": "array", "items": CHECK_SCHEMA},
        "facts": _FACTS,
        "policy": _FACTS,
        "checked_at": {"type": "string", "format": "date-time"},
        "on": {"type": "string", "format": "date"},
        "environment": {"enum": [each.value for each in Environment]},
        "notice": {"type": "string"},
        "bundle_version": {"type": "integer"},
        "file_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "leaf": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "licence": {"type": "object"},
    },
}  # fmt: skip

REPORT_EXAMPLE: Final[dict[str, Any]] = {
    "schema": "anzheng-report/v1",
    "verdict": "invalid",
    "code": "STATUS_REVOKED",
    "words": {"zh": "无效", "en": "invalid"},
    "colour": "red",
    "exit_code": 1,
    "assurance": "full",
    "required": ["container", "signature", "status"],
    "checks": [
        {
            "name": "status",
            "state": "failed",
            "code": "STATUS_REVOKED",
            "facts": {"document_no": "辽应急罚〔2026〕18号", "since": "2026-11-20"},
            "notes": [],
            "standard": "draft-ietf-oauth-status-list",
        }
    ],
    "facts": {"issuer": "1121000000TXT10121"},
    "policy": {"name": "default", "accept_stale_hours": 0, "online": True, "referee": "always"},
    "checked_at": "2026-11-22T02:00:00Z",
    "on": "2026-11-22",
    "environment": "test",
    "notice": "示例,无法律效力 / Sample, no legal effect",
    "bundle_version": 3,
}

REPORT_ANSWER: Final[dict[str, Any]] = {
    "description": "The report, whatever the verdict.",
    "content": {
        "application/json": {
            "schema": REPORT_SCHEMA,
            "examples": {"revoked": {"value": REPORT_EXAMPLE}},
        }
    },
}

MARK_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["page", "x0", "y0", "x1", "y1", "field", "shown", "expected"],
    "properties": {
        "page": {"type": "integer", "minimum": 0},
        **{
            each: {"type": "number", "minimum": 0, "maximum": 1}
            for each in ("x0", "y0", "x1", "y1")
        },
        **{each: {"type": "string"} for each in ("field", "shown", "expected")},
    },
}

MARKS_ANSWER: Final[dict[str, Any]] = {
    "description": "Places on page one, as fractions of its size from the top left.",
    "content": {"application/json": {"schema": {"type": "array", "items": MARK_SCHEMA}}},
}

VERDICT_COUNTS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {each.value: {"type": "integer", "minimum": 0} for each in Verdict},
    "additionalProperties": False,
}

BATCH_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "state", "total", "done", "verdicts", "links"],
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"},
        "state": {"enum": ["running", "done", "stopped"]},
        "total": {"type": "integer", "minimum": 0, "maximum": 1_000},
        "done": {"type": "integer", "minimum": 0},
        "verdicts": VERDICT_COUNTS,
        "refused": {"type": "integer", "minimum": 0},
        "links": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
BATCH_EXAMPLE: Final[dict[str, Any]] = {
    "id": "3J8sXq0b1mQ2nZ7cV4tYh5KpLwRdEfGa",
    "state": "running",
    "total": 1000,
    "done": 412,
    "verdicts": {"valid": 409, "invalid": 2, "foreign": 1},
    "refused": 0,
    "links": {
        "self": "/v1/batches/3J8sXq0b1mQ2nZ7cV4tYh5KpLwRdEfGa",
        "events": "/v1/batches/3J8sXq0b1mQ2nZ7cV4tYh5KpLwRdEfGa/events",
    },
}
BATCH_CONTENT: Final[dict[str, Any]] = {
    "application/json": {"schema": BATCH_SCHEMA, "examples": {"running": {"value": BATCH_EXAMPLE}}}
}
