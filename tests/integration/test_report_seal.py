"""The key of a verifier's reports: made once, kept encrypted, opened only as what it is."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from licence.errors import AnzhengError, Code
from licence.formats import algorithms
from tests.builders import SIGNED_AT
from tests.fakes.entropy import SeededEntropy
from tests.fakes.refusal import refuses
from tests.fakes.reporting import MAKER, PASSWORD, report_key
from verifier.report_file.opening import read_password
from verifier.report_file.reporters import FOLDER, load_reporters
from verifier.report_file.seal import (
    CERTIFICATE_FILE,
    KEY_FILE,
    LIFE,
    REQUEST_FILE,
    ReportKey,
    adopt_certificate,
    make_report_key,
    open_report_key,
    read_certificates,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key; making it takes a while."""
    folder = tmp_path_factory.mktemp("report") / "key"
    make_report_key(folder, MAKER, PASSWORD, now=SIGNED_AT, entropy=SeededEntropy("key"))
    return folder


def copied(made: Path, to: Path) -> Path:
    for name in (KEY_FILE, CERTIFICATE_FILE, REQUEST_FILE):
        (to / name).write_bytes((made / name).read_bytes())
    return to


def test_it_opens_and_signs(made: Path) -> None:
    key = open_report_key(made, PASSWORD, now=SIGNED_AT)
    certificate = x509.load_der_x509_certificate(key.certificate)
    public = algorithms.rsa_key(certificate, key.algorithm)
    assert algorithms.holds(public, key.sign(b"data"), b"data", key.algorithm)
    assert key.name == MAKER
    assert "private" not in repr(key)


def test_the_certificate_is_for_documents_and_nothing_else(made: Path) -> None:
    (certificate,) = read_certificates(made / CERTIFICATE_FILE)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert not usage.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_the_key_is_readable_by_its_owner_only_and_encrypted(made: Path) -> None:
    assert stat.S_IMODE((made / KEY_FILE).stat().st_mode) == 0o600
    assert (made / KEY_FILE).read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_no_key_is_ever_written_over(made: Path) -> None:
    before = (made / KEY_FILE).read_bytes()
    with refuses(Code.KEY_REFUSED):
        make_report_key(made, MAKER, PASSWORD, now=SIGNED_AT, entropy=SeededEntropy("again"))
    assert (made / KEY_FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        (MAKER, b"short", Code.KEY_REFUSED),
        ("", PASSWORD, Code.FIELD_LENGTH),
        ("长" * 65, PASSWORD, Code.FIELD_LENGTH),
        ("two\nlines", PASSWORD, Code.FIELD_LENGTH),
    ],
)
def test_what_no_key_can_have(tmp_path: Path, name: str, password: bytes, code: Code) -> None:
    with refuses(code):
        make_report_key(tmp_path, name, password, now=SIGNED_AT, entropy=SeededEntropy("no"))
    assert not list(tmp_path.iterdir())


def test_a_wrong_password_and_a_wrong_time(made: Path) -> None:
    with refuses(Code.KEY_LOCKED):
        open_report_key(made, b"another password", now=SIGNED_AT)
    for now in (SIGNED_AT - timedelta(seconds=1), SIGNED_AT + LIFE + timedelta(seconds=1)):
        with refuses(Code.KEY_LOCKED):
            open_report_key(made, PASSWORD, now=now)


def test_files_that_are_missing_large_or_nonsense(made: Path, tmp_path: Path) -> None:
    with refuses(Code.KEY_URI):
        open_report_key(tmp_path, PASSWORD, now=SIGNED_AT)
    folder = copied(made, tmp_path)
    (folder / CERTIFICATE_FILE).write_bytes(b"nonsense")
    with refuses(Code.KEY_REFUSED):
        open_report_key(folder, PASSWORD, now=SIGNED_AT)
    (folder / KEY_FILE).write_bytes(bytes(1 << 20))
    with refuses(Code.KEY_URI):
        open_report_key(folder, PASSWORD, now=SIGNED_AT)


def test_a_key_that_is_not_encrypted_or_not_rsa(made: Path, tmp_path: Path) -> None:
    folder = copied(made, tmp_path)
    plain = ec.generate_private_key(ec.SECP256R1())
    unlocked = plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / KEY_FILE).write_bytes(unlocked)
    with refuses(Code.KEY_REFUSED):
        open_report_key(folder, PASSWORD, now=SIGNED_AT)
    locked = BestAvailableEncryption(PASSWORD)
    (folder / KEY_FILE).write_bytes(plain.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    with refuses(Code.KEY_REFUSED):
        open_report_key(folder, PASSWORD, now=SIGNED_AT)


def issued_by_a_ca(made: Path, key: ec.EllipticCurvePublicKey | None = None) -> x509.Certificate:
    request = x509.load_pem_x509_csr((made / REQUEST_FILE).read_bytes())
    ca = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "某某银行 CA")])
    return (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(ca)
        .public_key(key or request.public_key())
        .serial_number(1)
        .not_valid_before(SIGNED_AT)
        .not_valid_after(SIGNED_AT + LIFE)
        .sign(ec.derive_private_key(7, ec.SECP256R1()), SHA256())
    )


def test_a_certificate_of_a_ca_takes_the_place(made: Path, tmp_path: Path) -> None:
    folder = copied(made, tmp_path)
    issued = issued_by_a_ca(made)
    digest = adopt_certificate(folder, (issued,), PASSWORD)
    key = open_report_key(folder, PASSWORD, now=SIGNED_AT)
    assert key.fingerprint == digest
    assert key.certificate == issued.public_bytes(Encoding.DER)
    assert digest != open_report_key(made, PASSWORD, now=SIGNED_AT).fingerprint


def test_the_certificate_of_another_key_is_refused(made: Path, tmp_path: Path) -> None:
    folder = copied(made, tmp_path)
    before = (folder / CERTIFICATE_FILE).read_bytes()
    stranger = issued_by_a_ca(made, ec.derive_private_key(9, ec.SECP256R1()).public_key())
    with refuses(Code.KEY_REFUSED):
        adopt_certificate(folder, (stranger,), PASSWORD)
    assert (folder / CERTIFICATE_FILE).read_bytes() == before


def test_pinned_reporters_lie_in_the_trust_folder(made: Path, tmp_path: Path) -> None:
    assert load_reporters(tmp_path) == ()
    pinned = tmp_path / FOLDER
    pinned.mkdir()
    (pinned / "bank.crt").write_bytes((made / CERTIFICATE_FILE).read_bytes())
    (pinned / "notes.txt").write_text("who they are")
    own = open_report_key(made, PASSWORD, now=SIGNED_AT).certificate
    assert load_reporters(tmp_path) == (own,)
    named = tmp_path / "other.der"
    named.write_bytes(report_key().certificate)
    both = load_reporters(tmp_path, (named, made / CERTIFICATE_FILE))
    assert both == (own, report_key().certificate)


@pytest.mark.parametrize("data", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAA==\n"])
def test_a_pinned_file_that_is_no_certificate_is_said(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "broken.crt").write_bytes(data)
    with refuses(Code.REQUEST_INVALID):
        load_reporters(tmp_path)


def test_a_name_that_cannot_be_shown_is_shown_as_far_as_it_can() -> None:
    assert ReportKey(report_key().private, report_key().certificates).name == MAKER


def test_the_password_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"a long password\r\n")
    assert read_password(file) == b"a long password"
    file.write_bytes(bytes(5_000))
    with refuses(Code.KEY_URI):
        read_password(file)
    with pytest.raises(AnzhengError):
        read_password(tmp_path / "absent")
