"""Every text can be read: measured against the drawings under it, with the SAMPLE mark too."""

from hashlib import sha256
from itertools import product

import pytest

from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.ids import Digest
from licence.pages import make_plan
from signer.layout import read_layout
from signer.pades import decorate
from signer.render import Renderer, template_folder
from tests.fakes.drafts import TEMPLATES
from tests.fakes.hard_licences import APPROVED, hard_licence
from tests.fakes.page_boxes import contrasts
from tests.fakes.signing import VERIFY_BASE
from tests.interop.rows import PROFILES

LEAST = 4.5
"""WCAG 2.1, 1.4.3 (level AA)."""


OTHER_TYPES = [template for template in TEMPLATES if template not in PROFILES]


@pytest.mark.parametrize(
    ("template", "case"),
    [*product(PROFILES, ("rare", "FM", "emergency")), *product(OTHER_TYPES, (APPROVED,))],
)
def test_each_text_stands_out_from_what_is_under_it(template: str, case: str) -> None:
    version = hard_licence(case, template)
    data = licence_json.encode(version)
    plan = make_plan(version, short_code(data))
    pages = decorate(
        Renderer(verify_base=VERIFY_BASE).render(plan, data, version.draft.glyphs),
        version=version,
        plan=plan,
        licence_json=Digest(sha256(data).digest()),
        layout=read_layout(template_folder(template)),
    )
    inked = list(contrasts(pages))
    assert {each.page for each in inked} >= {1, 2}
    assert min(inked, key=lambda each: each.contrast).contrast >= LEAST
