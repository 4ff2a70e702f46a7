"""Pages of a licence as the press draws them, before they are prepared for signing."""

from licence.domain.model import LicenceVersion
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import make_plan
from signer.render import Renderer


def drawn(renderer: Renderer, version: LicenceVersion, data: bytes | None = None) -> bytes:
    """Draw a version; with other data than its own where a test needs that."""
    data = licence_json.encode(version) if data is None else data
    return renderer.render(make_plan(version, short_code(data)), data, version.draft.glyphs)
