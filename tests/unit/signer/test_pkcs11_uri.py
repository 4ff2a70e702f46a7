"""Names of keys in hardware."""

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import Code
from signer.keys import open_key
from signer.keys.pkcs11_uri import Pkcs11Uri, parse_pkcs11_uri
from tests.fakes.refusal import refuses
from tests.fakes.signing import AUTHORITY, pki

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)


class NoSecrets:
    """Nobody is asked for a PIN."""

    def password(self, uri: str) -> bytes:
        raise AssertionError(uri)


def test_an_example_of_the_standard_is_read() -> None:
    uri = parse_pkcs11_uri(
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;serial=4D;object=my-key;type=private"
        ";id=%69%95%3E?module-path=/usr/lib/libpkcs11.so"
    )
    assert uri == Pkcs11Uri(
        "The Software PKCS#11 Softtoken", "4D", "my-key", b"\x69\x95\x3e", "/usr/lib/libpkcs11.so"
    )
    assert uri.store == "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;serial=4D"


@given(NAMES, NAMES, st.binary(max_size=8))
def test_what_is_written_is_read(token: str, label: str, identifier: bytes) -> None:
    uri = Pkcs11Uri(token=token, object=label, id=identifier, module="/a b/c?d&e.so")
    assert parse_pkcs11_uri(str(uri)) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "pkcs11:",
        "pkcs11:token=a",
        "pkcs11:object=a",
        "pkcs11:token=a;object=b;pin-value=1",
        "pkcs11:token=a;object=b?pin-value=1",
        "pkcs11:token=a;object=b?pin-source=/etc/pin",
        "pkcs11:token=a;token=b;object=c",
        "pkcs11:token=;object=c",
        "pkcs11:token=a;object=%ff",
        "pkcs11:token=a;object=b;type=cert",
        "pkcs11:token=a;object=b;slot-id=0",
        "pkcs11:token=a;object=b?module-path=lib.so",
        "pkcs11:token=a;object=b?module-name=x",
        "file:/a",
    ],
)
def test_what_names_no_one_key_or_brings_a_pin_is_refused(uri: str) -> None:
    with refuses(Code.KEY_URI):
        parse_pkcs11_uri(uri)


def test_without_the_library_the_tool_is_missing() -> None:
    certificate = pki().signer_keys[AUTHORITY].certificate
    with (
        mock.patch.dict("sys.modules", {"pkcs11": None}),
        refuses(Code.TOOL_MISSING),
    ):
        open_key(
            "pkcs11:token=a;object=b?module-path=/x.so",
            certificate=certificate,
            secrets=NoSecrets(),
        )


def test_without_a_module_there_is_no_key() -> None:
    certificate = pki().signer_keys[AUTHORITY].certificate
    for uri in ("pkcs11:token=a;object=b", "pkcs11:token=a;object=b?module-path=/missing.so"):
        with refuses(Code.KEY_URI):
            open_key(uri, certificate=certificate, secrets=NoSecrets())
