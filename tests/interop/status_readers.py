"""Other people's Token Status List libraries, asked about one list of ours each time.

polaris-oid4vp reads the JWT, cwt verifies the CWT, the OpenWallet Foundation's packages on Node
read both. Each gets the authority's public key; none gets any code of ours.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cbor2
import cwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from polaris_oid4vp import status as polaris

from licence.formats.jwt import base64url

NODE = Path(__file__).parent / "node"
SECONDS = 300

Key = ec.EllipticCurvePublicKey


def ask_polaris(
    token: bytes, index: int, *, key: Key, issuer: str, uri: str, at: int
) -> dict[str, Any]:
    """Ask polaris-oid4vp about one index of a JWT."""

    def verify(signed: bytes, signature: bytes, header: Any) -> bool:  # noqa: ANN401
        return header["alg"] == "ES256" and is_signed_by(key, signed, signature)

    authority = polaris.StatedAuthority().state(
        credential_issuer=issuer, status_uri=uri, verify=verify, why="trust bundle"
    )
    answer: dict[str, Any] = polaris.decide(
        token, index=index, expected_uri=uri, authority=authority, now=at, credential_issuer=issuer
    )
    return answer


def ask_cwt(token: bytes, *, key: Key, kid: bytes) -> dict[int, Any]:
    """Let the library cwt verify a CWT, and return its claims; raises `cwt.VerifyError`."""
    numbers = key.public_numbers()
    parameters: dict[int, Any] = {
        1: 2,
        -1: 1,
        -2: numbers.x.to_bytes(32, "big"),
        -3: numbers.y.to_bytes(32, "big"),
        2: kid,
        3: -7,
    }
    claims: dict[int, Any] = cbor2.loads(cwt.COSE.new().decode(token, cwt.COSEKey.new(parameters)))
    return claims


def ask_node(
    folder: Path, form: str, token: bytes, indexes: Sequence[int], *, key: Key
) -> subprocess.CompletedProcess[str]:
    """Ask the OpenWallet Foundation's packages; `form` is `cwt` or `jwt`; exit code 1: refused."""
    numbers = key.public_numbers()
    x, y = (base64url(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    jwk, file = folder / "key.json", folder / "token"
    jwk.write_text(json.dumps({"kty": "EC", "crv": "P-256", "x": x, "y": y}))
    file.write_bytes(token)
    node = shutil.which("node")
    assert node is not None
    return subprocess.run(
        [node, NODE / "read_status_list.mjs", form, file, jwk, *map(str, indexes)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=NODE,
    )


def altered_cwt(token: bytes) -> bytes:
    """Return a CWT with one byte of the packed list changed, the signature left as it was."""
    protected, unprotected, payload, signature = cbor2.loads(token).value
    place = payload.index(b"\x78\xda") + 40
    payload = payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1 :]
    return cbor2.dumps(cbor2.CBORTag(18, [protected, unprotected, payload, signature]))


def resigned_jwt(token: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the same claims under a signature of another key."""
    signed = token.rpartition(b".")[0]
    r, s = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return signed + b"." + base64url(raw).encode()


def is_signed_by(key: Key, signed: bytes, signature: bytes) -> bool:
    """Say whether an ES256 signature, r || s, is by this key."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
