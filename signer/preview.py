"""The pages of a licence that is not one yet: drawn and decorated, never prepared for signing."""

from hashlib import sha256

from licence.domain.model import LicenceVersion
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.ids import Digest
from licence.pages import make_plan
from signer.layout import read_layout
from signer.pades import decorate
from signer.render import Renderer, template_folder


class PreviewPress:
    """Draws previews in this process.

    Args:
        verify_base: Where the printed code points; a preview is not to be found there.
    """

    def __init__(self, *, verify_base: str) -> None:
        self._renderer = Renderer(verify_base=verify_base)

    def draw(self, version: LicenceVersion) -> bytes:
        """Return the pages with SAMPLE across each, without seal and signature field.

        Raises:
            AnzhengError: As `make_plan` and `Renderer.render`.
        """
        data, draft = licence_json.encode(version), version.draft
        plan = make_plan(version, short_code(data))
        return decorate(
            self._renderer.render(plan, data, draft.glyphs),
            version=version,
            plan=plan,
            licence_json=Digest(sha256(data).digest()),
            layout=read_layout(template_folder(draft.template)),
        )
