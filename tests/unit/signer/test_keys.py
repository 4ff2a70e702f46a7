"""Keys in encrypted files, by URI."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from licence.errors import Code
from licence.formats.algorithms import SignaturePadding, algorithm_for, holds, rsa_key
from signer.keys import FileKey, open_key, write_key_file
from signer.keys.file import MAX_KEY_FILE_BYTES
from tests.fakes.refusal import refuses
from tests.fakes.signing import AUTHORITY, OTHER_AUTHORITY, pki

PASSWORD = b"correct horse"
KEY = f"signer-{AUTHORITY}"


class FixedSecrets:
    def __init__(self, password: bytes = PASSWORD) -> None:
        self.asked: list[str] = []
        self._password = password

    def password(self, uri: str) -> bytes:
        self.asked.append(uri)
        return self._password


def _certificate() -> bytes:
    return pki().signer_keys[AUTHORITY].certificate


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "signer.pem"
    write_key_file(path, pki().private_keys[KEY], PASSWORD)
    return path


def test_a_key_file_opens_by_uri_and_signs(key_file: Path) -> None:
    secrets = FixedSecrets()
    key = open_key(f"file:{key_file}", certificate=_certificate(), secrets=secrets)
    assert secrets.asked == [f"file:{key_file}"]
    assert key.certificate == _certificate()
    public = load_der_public_key(key.public_key)
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(key.sign(b"data"), b"data", PKCS1v15(), SHA256())


@pytest.mark.parametrize("padding", SignaturePadding)
def test_a_key_signs_with_the_padding_that_it_was_opened_with(
    key_file: Path, padding: SignaturePadding
) -> None:
    uri, secrets = f"file:{key_file}", FixedSecrets()
    key = open_key(uri, certificate=_certificate(), secrets=secrets, padding=padding)
    assert key.algorithm is algorithm_for(padding, 2048)
    public = rsa_key(x509.load_der_x509_certificate(key.certificate), key.algorithm)
    for each in SignaturePadding:
        same = each is padding
        assert holds(public, key.sign(b"data"), b"data", algorithm_for(each, 2048)) == same


def test_a_key_of_a_size_without_an_algorithm_is_refused() -> None:
    with refuses(Code.ALGORITHM_UNSUPPORTED):
        FileKey(rsa.generate_private_key(65537, 2056), _certificate())


def test_a_key_file_is_encrypted_and_only_its_owners(key_file: Path) -> None:
    assert key_file.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert key_file.stat().st_mode & 0o777 == 0o600


def test_a_key_file_is_never_overwritten(key_file: Path) -> None:
    before = key_file.read_bytes()
    with refuses(Code.KEY_REFUSED):
        write_key_file(key_file, pki().private_keys[KEY], PASSWORD)
    assert key_file.read_bytes() == before


def test_a_short_password_is_refused(tmp_path: Path) -> None:
    with refuses(Code.KEY_REFUSED):
        write_key_file(tmp_path / "k.pem", pki().private_keys[KEY], b"short")


def test_der_files_open_too(tmp_path: Path) -> None:
    path = tmp_path / "key.der"
    path.write_bytes(
        pki()
        .private_keys[KEY]
        .private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD))
    )
    open_key(f"file:{path}", certificate=_certificate(), secrets=FixedSecrets())


def test_a_wrong_password_is_refused(key_file: Path) -> None:
    with refuses(Code.KEY_LOCKED):
        open_key(f"file:{key_file}", certificate=_certificate(), secrets=FixedSecrets(b"wrong one"))


def test_an_unencrypted_key_file_is_refused(tmp_path: Path) -> None:
    for encoding in (Encoding.PEM, Encoding.DER):
        path = tmp_path / f"key-{encoding is Encoding.PEM}"
        path.write_bytes(
            pki().private_keys[KEY].private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())
        )
        with refuses(Code.KEY_REFUSED, Code.KEY_LOCKED):
            open_key(f"file:{path}", certificate=_certificate(), secrets=FixedSecrets())


def test_a_key_that_is_not_rsa_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ec.pem"
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD)
        )
    )
    with refuses(Code.KEY_REFUSED):
        open_key(f"file:{path}", certificate=_certificate(), secrets=FixedSecrets())


def test_the_certificate_must_belong_to_the_key(key_file: Path) -> None:
    other = pki().signer_keys[OTHER_AUTHORITY].certificate
    with refuses(Code.KEY_REFUSED):
        open_key(f"file:{key_file}", certificate=other, secrets=FixedSecrets())
    with refuses(Code.KEY_REFUSED):
        open_key(f"file:{key_file}", certificate=b"\x30\x00", secrets=FixedSecrets())
    unknown_version = _certificate().replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    with refuses(Code.KEY_REFUSED):
        open_key(f"file:{key_file}", certificate=unknown_version, secrets=FixedSecrets())


def test_a_weak_key_is_refused() -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - refused
    with refuses(Code.KEY_REFUSED):
        FileKey(weak, _certificate())


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:token=lab;object=signer;pin-value=1",
        "pkcs11:token=lab",
        "kms://x/y",
        "/plain/path.pem",
        "file:",
        "file://host/key.pem",
        "file:/key.pem?password=x",
        "file:/key.pem#x",
        "file://[/x",
        "file:/missing/key.pem",
        "file:" + "k" * 2000,
    ],
)
def test_other_uris_are_refused(uri: str) -> None:
    with refuses(Code.KEY_URI):
        open_key(uri, certificate=_certificate(), secrets=FixedSecrets())


def test_a_file_that_is_too_large_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(MAX_KEY_FILE_BYTES + 1))
    with refuses(Code.KEY_URI):
        open_key(f"file:{path}", certificate=_certificate(), secrets=FixedSecrets())
