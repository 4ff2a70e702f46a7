"""Officers: who must have signed; `test_release` has what a signature must be."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from licence.errors import AnzhengError, Code
from licence.formats import es256
from licence.formats.officers import (
    OfficerAlgorithm,
    OfficerCodes,
    OfficerSignature,
    PinnedOfficer,
    SignedStatement,
    check_officers,
)
from licence.ids import AuthorityId, OfficerId

AUTHORITY, OTHER = AuthorityId("a-1"), AuthorityId("a-2")
DATA = b"prefix and statement"
CODES = OfficerCodes(unknown=Code.DECISION_OFFICER_UNKNOWN, too_few=Code.DECISION_TWO_OFFICERS)
KEYS = {name: ec.derive_private_key(at, ec.SECP256R1()) for at, name in enumerate("abc", start=2)}


def pinned(name: str, key: str = "", authority: AuthorityId = AUTHORITY) -> PinnedOfficer:
    public = es256.public_key_bytes(KEYS[key or name].public_key())
    return PinnedOfficer(OfficerId(name), authority, public)


def signature(name: str, key: str = "", data: bytes = DATA) -> OfficerSignature:
    value = es256.signer(KEYS[key or name])(data)
    return OfficerSignature(OfficerId(name), OfficerAlgorithm.ES256, value)


def statement(*signatures: OfficerSignature) -> SignedStatement:
    return SignedStatement(AUTHORITY, DATA, signatures)


BOTH = statement(signature("a"), signature("b"))
PINNED = (pinned("a"), pinned("b"))


def test_two_officers_are_enough_and_three_are_too() -> None:
    check_officers(BOTH, PINNED, CODES)
    three = statement(signature("a"), signature("b"), signature("c"))
    check_officers(three, (*PINNED, pinned("c")), CODES)


@pytest.mark.parametrize(
    ("signed", "officers", "code"),
    [
        (statement(), PINNED, Code.DECISION_TWO_OFFICERS),
        (statement(signature("a")), PINNED, Code.DECISION_TWO_OFFICERS),
        # One person with two names.
        (
            statement(signature("a"), signature("b", "a")),
            (pinned("a"), pinned("b", "a")),
            Code.DECISION_TWO_OFFICERS,
        ),
        (BOTH, (pinned("a"),), Code.DECISION_OFFICER_UNKNOWN),
        (BOTH, (pinned("a"), pinned("b", authority=OTHER)), Code.DECISION_OFFICER_UNKNOWN),
        (replace(BOTH, authority=OTHER), PINNED, Code.DECISION_OFFICER_UNKNOWN),
        # A third signature that is wrong spoils two that are right.
        (
            statement(*BOTH.signatures, signature("c")),
            PINNED,
            Code.DECISION_OFFICER_UNKNOWN,
        ),
        (
            statement(*BOTH.signatures, signature("c", data=b"other")),
            (*PINNED, pinned("c")),
            Code.RELEASE_SIGNATURE,
        ),
    ],
)
def test_what_is_refused(
    signed: SignedStatement, officers: tuple[PinnedOfficer, ...], code: Code
) -> None:
    with pytest.raises(AnzhengError) as caught:
        check_officers(signed, officers, CODES)
    assert caught.value.code is code


def test_one_officer_is_enough_where_one_is_asked() -> None:
    check_officers(statement(signature("a")), PINNED, CODES, least=1)
    with pytest.raises(AnzhengError) as caught:
        check_officers(statement(), PINNED, CODES, least=1)
    assert caught.value.facts == {"signed": 0, "needed": 1}


def test_a_wrong_signature_has_the_code_that_was_asked_for() -> None:
    codes = replace(CODES, signature=Code.DECISION_SIGNATURE)
    with pytest.raises(AnzhengError) as caught:
        check_officers(replace(BOTH, data=b"altered"), PINNED, codes)
    assert caught.value.code is Code.DECISION_SIGNATURE
    assert caught.value.facts == {"officer": "a"}
