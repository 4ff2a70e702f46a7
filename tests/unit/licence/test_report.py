"""Reports: a verdict that follows from its checks, written once for people and machines."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from licence.domain.model import Environment
from licence.errors import AnzhengError, Code
from licence.formats import canonical, report
from licence.formats.checks import CheckName, failed, indeterminate, passed, skipped
from licence.formats.report import NOTICE, Report, decode, encode, make_report
from licence.formats.verdict import REQUIRED, Assurance, Verdict
from licence.ids import Digest, Leaf
from tests.fakes.drafts import good_version

SCHEMA_FILE = Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "report.schema.json"
NOW = datetime(2026, 11, 21, 8, 0, 0, 5, tzinfo=UTC)
FULL = REQUIRED[Assurance.FULL]


def valid_report() -> Report:
    checks = [passed(name) for name in FULL if name is not CheckName.ANCHOR]
    anchor = passed(
        CheckName.ANCHOR,
        ("block_number", 7),
        ("chain", None),
        ("final", True),
        notes=(Code.TIMESTAMP_GAP,),
        standard="RFC 9162, 2.1.3.2",
    )
    return make_report(
        [*checks, anchor, skipped(CheckName.HOLDER)],
        assurance=Assurance.FULL,
        required=FULL,
        checked_at=NOW,
        on=date(2026, 11, 21),
        environment=Environment.TEST,
        facts=(("issuer", "辽宁省应急管理厅(示例)"), ("status_as_of", "2026-11-21T08:00:00Z")),
        policy=(("accept_stale_hours", 0), ("name", "default")),
        bundle_version=4,
        file_sha256=Digest(b"\x01" * 32),
        leaf=Leaf(b"\x02" * 32),
        licence=good_version(),
    )


def short_report(environment: Environment = Environment.PRODUCTION) -> Report:
    return make_report(
        [failed(CheckName.CONTAINER, Code.NOT_A_LICENCE)],
        assurance=Assurance.FULL,
        required=FULL,
        checked_at=NOW,
        on=date(2026, 11, 21),
        environment=environment,
    )


def test_report_reads_back_as_itself() -> None:
    for made in (valid_report(), short_report()):
        assert decode(encode(made)) == made
        assert encode(decode(encode(made))) == encode(made)


def test_facts_come_back_in_the_order_of_their_names() -> None:
    made = replace(short_report(), facts=(("b", 1), ("a", 2)))
    assert decode(encode(made)).facts == (("a", 2), ("b", 1))


def test_schema_accepts_reports_and_refuses_twins() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    value = json.loads(encode(valid_report()))
    jsonschema.validate(value, schema)
    jsonschema.validate(json.loads(encode(short_report())), schema)
    without_notice = {key: part for key, part in value.items() if key != "notice"}
    for bad in ({**value, "extra": 1}, {**value, "exit_code": 3}, without_notice):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(bad, schema)


def test_json_has_what_scripts_read() -> None:
    value = json.loads(encode(valid_report()))
    assert value["verdict"] == "valid"
    assert value["code"] == "OK"
    assert value["words"] == {"zh": "有效", "en": "valid"}
    assert value["facts"]["issuer"] == "辽宁省应急管理厅(示例)"
    assert value["checks"][7]["facts"] == {"block_number": 7, "chain": None, "final": True}
    assert value["licence"]["schema"] == "anzheng-licence/v1"
    assert value["checked_at"] == "2026-11-21T08:00:00Z"


def test_every_report_of_the_test_environment_has_the_notice() -> None:
    assert short_report(Environment.TEST).notice == NOTICE
    assert short_report().notice is None
    assert "示例" in NOTICE
    # A test licence under a production bundle stays a sample.
    made = replace(short_report(), licence=good_version())
    assert made.licence is not None
    assert made.licence.draft.environment is Environment.TEST
    assert made.notice == NOTICE


def test_report_is_neither_true_nor_false() -> None:
    with pytest.raises(AnzhengError) as caught:
        bool(valid_report())
    assert caught.value.code is Code.INTERNAL


def test_require_raises_the_deciding_code_unless_valid() -> None:
    valid_report().require()
    with pytest.raises(AnzhengError) as caught:
        short_report().require()
    assert caught.value.code is Code.NOT_A_LICENCE


def test_verdict_cannot_be_written_by_hand() -> None:
    made = short_report()
    for changes in ({"verdict": Verdict.VALID}, {"code": Code.OK}, {"required": ()}):
        with pytest.raises(AnzhengError) as caught:
            replace(made, checks=(skipped(CheckName.DATA),), **changes)
        assert caught.value.code is Code.INTERNAL


def test_exit_code_and_checks_by_name() -> None:
    made = valid_report()
    assert made.exit_code == 0
    assert short_report().exit_code == 4
    found = made.check(CheckName.ANCHOR)
    assert found is not None
    assert found.fact("block_number") == 7
    assert made.check(CheckName.COPY) is None


def test_encode_refuses_facts_that_json_readers_cannot_name() -> None:
    for facts in ((("Upper", 1),), (("a", 1), ("a", 2)), (("with space", 1),)):
        with pytest.raises(AnzhengError) as caught:
            encode(replace(short_report(), facts=facts))
        assert caught.value.code is Code.FIELD_VALUE


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(verdict="invalid"),
        lambda v: v.update(code="EXPIRED"),
        lambda v: v.update(code="NO_SUCH_CODE"),
        lambda v: v.update(words={"zh": "有效!", "en": "valid"}),
        lambda v: v.update(colour="red"),
        lambda v: v.update(exit_code=1),
        lambda v: v.pop("notice"),
        lambda v: v.update(notice="no sample"),
        lambda v: v.pop("policy"),
        lambda v: v.update(extra=1),
        lambda v: v.update(facts={"a": [1]}),
        lambda v: v.update(facts={f"f{n}": n for n in range(201)}),
        lambda v: v.update(facts=[]),
        lambda v: v.update(bundle_version=-1),
        lambda v: v.update(leaf="00"),
        lambda v: v.update(required=["container", "container"]),
        lambda v: v.update(required=["other"]),
        lambda v: v.update(licence={"schema": "anzheng-licence/v1"}),
        lambda v: v["checks"][0].update(state="failed"),
        lambda v: v["checks"][0].update(name="other"),
        lambda v: v["checks"][0].update(notes=["NO_SUCH_CODE"]),
        lambda v: v["checks"][0].update(standard=7),
        lambda v: v["checks"].append(7),
    ],
)
def test_decode_refuses(change: Callable[[Any], object]) -> None:
    value = json.loads(encode(valid_report()))
    change(value)
    with pytest.raises(AnzhengError) as caught:
        decode(canonical.dumps(value))
    assert caught.value.code is Code.REPORT_SYNTAX


def test_decode_refuses_other_version_and_too_much() -> None:
    data = encode(valid_report())
    for bad, code in (
        (data.replace(b"anzheng-report/v1", b"anzheng-report/v2"), Code.SCHEMA_UNKNOWN),
        (bytes(report.MAX_REPORT_BYTES + 1), Code.TOO_LARGE),
        (data + b" ", Code.JSON_NOT_CANONICAL),
        (b"[]", Code.REPORT_SYNTAX),
    ):
        with pytest.raises(AnzhengError) as caught:
            decode(bad)
        assert caught.value.code is code


def test_undetermined_report_names_what_could_not_be_checked() -> None:
    checks = [passed(name) for name in FULL if name is not CheckName.STATUS]
    made = make_report(
        [*checks, indeterminate(CheckName.STATUS, Code.STATUS_STALE, ("age_hours", 80))],
        assurance=Assurance.FULL,
        required=FULL,
        checked_at=NOW,
        on=date(2026, 11, 21),
        environment=Environment.TEST,
    )
    assert (made.verdict, made.code) == (Verdict.UNDETERMINED, Code.STATUS_STALE)
    assert decode(encode(made)) == made
