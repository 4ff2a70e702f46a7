"""Limited copies: what they prove without the page, and what becomes of their limits."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from licence.domain.status import StatusWord
from licence.errors import Code
from licence.formats import canonical, cms, es256, licence_json
from licence.formats.checks import CheckName
from licence.formats.copy_file import decode_copy, encode_copy, sign_copy
from licence.formats.report import Report, decode, encode
from licence.formats.trust_types import Withdrawn
from licence.formats.verdict import Assurance, Verdict
from licence.ids import Digest, Leaf
from tests.builders import SIGNED_AT, Issued, World, make_evidence, make_world, parts_of, side_row
from tests.fakes.copies import ENDS_ON, PURPOSE, RECIPIENT, make_copy, unsigned_copy
from tests.fakes.qr_world import HOLDER_INDEX, QUESTION, SHOWN_AT, STRANGER, Holder, make_holder
from verifier.artefacts import Ask, CopyFile, recognise
from verifier.policy import BATCH
from verifier.verify import verify_artefact

DAY = timedelta(days=1)


@cache
def issued() -> Issued:
    world = make_world()
    return world.issue(world.version())


@cache
def other() -> Issued:
    world = make_world()
    return world.issue(world.version(1, version=2, supersedes=1, change_no=1))


@cache
def holder() -> Holder:
    return make_holder(make_world(), version=issued().version, leaf=issued().leaf)


@pytest.fixture
def world() -> World:
    return make_world()


def judge(world: World, data: bytes, **ask: object) -> Report:
    asked = replace(Ask(BATCH, SHOWN_AT), **ask)  # type: ignore[arg-type]
    report, _ = verify_artefact(CopyFile(data), world.trust(), asked)
    return report


def said(report: Report) -> tuple[Verdict, Code]:
    return report.verdict, report.code


def made(**changes: object) -> bytes:
    return encode_copy(make_copy(issued(), holder(), **changes))


def test_a_copy_proves_the_data_and_not_the_page(world: World) -> None:
    report = judge(world, made())
    assert said(report) == (Verdict.VALID, Code.OK)
    assert report.assurance is Assurance.DATA
    assert report.leaf == issued().leaf
    assert report.licence == issued().version
    container, data = report.check(CheckName.CONTAINER), report.check(CheckName.DATA)
    assert container is not None
    assert data is not None
    assert (container.code, data.fact("page_seen")) == (Code.NOT_CHECKED, False)
    assert set(decode(encode(report)).required) >= {CheckName.COPY, CheckName.HOLDER}


def test_a_copy_never_contains_the_file() -> None:
    data = made()
    assert b"%PDF" not in b"".join(
        base64.b64decode(value)
        for value in json.loads(data).values()
        if isinstance(value, str) and len(value) > 100
    )
    assert isinstance(recognise(data), CopyFile)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        ({"recipient": RECIPIENT, "purpose": PURPOSE}, Code.OK),
        ({"recipient": "另一家机构"}, Code.COPY_RECIPIENT),
        ({"purpose": "贷款"}, Code.COPY_PURPOSE),
        ({"recipient": " 大连市招标中心（示例）", "purpose": f"{PURPOSE} "}, Code.OK),
        ({"recipient": "大连市招标中心"}, Code.COPY_RECIPIENT),
        ({"on": ENDS_ON}, Code.OK),
        ({"on": ENDS_ON + DAY}, Code.COPY_EXPIRED),
    ],
)
def test_a_copy_is_used_within_its_limits(world: World, ask: dict[str, Any], code: Code) -> None:
    assert judge(world, made(), **ask).code is code


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "另一家机构"},
        {"purpose": "贷款"},
        {"ends_on": ENDS_ON + DAY},
        {"copy_no": "2026-002"},
        {"made_at": SHOWN_AT - DAY},
        {"evidence": None},
        {"chain": (make_world().pki.root.certificate,)},
    ],
)
def test_whatever_was_changed_after_signing_is_found(
    world: World, changes: dict[str, object]
) -> None:
    changed = replace(decode_copy(made()), **changes)  # type: ignore[arg-type]
    assert judge(world, encode_copy(changed)).code is Code.COPY_BROKEN


def test_only_the_holder_makes_copies(world: World) -> None:
    thief = sign_copy(unsigned_copy(issued(), holder()), sign=es256.signer(STRANGER))
    assert said(judge(world, encode_copy(thief))) == (Verdict.INVALID, Code.COPY_BROKEN)


@pytest.mark.parametrize("days", [-1, 91])
def test_no_copy_ends_before_it_begins_or_lives_longer_than_ninety_days(
    world: World, days: int
) -> None:
    data = json.loads(made())
    data["ends_on"] = (date(2026, 11, 21) + days * DAY).isoformat()
    assert said(judge(world, canonical.dumps(data))) == (Verdict.INVALID, Code.COPY_SYNTAX)


def test_ninety_days_are_allowed(world: World) -> None:
    assert judge(world, made(ends_on=date(2026, 11, 21) + 90 * DAY)).code is Code.OK


@pytest.mark.parametrize(
    ("changes", "verdict", "code"),
    [
        ({"evidence": None}, Verdict.UNDETERMINED, Code.ANCHOR_PENDING),
        ({"made_at": SHOWN_AT + DAY}, Verdict.INVALID, Code.HOLDER_TIME),
    ],
)
def test_what_its_holder_signed_wrongly(
    world: World, changes: dict[str, object], verdict: Verdict, code: Code
) -> None:
    assert said(judge(world, made(**changes))) == (verdict, code)


def test_evidence_of_another_licence_is_no_anchor(world: World) -> None:
    foreign = make_evidence([Leaf(bytes(32))])[0]
    report = judge(world, made(evidence=foreign))
    assert said(report) == (Verdict.UNDETERMINED, Code.ANCHOR_PROOF_MISMATCH)


def test_data_of_another_licence_are_refused(world: World) -> None:
    report = judge(world, made(licence_json=other().data))
    assert said(report) == (Verdict.INVALID, Code.DATA_DIGEST_MISMATCH)


def test_the_signature_of_another_licence_is_refused(world: World) -> None:
    bare = cms.build(replace(parts_of(other().pdf), evidence=None))
    report = judge(world, made(licence_json=other().data, cms=bare, evidence=other().evidence))
    assert said(report) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


def test_a_broken_authoritys_signature_is_refused(world: World) -> None:
    parts = replace(parts_of(issued().pdf), evidence=None)
    broken = replace(parts, signature=bytes(len(parts.signature)))
    report = judge(world, made(cms=cms.build(broken)))
    assert said(report) == (Verdict.INVALID, Code.SIGNATURE_BROKEN)


def test_evidence_inside_the_signature_is_another_spelling(world: World) -> None:
    with_it = cms.with_evidence(cms.build(replace(parts_of(issued().pdf), evidence=None)), b"x")
    report = judge(world, made(cms=with_it))
    assert said(report) == (Verdict.INVALID, Code.COPY_SYNTAX)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        (StatusWord.SUSPENDED, Code.STATUS_SUSPENDED),
        (StatusWord.REVOKED, Code.STATUS_REVOKED),
    ],
)
def test_the_status_of_the_licence_is_asked(world: World, word: StatusWord, code: Code) -> None:
    world.publish({0: word}, rows=[side_row(0, word, date(2026, 11, 20))])
    assert said(judge(world, made())) == (Verdict.INVALID, code)


def test_a_copy_answers_no_question(world: World) -> None:
    report = judge(world, made(), request=QUESTION)
    assert said(report) == (Verdict.UNDETERMINED, Code.HOLDER_PROOF_MISSING)


def test_a_holders_closed_certificate_ends_its_copies(world: World) -> None:
    row = side_row(HOLDER_INDEX, StatusWord.SUPERSEDED, date(2026, 11, 20))
    world.publish({HOLDER_INDEX: StatusWord.SUPERSEDED}, rows=[row])
    assert said(judge(world, made())) == (Verdict.INVALID, Code.HOLDER_CERTIFICATE)


def test_a_withdrawn_holder_ca_ends_all_copies(world: World) -> None:
    own = Digest(sha256(world.pki.holder_ca.certificate).digest())
    world.bundle = replace(world.bundle, withdrawn=(Withdrawn(own, SIGNED_AT),))
    assert judge(world, made()).code is Code.HOLDER_CERTIFICATE


def test_another_systems_copy_is_foreign(world: World) -> None:
    world.bundle = replace(
        world.bundle,
        registries=tuple(replace(one, id="cn-other") for one in world.bundle.registries),  # type: ignore[arg-type]
    )
    assert said(judge(world, made())) == (Verdict.FOREIGN, Code.NOT_A_LICENCE)


def test_a_strangers_signer_under_our_registry_is_a_forgery() -> None:
    stranger = make_world("stranger")
    assert said(judge(stranger, made())) == (Verdict.INVALID, Code.SIGNER_UNTRUSTED)


def test_a_clock_that_runs_back_is_our_own_fault(world: World) -> None:
    trust = replace(world.trust(), newest_signed_time=SHOWN_AT + DAY)
    ask = Ask(BATCH, SHOWN_AT - timedelta(hours=1))
    report, _ = verify_artefact(CopyFile(made()), trust, ask)
    assert said(report) == (Verdict.UNDETERMINED, Code.CLOCK_SUSPECT)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data + b" ",
        lambda data: data.replace(b'"schema":', b'"schema" :'),
        lambda data: data.replace(b"anzheng-copy/v1", b"anzheng-copy/v1x"),
        lambda data: data.replace(b'"purpose"', b'"purposes"'),
        lambda data: b"{" + b'"a":[' * 200 + data,
    ],
)
def test_other_bytes_are_no_copy(world: World, spoil: Callable[[bytes], bytes]) -> None:
    report = judge(world, spoil(made()))
    assert report.verdict in {Verdict.INVALID, Verdict.FOREIGN}
    assert report.code in {Code.COPY_SYNTAX, Code.SCHEMA_UNKNOWN}


def test_the_data_are_canonical(world: World) -> None:
    assert licence_json.encode(issued().version) == decode_copy(made()).licence_json
    assert judge(world, made()).verdict is Verdict.VALID
