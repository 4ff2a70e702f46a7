"""The pictures of the documents: every template that is open has them."""

from pathlib import Path

from licence.pages.templates import TEMPLATES
from signer.render import template_folder
from tools.pictures import PICTURES, SHOWN

OPEN = [each for each in TEMPLATES.values() if not each.closed]


def test_every_open_template_is_shown() -> None:
    assert {profile for profile, _ in SHOWN} == {each.id.split("/")[0] for each in OPEN}


def test_every_open_template_has_its_picture_in_the_documents_and_in_its_folder() -> None:
    for each in OPEN:
        face = PICTURES / f"{each.id.split('/')[0]}-face.png"
        assert _is_png(face), face
        assert _is_png(template_folder(each.id) / "picture.png"), each.id


def test_no_picture_is_of_a_section_that_its_template_does_not_have() -> None:
    known = {
        f"{each.id.split('/')[0]}-{section.kind.value}"
        for each in OPEN
        for section in each.sections
    }
    assert {place.stem for place in PICTURES.glob("*.png")} <= known


def _is_png(place: Path) -> bool:
    return place.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
