"""Only what two officers released is signed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from licence.errors import Code
from licence.formats.officers import PinnedOfficer
from licence.ids import AuthorityId
from signer.release import Release, check_release
from tests.fakes.drafts import OTHER_ISSUER, elicence_id
from tests.fakes.refusal import refuses
from tests.fakes.signing import (
    AUTHORITY,
    OFFICERS,
    OTHER_AUTHORITY,
    RELEASED_ON,
    licence_data,
    number,
    officer,
    released,
)

LICENCES = [licence_data(index) for index in range(3)]
PINNED = tuple(each.pinned() for each in OFFICERS)


def _check(
    statement: bytes | None = None,
    licences: list[bytes] | None = None,
    officers: tuple[PinnedOfficer, ...] = PINNED,
) -> Release:
    data = LICENCES if licences is None else licences
    return check_release(statement or released(data), data, officers=officers, now=RELEASED_ON)


def test_a_release_by_two_officers_is_believed() -> None:
    release = _check()
    assert release.authority == AUTHORITY
    assert release.batch_id == "batch-1"
    assert [each.data for each in release.licences] == LICENCES


@pytest.mark.parametrize(
    ("code", "licences"),
    [
        (Code.RELEASE_DIGEST_MISMATCH, LICENCES[:2]),
        (Code.RELEASE_DIGEST_MISMATCH, [LICENCES[1], LICENCES[0], LICENCES[2]]),
        (Code.RELEASE_DIGEST_MISMATCH, [*LICENCES[:2], licence_data(9)]),
    ],
)
def test_rows_altered_after_the_release_are_refused(code: Code, licences: list[bytes]) -> None:
    with refuses(code):
        _check(released(LICENCES), licences)


def test_one_officer_is_not_enough() -> None:
    with refuses(Code.RELEASE_TWO_OFFICERS):
        _check(released(LICENCES, officers=OFFICERS[:1]))
    with refuses(Code.RELEASE_TWO_OFFICERS):
        _check(released(LICENCES, officers=()))


def test_two_names_with_one_key_are_one_officer() -> None:
    first = OFFICERS[0]
    double = type(first)(officer("另一个").name, first.key)
    with refuses(Code.RELEASE_TWO_OFFICERS):
        _check(
            released(LICENCES, officers=(first, double)),
            officers=(first.pinned(), double.pinned()),
        )


def test_a_stranger_and_an_officer_of_another_authority_are_unknown() -> None:
    with refuses(Code.RELEASE_OFFICER_UNKNOWN):
        _check(released(LICENCES, officers=(*OFFICERS, officer("陌生人"))))
    elsewhere = (PINNED[0], OFFICERS[1].pinned(OTHER_AUTHORITY))
    with refuses(Code.RELEASE_OFFICER_UNKNOWN):
        _check(officers=elsewhere)


def test_a_signature_by_another_key_is_refused() -> None:
    pretender = type(OFFICERS[1])(OFFICERS[1].name, officer("陌生人").key)
    with refuses(Code.RELEASE_SIGNATURE):
        _check(released(LICENCES, officers=(OFFICERS[0], pretender)))


def test_a_release_from_the_future_is_refused() -> None:
    with refuses(Code.DATE_IN_FUTURE):
        _check(released(LICENCES, released_on=RELEASED_ON + timedelta(minutes=6)))


def _of_other_authority() -> bytes:
    return licence_data(5, issuer_code=OTHER_ISSUER, elicence_id=elicence_id(1, OTHER_ISSUER))


@pytest.mark.parametrize(
    ("code", "make"),
    [
        (Code.RELEASE_AUTHORITY, _of_other_authority),
        (Code.RELEASE_VERSION_TAKEN, lambda: licence_data(7, licence_no=number(1))),
        (Code.RELEASE_INDEX_TAKEN, lambda: licence_data(0, licence_no=number(99))),
        (Code.JSON_SYNTAX, lambda: b"{"),
        (Code.SCHEMA_UNKNOWN, lambda: b"{}"),
    ],
    ids=["authority", "version", "index", "json", "schema"],
)
def test_the_licences_themselves_are_checked(code: Code, make: Callable[[], bytes]) -> None:
    with refuses(code, Code.FIELD_MISSING):
        _check(licences=[*LICENCES, make()])


def test_what_is_no_statement_is_refused() -> None:
    with refuses(Code.JSON_SYNTAX):
        _check(b"no")


def test_the_authority_of_the_statement_counts() -> None:
    other = AuthorityId(OTHER_ISSUER)
    officers = tuple(each.pinned(other) for each in OFFICERS)
    with refuses(Code.RELEASE_AUTHORITY):
        _check(released(LICENCES, authority=other), officers=officers)
