"""Bundle, lists, reports and messages of the first release are still judged as they were then."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from licence.domain.status import StatusWord
from licence.errors import AnzhengError, Code
from licence.formats import (
    holder,
    holder_binding,
    officers,
    release,
    report,
    side_list,
    status_list,
    trust_bundle,
)
from licence.formats.status_list import ListValue
from licence.formats.verdict import Verdict
from licence.ids import StatusIndex
from tests.compat.generate_trust import NAME, NOW, WORDS
from tests.fakes.status_keys import KEY
from tests.fakes.trust_bundles import AUTHORITY, REGISTRY
from verifier.trust import load_trust

FOLDER = Path(__file__).parent / "v1" / "trust"


def golden(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def decode_list(data: bytes) -> status_list.StatusList:
    return status_list.decode_cwt(data, keys=[KEY], expected=NAME)


@pytest.mark.parametrize("form", ["cwt", "jwt"])
def test_status_list_says_what_it_said(form: str) -> None:
    decode = status_list.decode_cwt if form == "cwt" else status_list.decode_jwt
    listed = decode(golden(f"good_list.{form}"), keys=[KEY], expected=NAME)
    said = [listed.value(index) for index in WORDS]
    assert said == [ListValue.VALID, ListValue.SUSPENDED] + [ListValue.INVALID] * 5
    assert listed.value(StatusIndex(0)) is ListValue.VALID
    assert (listed.issued_at, listed.expires_at) == (NOW, NOW + timedelta(hours=24))


def test_side_list_says_what_it_said() -> None:
    side = side_list.decode(golden("good_side.cbor"), keys=[KEY], expected=NAME)
    assert side.sequence == 12
    assert side.list_digest == hashlib.sha256(golden("good_list.cwt")).digest()
    assert [row.word for row in side.rows_of(StatusIndex(102))] == [StatusWord.REVOKED]
    assert [row.word for row in side.announced_of(StatusIndex(7))] == [StatusWord.SUSPENDED]


def test_trust_folder_loads_with_its_lists() -> None:
    store = load_trust(FOLDER / "folder", now=NOW)
    assert store.bundle == trust_bundle.decode(golden("good_bundle.json"))
    assert store.memory.role_version("root") == 2
    assert store.status_list(REGISTRY, AUTHORITY, 0) == golden("good_list.cwt")
    assert store.side_list(REGISTRY, AUTHORITY, 0) == golden("good_side.cbor")


def test_reports_and_messages_read_as_they_did() -> None:
    assert report.decode(golden("good_report.json")).verdict is Verdict.VALID
    assert report.decode(golden("good_report_foreign.json")).code is Code.NOT_A_LICENCE
    request = holder.decode_request(golden("good_request.json"))
    answer = holder.decode_presentation(golden("good_presentation.json"))
    holder.check_presentation(answer, request, public_key=KEY.key, now=NOW)
    assert holder.decode_claim(golden("good_claim.json")).csr == b"csr"
    assert holder_binding.decode_binding(golden("good_binding.der")).index == 300


def test_officers_signature_still_verifies() -> None:
    statement = release.decode(golden("good_release.json"))
    signed = release.statement_bytes(statement)
    officers.verify_signature(statement.signatures[0], signed, KEY.key)


DECODERS: dict[str, tuple[Callable[[bytes], object], Code]] = {
    "fail_bundle_field_unknown.json": (trust_bundle.decode, Code.TRUST_BUNDLE_REFUSED),
    "fail_bundle_key_id.json": (trust_bundle.decode, Code.TRUST_BUNDLE_REFUSED),
    "fail_report_words.json": (report.decode, Code.REPORT_SYNTAX),
    "fail_report_verdict.json": (report.decode, Code.REPORT_SYNTAX),
    "fail_release_digest_twice.json": (release.decode, Code.RELEASE_SYNTAX),
    "fail_presentation_nonce.json": (holder.decode_presentation, Code.HOLDER_SYNTAX),
    "fail_list_other_key.cwt": (decode_list, Code.COSE_SIGNATURE),
    "fail_list_other_shard.cwt": (decode_list, Code.STATUS_LIST_REFUSED),
    "fail_list_too_long.cwt": (decode_list, Code.STATUS_LIST_REFUSED),
    "fail_side_as_list.cwt": (decode_list, Code.COSE_SYNTAX),
}


@pytest.mark.parametrize("name", sorted(DECODERS))
def test_what_was_refused_is_refused_with_the_same_code(name: str) -> None:
    decode, code = DECODERS[name]
    with pytest.raises(AnzhengError) as caught:
        decode(golden(name))
    assert caught.value.code is code


def test_no_file_is_forgotten() -> None:
    names = {path.name for path in FOLDER.iterdir() if path.name.startswith("fail_")}
    assert names == set(DECODERS)
