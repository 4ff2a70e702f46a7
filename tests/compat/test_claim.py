"""Claims and answers of the first release are read as then."""

from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from licence.errors import Code
from licence.formats import es256
from licence.formats.claim import check_claim, decode_answer
from licence.formats.holder import decode_claim
from tests.compat.generate_claim import ANSWER, CODE
from tests.fakes.refusal import refuses

FOLDER = Path(__file__).parent / "v1" / "claim"
PUBLIC = es256.public_key_bytes(ec.derive_private_key(41, ec.SECP256R1()).public_key())


def test_good_claim() -> None:
    claim = decode_claim((FOLDER / "good_claim.json").read_bytes())
    assert claim.code == CODE
    assert check_claim(claim) == PUBLIC


def test_claim_for_another_code() -> None:
    with refuses(Code.CSR_INVALID):
        check_claim(decode_claim((FOLDER / "fail_other_code.json").read_bytes()))


def test_answers() -> None:
    assert decode_answer((FOLDER / "good_answer.json").read_bytes()) == ANSWER
    pending = decode_answer((FOLDER / "good_answer_pending.json").read_bytes())
    assert pending == replace(ANSWER, evidence=None)


def test_answer_without_file() -> None:
    with refuses(Code.CLAIM_ANSWER):
        decode_answer((FOLDER / "fail_answer_without_file.json").read_bytes())
