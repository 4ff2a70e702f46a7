"""Every page that we issue is seen as it reads; and the table of shapes is that of our fonts."""

import runpy
import sys
from pathlib import Path

import pikepdf
import pytest

from licence.formats import licence_json
from licence.formats.short_code import short_code
from licence.pages import check_page_text
from tests.interop.dossier import Dossier
from tests.interop.rows import HARD_NAMES, NAMES
from verifier.pades.seen import book_for, read_drawn


@pytest.mark.parametrize("name", [*NAMES, *HARD_NAMES])
def test_every_character_is_seen_where_and_as_it_reads(dossier: Dossier, name: str) -> None:
    file: Path = dossier.file(name)
    with pikepdf.open(file) as pdf:
        data = pdf.attachments["licence.json"].get_file().read_bytes()
    licence = licence_json.decode(data)
    pages = read_drawn(file.read_bytes(), book_for(licence.draft.glyphs))
    check_page_text(pages, licence, short_code(data))


@pytest.mark.slow
def test_the_table_has_all_that_our_fonts_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["tools.glyph_table", "check"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tools.glyph_table", run_name="__main__")
    assert ended.value.code == 0
