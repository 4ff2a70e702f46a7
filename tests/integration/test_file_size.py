"""A licence stays small enough to be sent by mail and kept for decades."""

from dataclasses import replace

import pytest

from licence.domain.model import PageOptions
from tests.builders import make_world

ONE_PAGE = 120_000
WITH_BACK = 160_000


@pytest.mark.parametrize(("back", "most"), [(False, ONE_PAGE), (True, WITH_BACK)])
def test_a_signed_and_anchored_licence_is_small(back: bool, most: int) -> None:  # noqa: FBT001
    world = make_world()
    version = world.version(
        legal_representative="王镕",
        addresses=[
            {"type": "REGISTERED", "text": "辽宁省大连市金州区松木岛化工园区沐百路18号"},
            {"type": "PRODUCTION", "text": "松木岛化工园区滨海二路6号二厂区(罐区)"},
        ],
        scope=[
            {"name": "氢氧化钠溶液(30%)", "capacity": "20", "unit": "万吨/年", "risk": "NORMAL"},
            {"name": "液氯", "capacity": "5", "unit": "万吨/年", "risk": "HIGH"},
        ],
    )
    page = PageOptions(back=back)
    issued = world.issue(replace(version, draft=replace(version.draft, page=page)))
    assert len(issued.pdf) <= most
