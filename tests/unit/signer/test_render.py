"""Pages: what is on them is what the data says."""

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest
import zxingcpp

from licence.domain.model import Environment, LicenceVersion
from licence.errors import Code
from licence.formats import licence_json
from licence.formats.short_code import short_code
from signer.page_text import check_page, page_texts
from signer.render import Renderer, template_folder
from tests.fakes.drafts import draft_of, full_row, good_row, good_version
from tests.fakes.refusal import refuses
from tests.fakes.signing import VERIFY_BASE


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(verify_base=VERIFY_BASE)


def _full() -> LicenceVersion:
    return replace(good_version(), draft=draft_of(full_row()))


def _long() -> LicenceVersion:
    scope = [
        {
            "name": f"第{n}种危险化学品的生产、储存与充装",
            "capacity": str(n),
            "unit": "吨/年",
            "risk": "NORMAL",
        }
        for n in range(1, 201)
    ]
    return replace(good_version(), draft=draft_of({**good_row(), "scope": scope}))


def _emergency() -> LicenceVersion:
    return good_version(kind="EMERGENCY_TEMPORARY", valid_to="2024-04-10")


@pytest.mark.parametrize("make", [good_version, _full, _long, _emergency])
def test_the_page_says_what_the_data_says(renderer: Renderer, make: object) -> None:
    version = make()  # type: ignore[operator]
    data = licence_json.encode(version)
    check_page(renderer.render_first(version, data), version, data)


def test_what_typst_would_read_as_its_own_language_is_only_text(renderer: Renderer) -> None:
    name = '液氯"\\\\"#panic(1) \\u{41}") $x$ *甲* [乙] // 丙'
    version = good_version(scope=[{"name": name, "risk": "HIGH"}])
    data = licence_json.encode(version)
    check_page(renderer.render_first(version, data), version, data)


def test_a_long_licence_flows_to_more_pages(renderer: Renderer) -> None:
    version = _long()
    pages = page_texts(renderer.render_first(version, licence_json.encode(version)))
    assert len(pages) > 3
    assert all("（续页）" in page for page in pages[1:])


def test_a_production_page_does_not_say_sample(renderer: Renderer) -> None:
    version = good_version()
    draft = replace(version.draft, environment=Environment.PRODUCTION, issuer="辽宁省应急管理厅")
    version = replace(version, draft=draft)
    data = licence_json.encode(version)
    rendered = renderer.render_first(version, data)
    check_page(rendered, version, data)
    assert "示例" not in "".join(page_texts(rendered))


def test_a_page_of_other_data_is_refused(renderer: Renderer) -> None:
    version, other = good_version(), good_version(principal="李镕")
    rendered = renderer.render_first(version, licence_json.encode(version))
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page(rendered, other, licence_json.encode(other))


def test_the_attachment_is_the_exact_data(renderer: Renderer) -> None:
    version = _full()
    data = licence_json.encode(version)
    with pikepdf.open(io.BytesIO(renderer.render_first(version, data))) as pdf:
        assert list(pdf.attachments) == ["licence.json"]
        assert pdf.attachments["licence.json"].get_file().read_bytes() == data
        assert pdf.Root.AF[0].AFRelationship == "/Data"


def test_the_same_data_gives_the_same_bytes(renderer: Renderer) -> None:
    version = good_version()
    data = licence_json.encode(version)
    again = Renderer(verify_base=VERIFY_BASE).render_first(version, data)
    assert renderer.render_first(version, data) == again


def test_the_printed_code_reads_from_the_picture_of_the_page(renderer: Renderer) -> None:
    version = good_version()
    data = licence_json.encode(version)
    document = pypdfium2.PdfDocument(renderer.render_first(version, data))
    bitmap = document[0].render(scale=150 / 72, grayscale=True)
    rows = memoryview(bytes(bitmap.buffer)).cast("B", (bitmap.height, bitmap.stride))
    found = zxingcpp.read_barcodes(rows)
    assert [each.text for each in found] == [VERIFY_BASE + short_code(data)]
    document.close()


def test_a_missing_glyph_is_found_before_typst_is_asked(renderer: Renderer) -> None:
    version = good_version(principal="\U0002b4b6")
    with refuses(Code.GLYPH_MISSING):
        renderer.render_first(version, licence_json.encode(version))


def test_data_that_the_template_cannot_read_is_refused(renderer: Renderer) -> None:
    with refuses(Code.RENDER_FAILED):
        renderer.render_first(good_version(), b"{}")


def test_another_template_and_a_bad_address_are_refused() -> None:
    with refuses(Code.TEMPLATE_UNKNOWN):
        template_folder("seed-a3/999")
    with refuses(Code.SETTINGS_INVALID):
        Renderer(verify_base="https://v.example")


def test_what_is_no_pdf_has_no_text() -> None:
    with refuses(Code.RENDER_FAILED):
        page_texts(b"%PDF-1.7\n")


def test_a_word_longer_than_a_line_breaks_without_a_new_character(renderer: Renderer) -> None:
    version = good_version(enterprise_name="HEXAMETHYLENE" * 7, principal="A" * 50)
    data = licence_json.encode(version)
    check_page(renderer.render_first(version, data), version, data)


def test_text_that_nobody_would_see_is_refused(renderer: Renderer) -> None:
    version = good_version()
    version = replace(version, draft=replace(version.draft, enterprise_name="Ω" * 90))
    data = licence_json.encode(version)
    with refuses(Code.RENDER_FAILED):
        check_page(renderer.render_first(version, data), version, data)
