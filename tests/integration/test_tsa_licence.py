"""A licence timestamped by outside authorities over HTTP, verified with no network."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from licence.errors import Code
from licence.formats import cms, licence_json, oids
from licence.formats.checks import CheckName
from licence.formats.timestamp import read_token
from licence.formats.trust_types import TrustBundle, TsaRoot
from licence.formats.verdict import Verdict
from signer.authority_ca import CertificateAuthority, create_root
from signer.certificates import Subject, load_certificate
from signer.deadline_http import DeadlineHttp
from signer.keys.file import FileKey, new_rsa_key
from signer.press import PressJob
from signer.revocation import Revoked
from signer.sign import SignedLicence
from signer.tsa import TestTsa
from signer.tsa_client import HttpTsa, TsaTrust
from signer.tsa_crl import CrlKeeper
from signer.tsa_pool import Member, PoolPolicy, TsaPool
from tests.builders import AUTHORITY, World, fill, make_evidence, make_world
from tests.fakes.faulty_tsa import FaultyTsa
from verifier.policy import BATCH
from verifier.verify import verify


@dataclass(frozen=True, slots=True)
class Outside:
    """An authority that is not ours: root, CA and TSA of its own, and where it listens."""

    server: FaultyTsa
    certificate: bytes
    root: CertificateAuthority
    issuing: CertificateAuthority

    @property
    def chain(self) -> tuple[bytes, bytes]:
        return (self.issuing.certificate, self.root.certificate)

    def crls(self, world: World, *revoked: Revoked) -> tuple[bytes, bytes]:
        now = world.clock.now()
        return (
            self.issuing.crl(revoked, now=now, number=1),
            self.root.crl((), now=now, number=1),
        )


def _outside(name: str, world: World) -> Outside:
    now, entropy = world.clock.now(), world.entropy
    keys = [new_rsa_key(2048) for _ in range(3)]
    root = create_root(Subject(f"{name} 根", name), keys[0], now=now, entropy=entropy)
    certificate = root.certify_ca(Subject(f"{name} CA", name), keys[1].public_key(), now=now)
    issuing = CertificateAuthority(keys[1], certificate, entropy=entropy)
    own = issuing.certify_tsa(Subject(f"{name} TSA", name), keys[2].public_key(), now=now)
    tsa = TestTsa(FileKey(keys[2], own), chain=(), clock=world.clock, entropy=entropy)
    return Outside(FaultyTsa(tsa.respond), own, root, issuing)


@dataclass(frozen=True, slots=True)
class Two:
    """A world, and two authorities outside it."""

    world: World
    first: Outside
    second: Outside
    http: DeadlineHttp

    def pool(self, *revoked: Revoked) -> TsaPool:
        members = [self._member(each, revoked) for each in (self.first, self.second)]
        policy = PoolPolicy(attempt_seconds=20, failures=1, cool_down=timedelta(minutes=1))
        return TsaPool(members, policy=policy, clock=self.world.clock)

    def _member(self, outside: Outside, revoked: tuple[Revoked, ...]) -> Member:
        lists = dict(zip("ab", outside.crls(self.world, *revoked), strict=True))
        tsa = HttpTsa(
            outside.server.url,
            http=self.http,
            trust=TsaTrust(outside.certificate, outside.chain, oids.POLICY_TSA_TEST),
            clock=self.world.clock,
            entropy=self.world.entropy,
        )
        return Member(
            tsa, CrlKeeper(("a", "b"), (outside.certificate, *outside.chain), lists.__getitem__)
        )

    def bundle(self) -> TrustBundle:
        roots = tuple(
            TsaRoot(name, each.root.certificate, (oids.POLICY_TSA_TEST,), test_only=False)
            for name, each in (("first", self.first), ("second", self.second))
        )
        return replace(self.world.bundle, tsa_roots=roots)


@pytest.fixture
def two() -> Iterator[Two]:
    world = make_world()
    first, second = _outside("甲时间戳(示例)", world), _outside("乙时间戳(示例)", world)
    with ExitStack() as stack:
        for each in (first, second):
            stack.callback(each.server.close)
        http = stack.enter_context(closing(DeadlineHttp(connections=4)))
        yield Two(world, first, second, http)


def _sign(two: Two, pool: TsaPool, fault: str = "") -> SignedLicence:
    """Sign one licence; the fault begins after its file was prepared."""
    world = two.world
    signer = world.pki.licence_signer(
        AUTHORITY, clock=world.clock, entropy=world.entropy, timestamper=pool
    )
    data = licence_json.encode(world.version())
    prepared = world.press.press(PressJob(data, world.clock.now(), signer.dss()))
    two.first.server.fault = fault
    return signer.sign(signer.prepare(data, prepared))


def _token_of(signed: SignedLicence) -> bytes:
    token = cms.parse(signed.cms).timestamp_token
    assert token is not None
    return token


@pytest.mark.parametrize("fault", ["", "500", "reset"])
def test_whichever_authority_answers_the_file_proves_it_offline(two: Two, fault: str) -> None:
    signed = _sign(two, two.pool(), fault)
    answered = two.second if fault else two.first
    assert read_token(_token_of(signed)).certificates == (answered.certificate,)
    (proof,) = make_evidence([signed.leaf], AUTHORITY)
    report = verify(
        fill(signed.pdf, proof), two.world.trust(two.bundle()), policy=BATCH, now=two.world.now
    )
    assert (report.verdict, report.code) == (Verdict.VALID, Code.OK)


def test_the_token_carries_the_lists_of_its_own_authority_alone(two: Two) -> None:
    token = _token_of(_sign(two, two.pool(), "500"))
    assert all(crl in token for crl in two.second.crls(two.world))
    assert not any(crl in token for crl in two.first.crls(two.world))


def test_an_authority_that_is_not_pinned_is_not_believed(two: Two) -> None:
    signed = _sign(two, two.pool())
    (proof,) = make_evidence([signed.leaf], AUTHORITY)
    report = verify(fill(signed.pdf, proof), two.world.trust(), policy=BATCH, now=two.world.now)
    assert report.verdict is not Verdict.VALID
    (found,) = [check for check in report.checks if check.name is CheckName.TIMESTAMP]
    assert found.code is Code.TIMESTAMP_UNTRUSTED


def test_an_authority_whose_certificate_was_revoked_is_not_asked(two: Two) -> None:
    serial = load_certificate(two.first.certificate).serial_number
    signed = _sign(two, two.pool(Revoked(serial, two.world.clock.now())))
    assert read_token(_token_of(signed)).certificates == (two.second.certificate,)
    assert two.first.server.asked == 0
