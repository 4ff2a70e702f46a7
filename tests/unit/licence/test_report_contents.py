"""The contents of a report file: one spelling, strict, bounded."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from licence.formats import report_contents
from licence.formats.report_contents import Contents, Part, attachment_name, decode, encode
from licence.formats.verdict import Words
from licence.ids import Digest

CONTENTS = Contents(
    made_at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    maker="某某银行核验服务(示例)",
    certificate=Digest(b"\x01" * 32),
    stamped=True,
    parts=(
        Part("许可证 😀.pdf", Digest(b"\x02" * 32), pictured=True),
        Part("二.pdf", Digest(b"\x03" * 32), pictured=False),
    ),
    words={"code.OK": Words("通过", "passed"), "check.container": Words("文件结构", "container")},
    unprintable="😀",
)

SCHEMA_FILE = (
    Path(__file__).parents[3] / "docs" / "formats" / "schemas" / "report-contents.schema.json"
)
LINES = st.text(min_size=1, max_size=200).filter(str.isprintable)
PARTS = st.builds(
    Part,
    LINES,
    st.binary(min_size=32, max_size=32).map(Digest),
    pictured=st.booleans(),
)


def refused(data: bytes) -> Code:
    with pytest.raises(AnzhengError) as caught:
        decode(data)
    return caught.value.code


def changed(**fields: object) -> bytes:
    value = json.loads(encode(CONTENTS)) | fields
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_it_comes_back() -> None:
    assert decode(encode(CONTENTS)) == CONTENTS


@given(st.lists(PARTS, min_size=1, max_size=5), LINES)
def test_whatever_is_written_comes_back(parts: list[Part], name: str) -> None:
    contents = replace(CONTENTS, parts=tuple(parts), maker=name[:128], stamped=False)
    assert decode(encode(contents)) == contents


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(AnzhengError):
        decode(data)


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_byte_is_free(place: int, flip: int) -> None:
    data = bytearray(encode(CONTENTS))
    data[place % len(data)] ^= flip
    try:
        found = decode(bytes(data))
    except AnzhengError:
        return
    assert found != CONTENTS


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", Code.JSON_SYNTAX),
        (b"[]", Code.REPORT_SYNTAX),
        (changed(schema="anzheng-report-file/v2"), Code.SCHEMA_UNKNOWN),
        (changed(more=1), Code.REPORT_SYNTAX),
        (changed(reports=[]), Code.REPORT_SYNTAX),
        (changed(timestamped="yes"), Code.REPORT_SYNTAX),
        (changed(unprintable="\n"), Code.REPORT_SYNTAX),
        (changed(words={"code.OK": {"zh": "通过"}}), Code.REPORT_SYNTAX),
        (changed(words={"../x": {"zh": "通过", "en": "passed"}}), Code.REPORT_SYNTAX),
        (changed(words={"code.OK": {"zh": "通\n过", "en": "passed"}}), Code.REPORT_SYNTAX),
        (changed(maker={"name": "", "certificate_sha256": "01" * 32}), Code.REPORT_SYNTAX),
        (b"[" * 100_000, Code.JSON_SYNTAX),
        (b" " * (report_contents.MAX_BYTES + 1), Code.TOO_LARGE),
    ],
)
def test_what_is_not_ours_is_refused(data: bytes, code: Code) -> None:
    assert refused(data) is code


def test_an_attachment_that_has_another_name_is_refused() -> None:
    data = encode(CONTENTS).replace(b"report-0002.json", b"report-0003.json")
    assert refused(data) is Code.REPORT_SYNTAX


def test_one_report_has_the_plain_name() -> None:
    assert attachment_name(0, 1) == "report.json"
    assert attachment_name(41, 1_000) == "report-0042.json"


def test_the_schema_accepts_contents_and_refuses_twins() -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(json.loads(encode(CONTENTS)))
    for twin in (
        changed(more=1),
        changed(reports=[]),
        changed(schema="anzheng-report-file/v2"),
        changed(words={"../x": {"zh": "通过", "en": "passed"}}),
        changed(maker={"name": "", "certificate_sha256": "01" * 32}),
    ):
        assert not validator.is_valid(json.loads(twin))
