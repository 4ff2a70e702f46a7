"""The drawings of the template are what their program draws."""

from signer.templates import art


def test_the_committed_drawings_are_the_drawn_ones() -> None:
    assert (art.FOLDER / "frame.svg").read_text(encoding="utf-8") == art.frame()
    assert (art.FOLDER / "rosette.svg").read_text(encoding="utf-8") == art.rosette()
