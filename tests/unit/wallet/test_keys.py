"""The holder's key: on the disk encrypted only, and the same claim from the same key."""

import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from licence.errors import Code
from licence.formats import es256
from licence.formats.claim import check_claim
from tests.fakes.refusal import refuses
from wallet.keys import MAX_KEY_FILE_BYTES, HolderKey, make_key, open_key

PASSWORD = b"correct horse"


def test_made_key_opens_again(tmp_path: Path) -> None:
    made = make_key(tmp_path / "key.pem", PASSWORD)
    opened = open_key(tmp_path / "key.pem", PASSWORD)
    assert opened.public_key == made.public_key
    es256.verify(made.public_key, b"data", opened.sign(b"data"), code=Code.HOLDER_KEY)


def test_key_file_is_encrypted_and_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    make_key(path, PASSWORD)
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key.pem"]


@pytest.mark.tools("openssl")
def test_openssl_opens_the_key_file(tmp_path: Path) -> None:
    made = make_key(tmp_path / "key.pem", PASSWORD)
    command = ["openssl", "pkey", "-in", "key.pem", "-passin", f"pass:{PASSWORD.decode()}"]
    done = subprocess.run(
        [*command, "-pubout", "-outform", "DER"], cwd=tmp_path, check=True, capture_output=True
    )
    assert done.stdout == made.public_key


def test_key_shows_nothing_private() -> None:
    key = HolderKey(ec.derive_private_key(5, ec.SECP256R1()))
    public = {name for name in dir(key) if not name.startswith("_")}
    assert public == {"claim", "public_key", "sign"}


def test_keys_differ(tmp_path: Path) -> None:
    one, other = (make_key(tmp_path / name, PASSWORD) for name in ("a.pem", "b.pem"))
    assert one.public_key != other.public_key


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first = make_key(path, PASSWORD)
    with refuses(Code.CONFLICT):
        make_key(path, PASSWORD)
    assert open_key(path, PASSWORD).public_key == first.public_key


def test_claim_is_bound_to_key_and_code_and_repeats_itself(tmp_path: Path) -> None:
    key = make_key(tmp_path / "key.pem", PASSWORD)
    claim = key.claim("K7Q25XMD44TB")
    assert check_claim(claim) == key.public_key
    assert open_key(tmp_path / "key.pem", PASSWORD).claim("K7Q25XMD44TB") == claim
    assert key.claim("K7Q25XMD44TC").csr != claim.csr


def test_short_password_makes_no_key(tmp_path: Path) -> None:
    with refuses(Code.KEY_REFUSED):
        make_key(tmp_path / "key.pem", b"short")
    assert not list(tmp_path.iterdir())


def _pem(key: ec.EllipticCurvePrivateKey, password: bytes | None) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


P256 = ec.derive_private_key(5, ec.SECP256R1())
P384 = ec.derive_private_key(5, ec.SECP384R1())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_pem(P256, b"another password"), Code.KEY_LOCKED),
        (b"no key", Code.KEY_LOCKED),
        (_pem(P256, None), Code.KEY_REFUSED),
        (_pem(P384, PASSWORD), Code.KEY_REFUSED),
        (bytes(MAX_KEY_FILE_BYTES + 1), Code.TOO_LARGE),
    ],
)
def test_other_key_files_are_refused(tmp_path: Path, data: bytes, code: Code) -> None:
    (tmp_path / "key.pem").write_bytes(data)
    with refuses(code):
        open_key(tmp_path / "key.pem", PASSWORD)


def test_missing_key_file_is_not_found(tmp_path: Path) -> None:
    with refuses(Code.NOT_FOUND):
        open_key(tmp_path / "key.pem", PASSWORD)
