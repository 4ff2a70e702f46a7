"""The register of checks: complete, in order, and what docs/checks.md says."""

import re
from pathlib import Path

import pytest

from licence.errors import Code
from licence.formats.checks import CheckName, failed, indeterminate, passed, skipped
from tools import checks_page
from verifier import checks
from verifier.checks.register import ANY_CHECK, REGISTER, NumberedCheck, unregistered
from verifier.words import ADVICE

FOLDER = Path(checks.__file__).parent


def test_the_checks_are_numbered_in_their_order() -> None:
    assert list(REGISTER) == list(CheckName)
    assert [check.number for check in REGISTER.values()] == list(range(1, len(CheckName) + 1))


@pytest.mark.parametrize("check", REGISTER.values(), ids=lambda check: check.name)
def test_each_check_stands_in_a_module_of_its_number(check: NumberedCheck) -> None:
    assert check.standard
    if check.name is not CheckName.REPORTED:
        source = (FOLDER / f"{check.module}.py").read_text("utf-8")
        assert f"NUMBER: Final = {check.number}\n" in source
        assert check.module.startswith(f"c{check.number:02d}_")


def test_every_code_with_words_belongs_to_a_check() -> None:
    said = {code for check in REGISTER.values() for code in (*check.codes, *check.notes)}
    assert said | {*ANY_CHECK, Code.OK} == set(ADVICE)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("c*.py")), ids=lambda path: path.stem)
def test_a_module_says_no_code_that_is_not_registered(path: Path) -> None:
    number = int(path.stem[1:3])
    (check,) = (check for check in REGISTER.values() if check.number == number)
    named = {Code[name] for name in re.findall(r"\bCode\.([A-Z_]+)", path.read_text("utf-8"))}
    # Codes of other checks, which the module reads, and of decoders, which it renames.
    elsewhere = {code for other in REGISTER.values() for code in (*other.codes, *other.notes)}
    assert named <= elsewhere | {*ANY_CHECK, Code.OK, Code.NOT_FOUND}
    assert named & {*check.codes, *check.notes} or number in {2, 5}


def test_what_is_not_registered_is_found() -> None:
    good = [
        passed(CheckName.STATUS, notes=(Code.STATUS_AGEING,)),
        failed(CheckName.VALIDITY, Code.EXPIRED),
        indeterminate(CheckName.ANCHOR, Code.CHECK_TIMED_OUT),
        skipped(CheckName.HOLDER, Code.EXPIRED),
    ]
    assert unregistered(good) == ()
    strange = [
        failed(CheckName.VALIDITY, Code.STATUS_REVOKED),
        passed(CheckName.VALIDITY, notes=(Code.STATUS_AGEING,)),
    ]
    assert unregistered(strange) == (
        (CheckName.VALIDITY, Code.STATUS_REVOKED),
        (CheckName.VALIDITY, Code.STATUS_AGEING),
    )


def test_the_page_is_up_to_date() -> None:
    assert checks_page.PAGE.read_text("utf-8") == checks_page.page(), "run: make errors"
