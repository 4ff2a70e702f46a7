"""Every text can be read: measured against the drawings under it, with the SAMPLE mark too."""

from hashlib import sha256

import pytest

from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.ids import Digest
from licence.pages import make_plan
from signer.layout import read_layout
from signer.pades import decorate
from signer.render import Renderer, template_folder
from tests.fakes.hard_licences import hard_licence
from tests.fakes.page_boxes import contrasts
from tests.fakes.signing import VERIFY_BASE

LEAST = 4.5
"""WCAG 2.1, 1.4.3 (level AA)."""


@pytest.mark.parametrize("template", ["cn-a4p/2", "seed-a3/1", "seed-a4/1"])
@pytest.mark.parametrize("case", ["rare", "FM", "emergency"])
def test_each_text_stands_out_from_what_is_under_it(template: str, case: str) -> None:
    version = hard_licence(case, template)
    data = licence_json.encode(version)
    plan = make_plan(version, short_code(data))
    pages = decorate(
        Renderer(verify_base=VERIFY_BASE).render(plan, data),
        version=version,
        plan=plan,
        licence_json=Digest(sha256(data).digest()),
        layout=read_layout(template_folder(template)),
    )
    inked = list(contrasts(pages))
    assert {each.page for each in inked} >= {1, 2}
    assert min(inked, key=lambda each: each.contrast).contrast >= LEAST
