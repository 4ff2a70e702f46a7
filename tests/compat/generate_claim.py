"""Goldens of claiming: a claim bound to its code, one that is not, and an answer."""

from collections.abc import Mapping
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ec

from licence.formats.claim import ClaimAnswer, encode_answer
from licence.formats.holder import encode_claim
from wallet.keys import HolderKey

CODE = "K7Q25XMD44TBM3FA"
OTHER_CODE = "K7Q25XMD44TBM3FB"
ANSWER = ClaimAnswer(
    licence_json=b'{"schema":"anzheng-licence/v1"}',
    pdf=b"%PDF-1.7",
    certificates=(b"certificate of the holder", b"certificate of the CA"),
    evidence=b"evidence",
)


def files() -> Mapping[str, bytes]:
    """Return all files by their path."""
    claim = HolderKey(ec.derive_private_key(41, ec.SECP256R1())).claim(CODE)
    return {
        "claim/good_claim.json": encode_claim(claim),
        "claim/fail_other_code.json": encode_claim(replace(claim, code=OTHER_CODE)),
        "claim/good_answer.json": encode_answer(ANSWER),
        "claim/good_answer_pending.json": encode_answer(replace(ANSWER, evidence=None)),
        "claim/fail_answer_without_file.json": encode_answer(ANSWER).replace(b'"pdf"', b'"pdg"'),
    }
