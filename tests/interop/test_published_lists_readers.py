"""Other people's libraries read what an authority publishes: every list, whatever its size.

Two readers in Python (polaris-oid4vp and cwt) and two on Node get the lists of a publisher over a
database, lists that were made from deltas, and side lists as JWT and COSE. The slow test does it
for ten million licences.
"""

import base64
import json
import zlib
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
import cwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from licence.domain.status import StatusWord
from licence.formats import list_delta, side_jwt
from licence.formats.side_list import CONTENT_TYPE
from licence.formats.status_shard import SHARD_BYTES, SHARD_ENTRIES, value_of
from tests.interop import status_readers as readers
from tools.bench.lists import AUTHORITY, NOW, Authority

SAMPLE = 12
"""Licences of a shard that each reader is asked about; two are not valid."""


def public_key(authority: Authority) -> ec.EllipticCurvePublicKey:
    key = serialization.load_der_public_key(authority.key.trusted.key)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def expected(authority: Authority, index: int) -> int:
    return int(value_of(authority.words.get(index, StatusWord.NONE)))


def sample(authority: Authority, shard: int) -> list[int]:
    """Places in a shard: some at random, the last, and some that are not valid."""
    first = shard * SHARD_ENTRIES
    bad = [index - first for index in authority.bad if index // SHARD_ENTRIES == shard]
    spread = range(0, SHARD_ENTRIES, SHARD_ENTRIES // (SAMPLE // 2))
    return sorted({*bad[: SAMPLE // 2], *spread, SHARD_ENTRIES - 1})


def read_by_all(authority: Authority, shard: int, cwt_token: bytes, jwt_token: bytes) -> None:
    """Let the readers in Python read one list in both forms."""
    key, uri = public_key(authority), authority.office.name(shard).uri
    first = shard * SHARD_ENTRIES
    claims = readers.ask_cwt(cwt_token, key=key, kid=authority.key.kid)
    assert claims[2] == uri
    assert claims[65533]["aggregation_uri"] == uri.rpartition("/")[0]
    packed = zlib.decompress(claims[65533]["lst"])
    assert len(packed) == SHARD_BYTES
    # Everything that is not valid, and nothing else.
    bad = {index - first for index in authority.words if index // SHARD_ENTRIES == shard}
    found = {
        4 * at + place
        for at, octet in enumerate(packed)
        if octet
        for place in range(4)
        if octet >> 2 * place & 3
    }
    assert found == bad
    at = int(NOW.timestamp()) + 60
    for place in sample(authority, shard):
        answer = readers.ask_polaris(jwt_token, place, key=key, issuer=AUTHORITY, uri=uri, at=at)
        assert answer["checked"]
        assert answer["status"] == expected(authority, first + place)
        assert packed[place // 4] >> place % 4 * 2 & 3 == expected(authority, first + place)


def read_by_node(folder: Path, authority: Authority, shard: int, tokens: dict[str, bytes]) -> None:
    """Let the packages of the OpenWallet Foundation and sd-jwt read it."""
    places = sample(authority, shard)
    wanted = [expected(authority, shard * SHARD_ENTRIES + place) for place in places]
    for form, token in tokens.items():
        answer = readers.ask_node(folder, form, token, places, key=public_key(authority))
        assert answer.returncode == 0, answer.stderr
        values = json.loads(answer.stdout)["values"]
        assert set(values) == ({"owf"} if form == "cwt" else {"owf", "sd_jwt"})
        assert all(read == wanted for read in values.values())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    made = Authority(tmp_path_factory.mktemp("lists"), SHARD_ENTRIES + 300_000, 0.1)
    made.publish()
    return made


def forms(authority: Authority) -> list[tuple[bytes, bytes]]:
    return list(zip(authority.files("cwt"), authority.files("jwt"), strict=True))


def test_readers_in_python_read_every_published_list(authority: Authority) -> None:
    for shard, (cwt_token, jwt_token) in enumerate(forms(authority)):
        read_by_all(authority, shard, cwt_token, jwt_token)


@pytest.mark.tools("node")
def test_readers_on_node_read_every_published_list(authority: Authority, tmp_path: Path) -> None:
    for shard, (cwt_token, jwt_token) in enumerate(forms(authority)):
        read_by_node(tmp_path, authority, shard, {"cwt": cwt_token, "jwt": jwt_token})


def test_aggregation_names_every_list_as_the_draft_says(authority: Authority) -> None:
    folder = authority.office.name(0).path.rpartition("/")[0]
    data = authority.desk.repository.plain(f"{folder}/aggregation.json")
    assert data is not None
    named = json.loads(data)["status_lists"]
    for uri, (cwt_token, _) in zip(named, forms(authority), strict=True):
        claims = readers.ask_cwt(cwt_token, key=public_key(authority), kid=authority.key.kid)
        assert claims[2] == uri


def from_delta(authority: Authority, shard: int, base: bytes) -> bytes:
    """Make the newest list from an older one, as a verifier does."""
    name = authority.office.name(shard)
    folder = authority.trust / "deltas" / name.registry / name.authority / str(shard)
    data = (folder / f"{sha256(base).hexdigest()}.delta").read_bytes()
    delta = list_delta.decode(data, keys=[authority.key.trusted], expected=name)
    return list_delta.apply(delta, base)


def change(authority: Authority) -> list[bytes]:
    """Publish a decision about fifty more licences, and return the lists before it."""
    before = list(authority.files("cwt"))
    fresh = [index for index in range(0, 5_000, 100) if index not in authority.words]
    authority.words |= dict.fromkeys(fresh, StatusWord.REVOKED)
    authority.decide(fresh)
    authority.publish(after=timedelta(seconds=20))
    return before


def test_readers_read_what_deltas_lead_to(authority: Authority) -> None:
    before = change(authority)
    made = from_delta(authority, 0, before[0])
    (published, jwt_token), *_ = forms(authority)
    assert made == published
    read_by_all(authority, 0, made, jwt_token)


# ---------------------------------------------------------------- side lists


def test_side_lists_as_jwt_need_no_code_of_ours(authority: Authority) -> None:
    key = public_key(authority)
    for shard, token in enumerate(authority.files("side.jwt")):
        signed, _, signature = token.rpartition(b".")
        assert readers.is_signed_by(key, signed, from_base64(signature))
        assert not readers.is_signed_by(key, signed + b"A", from_base64(signature))
        header, claims = (json.loads(from_base64(part)) for part in signed.split(b"."))
        assert (header["alg"], header["typ"]) == ("ES256", side_jwt.TYPE)
        assert claims["sub"] == authority.office.name(shard).uri
        assert claims["exp"] - claims["iat"] == 86_400
        told = {row["index"]: row["status"] for row in claims["side_list"]["rows"]}
        words = {i: w for i, w in authority.words.items() if i // SHARD_ENTRIES == shard}
        assert told == {index: word.name.lower() for index, word in words.items()}


def from_base64(part: bytes) -> bytes:
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def test_foreign_library_verifies_side_lists_as_cose(authority: Authority) -> None:
    for token in authority.files("side"):
        value: Any = readers.ask_cwt(token, key=public_key(authority), kid=authority.key.kid)
        assert value[0] == "anzheng-side/v1"
        assert cbor2.loads(cbor2.loads(token).value[0])[16] == CONTENT_TYPE
        with pytest.raises(cwt.VerifyError):
            readers.ask_cwt(
                token[:-1] + bytes([token[-1] ^ 1]),
                key=public_key(authority),
                kid=authority.key.kid,
            )


# ---------------------------------------------------------------- ten million


@pytest.mark.slow
@pytest.mark.tools("node")
def test_readers_read_the_lists_of_ten_million_licences(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.publish()
    assert sum(map(len, authority.files("cwt"))) <= 170_000
    before = change(authority)
    for shard, (cwt_token, jwt_token) in enumerate(forms(authority)):
        read_by_all(authority, shard, cwt_token, jwt_token)
        read_by_node(tmp_path, authority, shard, {"cwt": cwt_token, "jwt": jwt_token})
    assert from_delta(authority, 0, before[0]) == forms(authority)[0][0]
