"""A verifier that makes reports, for tests: its key, its timestamp authority, and what it made."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from licence.formats.report import Report, decode
from licence.ids import Digest
from tests.builders import SIGNED_AT, FakeTrust, World
from tests.fakes.clock import FakeClock
from tests.fakes.entropy import SeededEntropy
from verifier.artefacts import Ask
from verifier.checks.register import unregistered
from verifier.policy import BATCH
from verifier.report_file.make import Named, make_report_file
from verifier.report_file.read import check_report_file
from verifier.report_file.seal import ReportKey, ReportSeal, make_report_key, open_report_key

MAKER = "某某银行核验服务(示例)"
PASSWORD = b"a long password"
KEPT = Path(__file__).resolve().parent.parent / "compat" / "v1" / "whole"
MADE_AT = SIGNED_AT + timedelta(minutes=12)


@cache
def kept(name: str) -> Report:
    """Return a report of the first release about one of its files."""
    return decode((KEPT / "reports" / f"{name}.json").read_bytes())


def report_key(name: str = MAKER) -> ReportKey:
    """Return the one key of this name in a test run; making it is the slow part."""
    return _report_key(name)


@cache
def _report_key(name: str) -> ReportKey:
    start = SIGNED_AT - timedelta(days=1)
    with TemporaryDirectory() as folder:
        made = Path(folder)
        make_report_key(made, name, PASSWORD, now=start, entropy=SeededEntropy(name))
        return open_report_key(made, PASSWORD, now=SIGNED_AT)


@dataclass(slots=True)
class WorldStamper:
    """The timestamp authority of a world, as a report needs it."""

    world: World
    at: datetime = MADE_AT
    certificates: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        pki = self.world.pki
        self.certificates = (pki.tsa_key.certificate, pki.root.certificate)

    def crls(self) -> tuple[bytes, ...]:
        """Return the list of the root."""
        return (self.world.pki.root.crl((), now=self.at, number=2),)

    def timestamp(self, imprint: Digest) -> bytes:
        """Return a token of the time that was set."""
        tsa = self.world.pki.tsa(clock=FakeClock(self.at), entropy=SeededEntropy("stamp"))
        return tsa.timestamp(imprint)


def seal_of(world: World, *, name: str = MAKER, at: datetime = MADE_AT) -> ReportSeal:
    """Return the seal of a verifier whose authority is that of the world."""
    return ReportSeal(report_key(name), WorldStamper(world, at))


def report_file(world: World, *reports: Report, at: datetime = MADE_AT, **named: object) -> bytes:
    """Return a report file about these reports."""
    parts = [Named(f"许可证{number}.pdf", each) for number, each in enumerate(reports, start=1)]
    if named:
        parts = [replace(part, **named) for part in parts]  # type: ignore[arg-type]
    return make_report_file(parts, seal=seal_of(world, at=at), now=at)


def read_back(
    data: bytes,
    trust: FakeTrust,
    *,
    now: datetime = MADE_AT + timedelta(minutes=5),
    **changes: object,
) -> Report:
    """Verify a report file as somebody who pinned its maker."""
    ask = Ask(policy=BATCH, now=now, reporters=(report_key().certificate,))
    report, _ = check_report_file(data, trust, replace(ask, **changes))  # type: ignore[arg-type]
    assert unregistered(report.checks) == ()
    return report


def institution_seal(world: World) -> ReportSeal:
    """Return a seal whose certificate the root of the world issued, like an institution's CA."""
    pki, key = world.pki, report_key()
    root = x509.load_der_x509_certificate(pki.root.certificate)
    own = x509.load_der_x509_certificate(key.certificate)
    builder = (
        x509.CertificateBuilder()
        .subject_name(own.subject)
        .issuer_name(root.subject)
        .public_key(own.public_key())
        .serial_number(4_711)
        .not_valid_before(own.not_valid_before_utc)
        .not_valid_after(own.not_valid_after_utc)
    )
    for extension in own.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    issued = builder.sign(pki.private_keys["root"], SHA256()).public_bytes(Encoding.DER)
    chain = (issued, pki.root.certificate)
    return ReportSeal(ReportKey(key.private, chain), WorldStamper(world))
