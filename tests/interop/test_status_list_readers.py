"""Other people's libraries read our status lists, and each refuses a bad twin.

Three readers: polaris-oid4vp (JWT), cwt (signature of the CWT), and the OpenWallet Foundation's
packages on Node (both forms). One shard with every kind of status is read by all.
"""

import base64
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from polaris_oid4vp import status as polaris

from licence.domain.status import StatusWord
from licence.formats.jwt import from_base64url
from licence.formats.status_list import (
    SHARD_BYTES,
    SHARD_ENTRIES,
    ListName,
    encode_cwt,
    encode_jwt,
    make_list,
)
from licence.ids import StatusIndex
from tests.fakes.status_keys import KID, PRIVATE, SIGN
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY
from tests.interop import status_readers as readers

NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)
ISSUED = int(NOW.timestamp())
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
WORDS = {StatusIndex(100 + word): word for word in StatusWord}
LAST = SHARD_ENTRIES - 1
EXPECTED = {100: 0, 101: 2, 102: 1, 103: 1, 104: 1, 105: 1, 106: 1, 107: 0, LAST: 1}
PUBLIC = PRIVATE.public_key()


def listed() -> Any:  # noqa: ANN401 - handed straight on
    words = {**WORDS, StatusIndex(LAST): StatusWord.RESCINDED}
    return make_list(NAME, words, issued_at=NOW)


def our_cwt() -> bytes:
    return encode_cwt(listed(), kid=KID, sign=SIGN)


def our_jwt() -> bytes:
    return encode_jwt(listed(), kid=KID, sign=SIGN)


def jwt_of_somebody_else() -> bytes:
    """The same claims under a signature that is not the authority's."""
    return readers.resigned_jwt(our_jwt(), ec.derive_private_key(99, ec.SECP256R1()))


def altered_cwt() -> bytes:
    """One licence made valid, the signature left as it was."""
    return readers.altered_cwt(our_cwt())


# ---------------------------------------------------------------- polaris-oid4vp, which reads JWT


def ask_polaris(
    token: bytes, index: int, *, uri: str = NAME.uri, at: int = ISSUED + 60
) -> dict[str, Any]:
    return readers.ask_polaris(token, index, key=PUBLIC, issuer=AUTHORITY, uri=uri, at=at)


@pytest.mark.parametrize(("index", "value"), EXPECTED.items())
def test_polaris_reads_every_status(index: int, value: int) -> None:
    answer = ask_polaris(our_jwt(), index)
    assert (answer["checked"], answer["status"], answer["stale"]) == (True, value, False)
    assert answer["meaning"] == ("VALID", "INVALID", "SUSPENDED")[value]


def test_polaris_sees_that_our_list_ages() -> None:
    assert ask_polaris(our_jwt(), 100, at=ISSUED + 3_601)["stale"]
    assert ask_polaris(our_jwt(), 100, at=ISSUED + 86_400)["code"] == "expired"


def test_polaris_refuses_bad_twins() -> None:
    assert ask_polaris(jwt_of_somebody_else(), 102)["code"] == "signature"
    assert ask_polaris(our_jwt(), 102, uri=f"{NAME.uri}1")["code"] == "sub_mismatch"
    assert ask_polaris(our_jwt(), SHARD_ENTRIES)["code"] == "index"


# ---------------------------------------------------------------- the library cwt


def test_cwt_library_verifies_our_cwt() -> None:
    claims = readers.ask_cwt(our_cwt(), key=PUBLIC, kid=KID)
    assert claims[2] == NAME.uri
    assert claims[65533]["bits"] == 2


def test_cwt_library_refuses_an_altered_twin() -> None:
    with pytest.raises(cwt.VerifyError):
        readers.ask_cwt(altered_cwt(), key=PUBLIC, kid=KID)


# ---------------------------------------------------------------- OpenWallet Foundation, on Node


def ask_node(folder: Path, form: str, token: bytes) -> subprocess.CompletedProcess[str]:
    return readers.ask_node(folder, form, token, list(EXPECTED), key=PUBLIC)


@pytest.mark.tools("node")
@pytest.mark.parametrize("form", ["cwt", "jwt"])
def test_wallet_foundation_reads_every_status(tmp_path: Path, form: str) -> None:
    answer = ask_node(tmp_path, form, our_cwt() if form == "cwt" else our_jwt())
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    values = said.pop("values")
    assert said == {"sub": NAME.uri, "iat": ISSUED, "exp": ISSUED + 86_400, "ttl": 3_600}
    assert set(values) == ({"owf"} if form == "cwt" else {"owf", "sd_jwt"})
    for read in values.values():
        assert read == list(EXPECTED.values())


@pytest.mark.tools("node")
@pytest.mark.parametrize("form", ["cwt", "jwt"])
def test_wallet_foundation_refuses_a_bad_twin(tmp_path: Path, form: str) -> None:
    answer = ask_node(tmp_path, form, altered_cwt() if form == "cwt" else jwt_of_somebody_else())
    assert answer.returncode == 1
    assert "refused" in answer.stderr


def test_what_they_inflate_is_one_whole_shard() -> None:
    claims = json.loads(from_base64url(our_jwt().split(b".")[1].decode()))
    packed = claims["status_list"]["lst"]
    inflated = polaris._inflate_bounded(base64.urlsafe_b64decode(packed + "=="))
    assert len(inflated) == SHARD_BYTES
