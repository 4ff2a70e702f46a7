"""Timestamp authorities over real HTTP that fail in many ways, and the next one that steps in."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from anzheng.clock import SystemClock, SystemEntropy
from anzheng.keyring import KeyRing
from anzheng.settings import load
from anzheng.timestamping import OwnTsa, make_timestamper, tsa_roots
from licence.errors import Code
from licence.formats import oids
from licence.formats.timestamp import TimestampRequest, decode_request, encode_request, read_token
from licence.ids import Digest
from signer.certificates import Subject
from signer.deadline_http import DeadlineHttp
from signer.keys.file import FileKey
from signer.tsa import TestTsa
from signer.tsa_client import HttpTsa, TsaTrust
from signer.tsa_crl import CrlKeeper
from signer.tsa_pool import Member, PoolPolicy, Tsa, TsaPool
from tests.fakes.clock import FakeClock
from tests.fakes.faulty_tsa import FaultyTsa
from tests.fakes.refusal import refuses
from tests.fakes.signing import FakeEntropy, pki

IMPRINT = Digest(sha256(b"signature").digest())
ATTEMPT = 0.3
"""Where nobody answers."""
PATIENT = 20.0
"""Where an answer must come, on a busy machine too."""
SLACK = 40.0
"""For a busy machine; the faulty servers take 100 seconds and more."""

Servers = Callable[..., FaultyTsa]


@pytest.fixture
def serve() -> Iterator[Servers]:
    """Start servers and stop them at the end."""
    running: list[FaultyTsa] = []

    def start(respond: Callable[[bytes], bytes], fault: str = "") -> FaultyTsa:
        running.append(FaultyTsa(respond, fault))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def http() -> Iterator[DeadlineHttp]:
    """Return a client whose connections are closed at the end."""
    with closing(DeadlineHttp(connections=8)) as client:
        yield client


def _honest(request: bytes) -> bytes:
    return pki().tsa(clock=FakeClock(), entropy=FakeEntropy()).respond(request)


def _member(
    server: FaultyTsa,
    http: DeadlineHttp,
    certificate: bytes | None = None,
    clock: FakeClock | None = None,
) -> Member:
    own = certificate or pki().tsa_key.certificate
    chain = (pki().root.certificate,)
    tsa = HttpTsa(
        server.url,
        http=http,
        trust=TsaTrust(own, chain, oids.POLICY_TSA_TEST),
        clock=clock or FakeClock(),
        entropy=SystemEntropy(),
    )
    return Member(tsa, CrlKeeper((), (own, *chain), lambda _: b""))


def _pool(
    *members: Member,
    clock: FakeClock | None = None,
    failures: int = 1,
    parallel: int = 4,
    attempt: float = ATTEMPT,
) -> TsaPool:
    policy = PoolPolicy(
        attempt_seconds=attempt,
        budget_seconds=max(2.0, 4 * attempt),
        failures=failures,
        cool_down=timedelta(seconds=60),
        parallel=parallel,
    )
    return TsaPool(members, policy=policy, clock=clock or FakeClock())


def _another() -> tuple[bytes, TestTsa]:
    """A second authority under the same root, with a certificate of its own."""
    key = pki().private_keys["tsa"]
    subject = Subject("示例 时间戳 2", "安证示例")
    certificate = pki().root.certify_tsa(subject, key.public_key(), now=FakeClock().now())
    own = FileKey(key, certificate)
    return certificate, TestTsa(own, chain=(), clock=FakeClock(), entropy=FakeEntropy(b"2"))


def _wrong_nonce(request: bytes) -> bytes:
    imprint, _, nonce = decode_request(request)
    return _honest(encode_request(TimestampRequest(imprint, (nonce or 0) + 1, None)))


def _wrong_imprint(request: bytes) -> bytes:
    _, _, nonce = decode_request(request)
    return _honest(encode_request(TimestampRequest(Digest(bytes(32)), nonce, None)))


def _wrong_policy(request: bytes) -> bytes:
    imprint, _, nonce = decode_request(request)
    tsa = TestTsa(pki().tsa_key, chain=(), clock=FakeClock(), entropy=FakeEntropy(), policy="1.2.3")
    return tsa.respond(encode_request(TimestampRequest(imprint, nonce, None)))


@dataclass(frozen=True)
class Hurried:
    """An authority of which the pool expects nothing soon."""

    tsa: Tsa

    @property
    def url(self) -> str:
        return self.tsa.url

    @property
    def test_only(self) -> bool:
        return self.tsa.test_only

    @property
    def certificates(self) -> tuple[bytes, ...]:
        return self.tsa.certificates

    def timestamp(self, imprint: Digest, *, seconds: float) -> bytes:
        return self.tsa.timestamp(imprint, seconds=min(seconds, ATTEMPT))


WAITING = ("silent", "drip head", "drip body")
SILENT = ("silent", "drip head", "drip body", "500", "html", "cut", "reset", "redirect")
LYING = {"nonce": _wrong_nonce, "imprint": _wrong_imprint, "policy": _wrong_policy}


@pytest.mark.parametrize("fault", SILENT)
def test_a_faulty_authority_is_unavailable_and_in_time(
    serve: Servers, http: DeadlineHttp, fault: str
) -> None:
    tsa = _member(serve(_honest, fault), http).tsa
    begin = time.monotonic()
    with refuses(Code.TSA_UNAVAILABLE):
        tsa.timestamp(IMPRINT, seconds=ATTEMPT)
    assert time.monotonic() - begin < ATTEMPT + SLACK


@pytest.mark.parametrize("respond", LYING.values(), ids=LYING.keys())
def test_a_lying_authority_is_refused(
    serve: Servers, http: DeadlineHttp, respond: Callable[[bytes], bytes]
) -> None:
    with refuses(Code.TSA_ANSWER):
        _member(serve(respond), http).tsa.timestamp(IMPRINT, seconds=PATIENT)


def test_an_authority_whose_certificate_has_ended_is_refused(
    serve: Servers, http: DeadlineHttp
) -> None:
    clock = FakeClock()
    clock.advance(timedelta(days=13 * 365))
    server = serve(lambda request: pki().tsa(clock=clock, entropy=FakeEntropy()).respond(request))
    with refuses(Code.TSA_ANSWER):
        _member(server, http, clock=clock).tsa.timestamp(IMPRINT, seconds=PATIENT)


def test_a_huge_answer_is_not_read_to_its_end(serve: Servers, http: DeadlineHttp) -> None:
    with refuses(Code.TSA_ANSWER):
        _member(serve(_honest, "huge"), http).tsa.timestamp(IMPRINT, seconds=PATIENT)


def test_another_certificate_than_the_pinned_one_is_refused(
    serve: Servers, http: DeadlineHttp
) -> None:
    _, other = _another()
    with refuses(Code.TSA_ANSWER):
        _member(serve(other.respond), http).tsa.timestamp(IMPRINT, seconds=PATIENT)


@pytest.mark.parametrize("fault", [*SILENT, "huge"])
def test_the_next_authority_steps_in_with_its_own_certificate(
    serve: Servers, http: DeadlineHttp, fault: str
) -> None:
    certificate, second = _another()
    first = _member(serve(_honest, fault), http)
    pool = _pool(
        replace(first, tsa=Hurried(first.tsa)) if fault in WAITING else first,
        _member(serve(second.respond), http, certificate),
        attempt=PATIENT,
    )
    token = read_token(pool.timestamp(IMPRINT))
    assert token.info.imprint == IMPRINT
    assert certificate in token.certificates
    assert certificate in pool.certificates
    assert pki().tsa_key.certificate in pool.certificates


def test_first_down_then_back(serve: Servers, http: DeadlineHttp) -> None:
    clock = FakeClock()
    certificate, second = _another()
    down, up = serve(_honest, "500"), serve(second.respond)
    members = (_member(down, http), _member(up, http, certificate))
    pool = _pool(*members, clock=clock, attempt=PATIENT)
    for _ in range(3):
        assert certificate in read_token(pool.timestamp(IMPRINT)).certificates
    assert down.asked == 1
    down.fault = ""
    clock.advance(timedelta(seconds=60))
    assert certificate not in read_token(pool.timestamp(IMPRINT)).certificates
    assert up.asked == 3


def test_all_down_is_over_within_the_budget(serve: Servers, http: DeadlineHttp) -> None:
    pool = _pool(_member(serve(_honest, "drip body"), http), failures=9)
    begin = time.monotonic()
    with refuses(Code.TSA_UNAVAILABLE):
        pool.timestamp(IMPRINT)
    assert time.monotonic() - begin < 2 * ATTEMPT + SLACK


def test_a_batch_keeps_order_and_connections_through_hiccups(
    serve: Servers, http: DeadlineHttp
) -> None:
    server = serve(_honest)
    # Patient: neither fault makes anybody wait, and a busy machine must not add a third.
    pool = _pool(_member(server, http), failures=5, attempt=PATIENT)
    imprints = [Digest(bytes([each]) * 32) for each in range(60)]
    # Of two digests: on a busy machine one that is asked twice would meet both.
    server.faults = {imprints[5]: "reset", imprints[13]: "500"}
    tokens = [read_token(token) for token in pool.timestamp_many(imprints)]
    assert [token.info.imprint for token in tokens] == imprints
    nonces = {token.info.nonce for token in tokens}
    assert len(nonces) == len(imprints), "each answer belongs to its own question"
    assert server.asked == 62
    assert server.connections <= 4 + 2


def test_settings_with_several_authorities_make_a_pool(serve: Servers, tmp_path: Path) -> None:
    certificate, second = _another()
    servers = (serve(_honest, "silent"), serve(second.respond))
    crl = pki().root.crl((), now=SystemClock().now(), number=1)
    (tmp_path / "root.crl").write_bytes(crl)
    (tmp_path / "root.der").write_bytes(pki().root.certificate)
    tables = []
    for server, own in zip(servers, (pki().tsa_key.certificate, certificate), strict=True):
        place = tmp_path / f"{server.server_port}.pem"
        place.write_bytes(load_der_x509_certificate(own).public_bytes(Encoding.PEM))
        tables.append(
            {
                "url": server.url,
                "policy": oids.POLICY_TSA_TEST,
                "certificate": place,
                "chain": [tmp_path / "root.der"],
                "crls": [str(tmp_path / "root.crl")],
            }
        )
    settings = load(tsa=tables, tsa_timeout_seconds=ATTEMPT, data_dir=tmp_path)
    ring = KeyRing(tmp_path / "keys", b"password")
    timestamper = make_timestamper(
        settings, ring, OwnTsa("tsa", pki().root.certificate), SystemClock(), FakeEntropy()
    )
    assert timestamper.crls() == (crl,)
    assert set(timestamper.certificates) == {
        pki().tsa_key.certificate,
        certificate,
        pki().root.certificate,
    }
    (root,) = tsa_roots(settings, ring, ())
    assert (root.certificate, root.policies) == (pki().root.certificate, (oids.POLICY_TSA_TEST,))
    assert root.test_only, "whatever the settings call it"
    for table in tables:
        del table["crls"]
    without = load(tsa=tables, data_dir=tmp_path)
    with refuses(Code.KEY_URI):
        make_timestamper(without, ring, OwnTsa("", b""), SystemClock(), FakeEntropy())
