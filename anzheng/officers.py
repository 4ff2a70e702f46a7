"""How an officer signs with a key file; passkeys and U-keys sign elsewhere, in the same format."""

from anzheng.keyfiles import Key, KeyKind
from licence.errors import AnzhengError, Code
from licence.formats.officers import OfficerAlgorithm, OfficerSignature
from licence.ids import OfficerId

_ALGORITHMS = {
    KeyKind.ES256: OfficerAlgorithm.ES256,
    KeyKind.ED25519: OfficerAlgorithm.ED25519,
}


def sign_as(officer: OfficerId, key: Key, statement: bytes) -> OfficerSignature:
    """Sign the bytes of a release or decision.

    Raises:
        AnzhengError: ALGORITHM_UNSUPPORTED for a key that officers do not use.
    """
    algorithm = _ALGORITHMS.get(key.kind)
    if algorithm is None:
        raise AnzhengError(Code.ALGORITHM_UNSUPPORTED, "officers sign with P-256 or Ed25519")
    return OfficerSignature(officer=officer, algorithm=algorithm, value=key.sign(statement))
