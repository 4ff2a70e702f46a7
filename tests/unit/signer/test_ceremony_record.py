"""The written record of a ceremony: what it says, what is attached, the same every time."""

import io

import pikepdf
import pypdfium2
import pytest

from licence.formats import ceremony
from licence.formats.ceremony import Order
from signer.ceremony_record import render_record
from tests.unit.licence.test_ceremony import CLOSED, ROTATED, signed


def text_of(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return "".join("".join(pages).split())


@pytest.mark.parametrize("order", [ROTATED, CLOSED])
def test_the_pages_say_what_the_record_says(order: Order) -> None:
    held = signed(order)
    text = text_of(render_record(held, is_test=True))
    for said in (order.id, order.key, order.place, *order.officers, order.store):
        assert "".join(said.split()) in text
    for digest in (held.key.public_key, held.key.certificate, held.key.issuer):
        assert digest is not None
        assert digest.hex() in text
    assert ceremony.digest(held).hex() in text
    assert "示例" in text
    assert "示例" not in text_of(render_record(held, is_test=False))


def test_the_signed_record_is_attached_and_the_bytes_are_the_same_every_time() -> None:
    held = signed(ROTATED)
    pdf = render_record(held, is_test=True)
    assert render_record(held, is_test=True) == pdf
    with pikepdf.open(io.BytesIO(pdf)) as document:
        (attached,) = document.attachments.values()
        assert attached.get_file().read_bytes() == ceremony.encode(held)
