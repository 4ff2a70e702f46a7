"""Genuine files that are hard to judge: what our signer signs, our verifier calls valid."""

from dataclasses import replace
from itertools import chain, cycle, islice

import pytest

from licence.domain.model import LicenceVersion
from licence.errors import Code
from licence.formats.verdict import Verdict
from tests.builders import World, make_world
from verifier.policy import BATCH
from verifier.verify import verify

COMMON = tuple(
    bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFA)
)
ISSUER = "辽宁省大连长兴岛经济技术开发区应急管理和安全生产监督管理局"


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


def _many_characters(version: LicenceVersion) -> LicenceVersion:
    """3,471 different characters of GB 2312: the fonts of the page are large."""
    item = version.draft.scope[0]
    names = ("".join(COMMON[begin : begin + 20]) for begin in range(0, len(COMMON), 20))
    scope = tuple(replace(item, name=name) for name in names)
    return replace(version, draft=replace(version.draft, scope=scope))


def _issued_by(version: LicenceVersion, length: int) -> LicenceVersion:
    """The name of the issuer is so long that the stars of both seals lie over it."""
    name = "".join(islice(cycle(ISSUER), length))
    return replace(version, draft=replace(version.draft, issuer=name))


def _of(version: LicenceVersion, template: str) -> LicenceVersion:
    return replace(version, draft=replace(version.draft, template=template))


def test_what_our_signer_signs_is_valid(world: World) -> None:
    plain = world.version()
    hard = chain(
        (_of(_many_characters(plain), each) for each in ("cn-a4p/2", "seed-a3/1")),
        (
            _of(_issued_by(plain, length), each)
            for length in (50, 96)
            for each in ("seed-a3/1", "seed-a4/1")
        ),
    )
    for version in hard:
        pdf = world.issue(version).pdf
        report = verify(pdf, world.trust(), policy=BATCH, now=world.now)
        assert (report.verdict, report.code) == (Verdict.VALID, Code.OK), version.draft.template
