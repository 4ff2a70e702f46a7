"""Pages: what is on them is what the data says."""

import io
from dataclasses import replace

import pikepdf
import pypdfium2
import pytest
import zxingcpp

from licence.domain.model import Environment, Glyph, LicenceVersion, Risk, ScopeItem
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import SectionKind, check_page_text, make_plan
from licence.pages.templates import TEMPLATES as KNOWN
from signer.page_text import check_page, page_texts
from signer.render import Renderer, template_folder
from tests.fakes.drafts import (
    RARE,
    RARE_OUTLINE,
    TEMPLATES,
    draft_of,
    full_row,
    good_row,
    good_version,
    paged_version,
)
from tests.fakes.pages import drawn
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
            "risk": "HIGH" if n % 5 == 0 else "NORMAL",
        }
        for n in range(1, 201)
    ]
    addresses = [
        {"type": "REGISTERED" if n == 0 else "PRODUCTION", "text": f"大连市沐百路{n}号" * 8}
        for n in range(20)
    ]
    long = {"scope": scope, "addresses": addresses, "enterprise_name": "大连镕犇化工公司厂" * 11}
    return replace(good_version(), draft=draft_of({**good_row(), **long}))


def _emergency() -> LicenceVersion:
    return good_version(kind="EMERGENCY_TEMPORARY", valid_to="2024-04-10")


def _sample() -> LicenceVersion:
    return good_version(kind="SAMPLE", industry="FM", licence_no="（辽）FM安许证字〔2024〕0127")


@pytest.mark.parametrize("make", [good_version, _full, _long, _emergency, _sample])
def test_the_page_says_what_the_data_says(renderer: Renderer, make: object) -> None:
    version = make()  # type: ignore[operator]
    check_page(drawn(renderer, version), version, licence_json.encode(version))


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_draws_every_section(renderer: Renderer, template: str) -> None:
    version = paged_version(template)
    data = licence_json.encode(version)
    placed = check_page_text(page_texts(drawn(renderer, version)), version, short_code(data))
    needed = {each.kind for each in KNOWN[template].sections if each.needed(version.draft)}
    assert {each.kind for each in placed} == needed


def test_what_typst_would_read_as_its_own_language_is_only_text(renderer: Renderer) -> None:
    name = '液氯"\\\\"#panic(1) \\u{41}") $x$ *甲* [乙] // 丙'
    version = good_version(scope=[{"name": name, "risk": "HIGH"}])
    check_page(drawn(renderer, version), version, licence_json.encode(version))


def test_a_long_licence_flows_to_numbered_further_pages(renderer: Renderer) -> None:
    version = _long()
    pages = page_texts(drawn(renderer, version))
    further = len(pages) - 2
    assert further > 2
    for number, page in enumerate(pages[1:-1], start=1):
        assert f"（续页 {number}/{further}）" in page


def test_few_rows_stay_on_one_page(renderer: Renderer) -> None:
    addresses = [{"type": "PRODUCTION", "text": f"滨海二路{n}号二厂区(罐区)"} for n in range(5)]
    version = good_version(addresses=good_row()["addresses"] + addresses)  # type: ignore[operator]
    rendered = drawn(renderer, version)
    placed = check_page_text(
        page_texts(rendered), version, short_code(licence_json.encode(version))
    )
    assert [(each.kind, each.pages) for each in placed] == [
        (SectionKind.FACE, 1),
        (SectionKind.BACK, 1),
    ]


def test_a_production_page_does_not_say_sample(renderer: Renderer) -> None:
    version = good_version()
    draft = replace(version.draft, environment=Environment.PRODUCTION, issuer="辽宁省应急管理厅")
    version = replace(version, draft=draft)
    rendered = drawn(renderer, version)
    check_page(rendered, version, licence_json.encode(version))
    assert "示例" not in "".join(page_texts(rendered))


def test_a_page_of_other_data_is_refused(renderer: Renderer) -> None:
    version, other = good_version(), good_version(principal="李镕")
    with refuses(Code.PAGE_TEXT_MISMATCH):
        check_page(drawn(renderer, version), other, licence_json.encode(other))


def test_the_attachment_is_the_exact_data(renderer: Renderer) -> None:
    version = _full()
    data = licence_json.encode(version)
    with pikepdf.open(io.BytesIO(drawn(renderer, version))) as pdf:
        assert list(pdf.attachments) == ["licence.json"]
        assert pdf.attachments["licence.json"].get_file().read_bytes() == data
        assert pdf.Root.AF[0].AFRelationship == "/Data"


@pytest.mark.parametrize("make", [good_version, paged_version])
def test_the_same_data_gives_the_same_bytes(renderer: Renderer, make: object) -> None:
    version = make()  # type: ignore[operator]
    assert drawn(renderer, version) == drawn(Renderer(verify_base=VERIFY_BASE), version)


def test_the_printed_code_reads_from_the_picture_of_face_and_back(renderer: Renderer) -> None:
    version = good_version()
    document = pypdfium2.PdfDocument(drawn(renderer, version))
    for number in range(len(document)):
        bitmap = document[number].render(scale=150 / 72, grayscale=True)
        rows = memoryview(bytes(bitmap.buffer)).cast("B", (bitmap.height, bitmap.stride))
        found = zxingcpp.read_barcodes(rows)
        code = short_code(licence_json.encode(version))
        assert [each.text for each in found] == [VERIFY_BASE + code]
    document.close()


def test_a_missing_glyph_is_found_before_typst_is_asked(renderer: Renderer) -> None:
    with pytest.raises(AnzhengError) as caught:
        drawn(renderer, good_version(principal=RARE))
    assert caught.value.code is Code.GLYPH_MISSING
    assert caught.value.facts["code_points"] == "U+2B4B6"


def test_an_outline_of_a_character_that_the_fonts_have_is_refused(renderer: Renderer) -> None:
    version = good_version()
    draft = replace(version.draft, glyphs=(Glyph("镕", RARE_OUTLINE),))
    with refuses(Code.GLYPH_OUTLINE):
        drawn(renderer, replace(version, draft=draft))


def test_a_closed_template_draws_nothing_more(renderer: Renderer) -> None:
    with refuses(Code.TEMPLATE_CLOSED):
        drawn(renderer, good_version(template="cn-a4p/1"))


def test_a_plan_that_the_template_cannot_draw_is_refused(renderer: Renderer) -> None:
    version = good_version()
    data = licence_json.encode(version)
    plan = replace(make_plan(version, short_code(data)), variant="no such industry")
    with refuses(Code.RENDER_FAILED):
        renderer.render(plan, data)


@pytest.mark.parametrize("template", ["seed-a3/999", "../signer/1", "shared/1", "cn-a4p/01"])
def test_another_template_is_refused(template: str) -> None:
    with refuses(Code.TEMPLATE_UNKNOWN):
        template_folder(template)


def test_a_bad_address_is_refused() -> None:
    with refuses(Code.SETTINGS_INVALID):
        Renderer(verify_base="https://v.example")


def test_what_is_no_pdf_has_no_text() -> None:
    with refuses(Code.RENDER_FAILED):
        page_texts(b"%PDF-1.7\n")


@pytest.mark.parametrize("letters", ["A", "Ω", "—", "…", "）"])
def test_a_word_longer_than_a_line_breaks_without_a_new_character(
    renderer: Renderer, letters: str
) -> None:
    version = good_version(enterprise_name="HEXAMETHYLENE" * 7, principal="A" * 50)
    item = ScopeItem(letters * 120, "1" * 20, letters * 20, letters * 20, Risk.HIGH)
    draft = replace(version.draft, issuer=letters * 60, scope=(item,))
    version = replace(version, draft=draft)
    check_page(drawn(renderer, version), version, licence_json.encode(version))
