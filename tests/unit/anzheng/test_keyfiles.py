"""Key files: encrypted, never overwritten, opened with the right password only."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from anzheng.keyfiles import KeyKind, generate, open_key_file, save
from licence.errors import AnzhengError, Code

PASSWORD = b"test password"


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_saved_key_opens_and_signs_the_same(kind: KeyKind, tmp_path: Path) -> None:
    key = generate(kind)
    save(key, tmp_path / "k.pem", PASSWORD)
    opened = open_key_file(tmp_path / "k.pem", PASSWORD)
    assert opened.kind is kind
    assert opened.public_der == key.public_der
    assert (opened.secret, len(opened.secret)) == (key.secret, 32)
    assert stat.S_IMODE((tmp_path / "k.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", [KeyKind.ES256, KeyKind.ED25519])
def test_signatures_have_64_bytes(kind: KeyKind) -> None:
    assert len(generate(kind).sign(b"data")) == 64


def test_a_chain_account_signs_nothing_here() -> None:
    with pytest.raises(AnzhengError) as caught:
        generate(KeyKind.SECP256K1).sign(b"data")
    assert caught.value.code is Code.KEY_REFUSED


def test_raw_form_is_for_ed25519() -> None:
    assert len(generate(KeyKind.ED25519).public_raw) == 32
    with pytest.raises(AnzhengError) as caught:
        _ = generate(KeyKind.ES256).public_raw
    assert caught.value.code is Code.KEY_REFUSED


def test_a_wrong_password_locks(tmp_path: Path) -> None:
    save(generate(KeyKind.ED25519), tmp_path / "k.pem", PASSWORD)
    with pytest.raises(AnzhengError) as caught:
        open_key_file(tmp_path / "k.pem", b"another")
    assert caught.value.code is Code.KEY_LOCKED


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    save(generate(KeyKind.ED25519), tmp_path / "k.pem", PASSWORD)
    before = (tmp_path / "k.pem").read_bytes()
    with pytest.raises(AnzhengError) as caught:
        save(generate(KeyKind.ED25519), tmp_path / "k.pem", PASSWORD)
    assert caught.value.code is Code.CONFLICT
    assert (tmp_path / "k.pem").read_bytes() == before


def test_no_password_no_key(tmp_path: Path) -> None:
    with pytest.raises(AnzhengError) as caught:
        save(generate(KeyKind.ED25519), tmp_path / "k.pem", b"")
    assert caught.value.code is Code.KEY_LOCKED


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(AnzhengError) as caught:
        open_key_file(tmp_path / "none.pem", PASSWORD)
    assert caught.value.code is Code.KEY_URI


def test_an_unencrypted_file_is_refused(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    place = tmp_path / "k.pem"
    place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(AnzhengError) as caught:
        open_key_file(place, PASSWORD)
    assert caught.value.code is Code.KEY_REFUSED


def test_another_kind_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    encrypted = BestAvailableEncryption(PASSWORD)
    place = tmp_path / "k.pem"
    place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encrypted))
    with pytest.raises(AnzhengError) as caught:
        open_key_file(place, PASSWORD)
    assert caught.value.code is Code.KEY_REFUSED
