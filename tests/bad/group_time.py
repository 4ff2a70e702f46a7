"""Timestamps: missing, of another file, untrusted, after the block, broken; and expired dates."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha1, sha256
from typing import Any
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from licence.domain.model import Environment
from licence.errors import Code
from licence.formats import cms, der, hole, oids
from licence.formats.timestamp import BOOLEAN_TRUE, TstInfo, encode_tst_info
from licence.formats.trust_types import TsaRoot, Withdrawn
from licence.ids import Digest
from signer.certificates import load_certificate
from signer.keys.file import FileKey
from signer.revocation import Revoked
from signer.tsa import TestTsa
from tests.bad.case import NOW, Ask
from tests.bad.desk import Desk, good, keys, steady, tsa_at
from tests.bad.group_signer import certificate
from tests.bad.recipe import UNDETERMINED, Recipe
from tests.builders import SIGNED_AT
from tests.fakes.clock import FakeClock

BROKEN = Code.TIMESTAMP_BROKEN
UNTRUSTED = Code.TIMESTAMP_UNTRUSTED
TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
_EXTENSION = (der.oid("2.25.3"), BOOLEAN_TRUE, der.tlv(der.OCTET_STRING, b"evil"))
CRITICAL = der.tlv(der.CONTEXT_1, der.tlv(der.SEQUENCE, *_EXTENSION))


def _imprint(digest: bytes | None = None) -> Digest:
    return Digest(sha256(good(0).parts.signature).digest() if digest is None else digest)


def _stamped(desk: Desk, token: bytes | None) -> bytes:
    """Put another token into the good file and anchor the leaf that comes of it."""
    del desk
    parts = replace(good(0).parts, timestamp_token=token)
    return hole.fill(
        good(0).pdf, hole.find(good(0).pdf), cms.build(replace(parts, evidence=good(0).evidence))
    )


def _anchored(desk: Desk, tsa: TestTsa, **record: object) -> bytes:
    """Sign anew with another timestamp authority, and anchor."""
    seal = replace(desk.seal, tsa=tsa)
    data, prepared = desk.press()
    parts, leaf = desk.sign(data, prepared, seal)
    return desk.finish(prepared.pdf, parts, leaf, **record)


def _at(moment: timedelta, **record: object) -> Callable[[Desk], bytes]:
    return lambda desk: _anchored(desk, tsa_at(desk.world, SIGNED_AT + moment), **record)


def _saying(*optional: bytes) -> Callable[[Desk], bytes]:
    """Let the authority itself say something else behind the time."""

    def said(info: TstInfo, **told: Any) -> bytes:  # noqa: ANN401 - as they were given
        return der.tlv(der.SEQUENCE, *der.children(encode_tst_info(info, **told))[:5], *optional)

    def make(desk: Desk) -> bytes:
        with mock.patch("signer.tsa.encode_tst_info", said):
            return _anchored(desk, tsa_at(desk.world, SIGNED_AT))

    return make


def _tsa_certificate(desk: Desk, **lies: object) -> bytes:
    told = {"identifier": None, "policy": None, "usages": ("digital_signature",), **lies}
    root = load_certificate(desk.pki.root.certificate).subject
    made: bytes = certificate(keys()["spare"].public_key(), root, keys()["ours-root"], **told)  # type: ignore[arg-type]
    return made


def _by(certified: bytes, key: rsa.RSAPrivateKey, desk: Desk) -> bytes:
    """Stamp with any certificate that stands in the validation data of the file."""
    with mock.patch("signer.keys.file.check_belongs"):
        tsa = TestTsa(
            FileKey(key, certified),
            chain=(),
            clock=FakeClock(SIGNED_AT),
            entropy=desk.world.entropy,
        )
    known = dict.fromkeys((*desk.seal.dss.certificates, certified))
    dss = replace(desk.seal.dss, certificates=tuple(known))
    return desk.issue(seal=replace(desk.seal, tsa=tsa, dss=dss))


def _lying(**lies: object) -> Callable[[Desk], bytes]:
    return lambda desk: _by(_tsa_certificate(desk, **lies), keys()["spare"], desk)


def _purposes(*purposes: x509.ObjectIdentifier, critical: bool = True) -> tuple[object, ...]:
    return ((x509.ExtendedKeyUsage(list(purposes)), critical),)


def _signer_stamps(desk: Desk) -> bytes:
    return _by(desk.seal.certificate, keys()["ours-signer"], desk)


def _root_stamps(desk: Desk) -> bytes:
    return _by(desk.pki.root.certificate, keys()["ours-root"], desk)


def _stranger_stamps(desk: Desk) -> bytes:
    tsa = desk.stranger.pki.tsa(clock=desk.world.clock, entropy=desk.world.entropy)
    return desk.issue(seal=replace(desk.seal, tsa=tsa))


def _revoked(desk: Desk) -> bytes:
    serial = load_certificate(desk.pki.tsa_key.certificate).serial_number
    crl = desk.pki.root.crl(
        [Revoked(serial, SIGNED_AT - timedelta(hours=1))], now=SIGNED_AT, number=2
    )
    return desk.issue(seal=replace(desk.seal, dss=replace(desk.seal.dss, crls=(crl,))))


def _other_policy(desk: Desk) -> bytes:
    key = FileKey(keys()["ours-tsa"], desk.pki.tsa_key.certificate)
    chain = (desk.pki.root.certificate,)
    clock, entropy = desk.world.clock, desk.world.entropy
    return _anchored(desk, TestTsa(key, chain=chain, clock=clock, entropy=entropy, policy="2.25.8"))


def _token_over(digest: bytes) -> Callable[[Desk], bytes]:
    return lambda desk: _stamped(desk, desk.seal.tsa.timestamp(_imprint(digest)))  # type: ignore[union-attr]


def _of_the_file(desk: Desk) -> bytes:
    """A token over the digest of the file, not of the signature value."""
    return _token_over(good(0).parts.message_digest)(desk)


def _of_the_value_itself(desk: Desk) -> bytes:
    return _token_over(sha1(good(0).parts.signature).digest() + bytes(12))(desk)


def _token() -> bytes:
    found = good(0).parts.timestamp_token
    assert found is not None
    return found


def _changed_token(change: Callable[[bytes], bytes]) -> Callable[[Desk], bytes]:
    return lambda desk: _stamped(desk, change(_token()))


def _token_apart() -> tuple[list[bytes], list[bytes]]:
    _, content = der.children(_token())
    (signed,) = der.children(content, der.CONTEXT_0)
    fields = list(der.children(signed))
    (info,) = der.children(fields[-1], der.SET)
    return fields, list(der.children(info))


def _token_together(fields: list[bytes], *infos: list[bytes]) -> bytes:
    fields[-1] = der.tlv(der.SET, *(der.tlv(der.SEQUENCE, *info) for info in infos))
    body = der.tlv(der.SEQUENCE, *fields)
    return der.tlv(der.SEQUENCE, der.oid(oids.ID_SIGNED_DATA), der.tlv(der.CONTEXT_0, body))


def _two_infos(_token: bytes) -> bytes:
    fields, info = _token_apart()
    return _token_together(fields, info[:6], info[:6])


def _no_infos(_token: bytes) -> bytes:
    fields, _ = _token_apart()
    return _token_together(fields)


def _flipped_value(_token: bytes) -> bytes:
    fields, info = _token_apart()
    value = bytearray(info[5])
    value[-1] ^= 1
    info[5] = bytes(value)
    return _token_together(fields, info)


def _other_time(token: bytes) -> bytes:
    """The time inside is written over, not signed anew."""
    assert b"20261121040000" in token
    return token.replace(b"20261121040000", b"20251121040000", 1)


def _more_unsigned(token: bytes) -> bytes:
    """The revocation values of the token are left out: the leaf is another one then."""
    del token
    fields, info = _token_apart()
    return _token_together(fields, info[:6])


def _longer(token: bytes) -> bytes:
    """An attribute of a stranger, which nobody signed."""
    del token
    fields, info = _token_apart()
    extra = der.tlv(
        der.SEQUENCE, der.oid("2.25.3"), der.tlv(der.SET, der.tlv(der.OCTET_STRING, b"evil"))
    )
    info[6] = der.tlv(der.CONTEXT_1, *sorted((*der.children(info[6], der.CONTEXT_1), extra)))
    return _token_together(fields, info)


def _tsa_bundle(desk: Desk, **changes: object) -> Ask:
    root = replace(desk.bundle.tsa_roots[0], **changes)  # type: ignore[arg-type]
    return desk.ask(good(0).pdf, bundle=replace(desk.bundle, tsa_roots=(root,)))


def _tsa_closed(desk: Desk) -> Ask:
    digest = Digest(sha256(desk.pki.tsa_key.certificate).digest())
    closed = (Withdrawn(digest, SIGNED_AT + timedelta(seconds=20)),)
    return desk.ask(good(0).pdf, bundle=replace(desk.bundle, withdrawn=closed))


def _stranger_pinned(desk: Desk) -> Ask:
    root = TsaRoot(
        "other", desk.stranger.pki.root.certificate, (oids.POLICY_TSA_TEST,), test_only=True
    )
    return desk.ask(good(0).pdf, bundle=replace(desk.bundle, tsa_roots=(root,)))


def _in_production(desk: Desk) -> Ask:
    return desk.ask(good(0).pdf, bundle=replace(desk.bundle, environment=Environment.PRODUCTION))


STAMPS = (
    ("missing", "no timestamp", lambda desk: _stamped(desk, None), Code.TIMESTAMP_MISSING),
    ("of-another-licence", "the token of another licence", lambda desk: _stamped(desk, good(5).parts.timestamp_token), BROKEN),
    ("over-the-file", "a token over the digest of the file", _of_the_file, BROKEN),
    ("over-zeros", "a token over zeros", _token_over(bytes(32)), BROKEN),
    ("over-sha-1", "a token over a SHA-1 digest", _of_the_value_itself, BROKEN),
    ("stamped-again", "a newer token of the same authority: another leaf, so not anchored", lambda desk: _stamped(desk, desk.seal.tsa.timestamp(_imprint())), Code.ANCHOR_PROOF_MISMATCH, UNDETERMINED),
    ("stranger", "a stranger's timestamp authority of the same name", _stranger_stamps, UNTRUSTED),
    ("signer-stamps", "the signer stamps itself", _signer_stamps, UNTRUSTED),
    ("root-stamps", "the root stamps", _root_stamps, UNTRUSTED),
    ("no-purpose", "a certificate without extended key usage", _lying(), UNTRUSTED),
    ("purpose-not-critical", "timeStamping, not critical", _lying(extra=_purposes(TIME_STAMPING, critical=False)), UNTRUSTED),
    ("two-purposes", "timeStamping and signing of code", _lying(extra=_purposes(TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)), UNTRUSTED),
    ("other-purpose", "signing of code", _lying(extra=_purposes(ExtendedKeyUsageOID.CODE_SIGNING)), UNTRUSTED),
    ("tsa-is-a-ca", "the timestamp authority is a CA", _lying(extra=_purposes(TIME_STAMPING), is_ca=True), UNTRUSTED),
    ("tsa-expired", "its certificate had ended", _lying(extra=_purposes(TIME_STAMPING), starts=timedelta(days=-9), ends=timedelta(days=-1)), UNTRUSTED),
    ("tsa-not-yet", "its certificate had not begun", _lying(extra=_purposes(TIME_STAMPING), starts=timedelta(days=1)), UNTRUSTED),
    ("tsa-revoked", "its certificate was revoked before", _revoked, UNTRUSTED),
    ("other-policy", "a policy that is not pinned", _other_policy, UNTRUSTED),
    ("after-the-block", "stamped two minutes after the block", _at(timedelta(minutes=2)), Code.TIMESTAMP_AFTER_BLOCK),
    ("in-the-future", "stamped a year ahead", _at(timedelta(days=365)), Code.TIMESTAMP_AFTER_BLOCK),
    ("before-the-certificates", "stamped before any certificate began", _at(timedelta(days=-30)), Code.SIGNER_UNTRUSTED),
    ("two-signers", "a token with two SignerInfos", _changed_token(_two_infos), BROKEN),
    ("no-signer", "a token without SignerInfo", _changed_token(_no_infos), BROKEN),
    ("value-flipped", "one bit of the token's signature", _changed_token(_flipped_value), BROKEN),
    ("time-written-over", "another year written into the token", _changed_token(_other_time), BROKEN),
    ("without-revocation-values", "the unsigned part of the token is left out: another leaf", _changed_token(_more_unsigned), Code.ANCHOR_PROOF_MISMATCH, UNDETERMINED),
    ("more-unsigned", "an unsigned attribute more in the token: another leaf", _changed_token(_longer), Code.ANCHOR_PROOF_MISMATCH, UNDETERMINED),
    ("critical-extension", "a critical extension in the token that nobody knows", _saying(CRITICAL), BROKEN),
    ("unknown-field", "a field in the token that the standard does not have", _saying(der.tlv(der.CONTEXT_2)), BROKEN),
    ("accuracy-of-a-day", "the authority says that its clock may be a day off", _saying(der.tlv(der.SEQUENCE, der.integer(86_400))), BROKEN),
    ("tsa-policy-closed", "the bundle pins another policy", lambda desk: _tsa_bundle(desk, policies=("2.25.1",)), UNTRUSTED),
    ("tsa-root-closed", "the bundle stopped to believe the root before", lambda desk: _tsa_bundle(desk, distrust_from=SIGNED_AT), Code.SIGNER_DISTRUSTED),
    ("tsa-key-closed", "the authority's key was closed before the block", _tsa_closed, UNTRUSTED),
    ("tsa-root-of-another", "the bundle pins another root", _stranger_pinned, UNTRUSTED),
    ("test-in-production", "everything for tests, under a production bundle", _in_production, Code.ENVIRONMENT_MISMATCH),
)  # fmt: skip


# ---------------------------------------------------------------- dates of the licence


def _on(day: date) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf, on=day)


def _now(moment: timedelta, code_on: date | None = None) -> Callable[[Desk], Ask]:
    def make(desk: Desk) -> Ask:
        later = NOW + moment
        with steady():
            cwt, side = desk.world.publish(issued_at=later)
        return desk.ask(good(0).pdf, now=later, on=code_on).having(list=cwt, side=side)

    return make


def _clock_back(by: timedelta) -> Callable[[Desk], Ask]:
    return lambda desk: desk.ask(good(0).pdf, now=SIGNED_AT - by)


def _sample(desk: Desk) -> bytes:
    return desk.issue(version=desk.world.version(kind="SAMPLE"))


def _not_anchored_yet(moment: timedelta) -> Callable[[Desk], Ask]:
    def make(desk: Desk) -> Ask:
        later = NOW + moment
        with steady():
            cwt, side = desk.world.publish(issued_at=later)
        return desk.ask(good(0).bare, now=later).having(list=cwt, side=side)

    return make


DATES = (
    ("before-it-began", "asked about the day before its first", _on(date(2024, 3, 17)), Code.NOT_YET_VALID),
    ("after-it-ended", "asked about the day after its last", _on(date(2027, 3, 18)), Code.EXPIRED),
    ("ended-by-now", "asked two years later", _now(timedelta(days=730)), Code.EXPIRED),
    ("sample", "a sample", _sample, Code.SAMPLE_LICENCE),
    ("clock-back-an-hour", "the clock is an hour behind the signature", _clock_back(timedelta(hours=1)), Code.CLOCK_SUSPECT, UNDETERMINED),
    ("clock-back-ten-years", "the clock is ten years behind", _clock_back(timedelta(days=3650)), Code.CLOCK_SUSPECT, UNDETERMINED),
    ("not-anchored", "no evidence, ten minutes after signing", _not_anchored_yet(timedelta(0)), Code.ANCHOR_PENDING, UNDETERMINED),
    ("never-anchored", "no evidence, four days after signing", _not_anchored_yet(timedelta(days=4)), Code.ANCHOR_ABSENT, UNDETERMINED),
)  # fmt: skip


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    stamps = tuple(Recipe(f"timestamp/{row[0]}", *row[1:]) for row in STAMPS)  # type: ignore[arg-type]
    return (*stamps, *(Recipe(f"dates/{row[0]}", *row[1:]) for row in DATES))  # type: ignore[arg-type]
