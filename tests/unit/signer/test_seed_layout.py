"""The layouts of the seed have the values of the seed (research licence_domain, part D)."""

from dataclasses import astuple

import pytest

from signer.layout import Box, Fill, Layout, Microtext, Placed, SealWhat, Shield, read_layout
from signer.render import template_folder

TO_A4 = 0.70710678


@pytest.fixture
def a3() -> Layout:
    return read_layout(template_folder("seed-a3/1"))


def _fills(layers: tuple[Placed, ...]) -> dict[int, list[Box]]:
    fills: dict[int, list[Box]] = {}
    for placed in layers:
        if isinstance(placed.layer, Fill):
            fills.setdefault(placed.layer.colour, []).append(placed.layer.box)
    return fills


def test_the_face_has_zones_of_thirty_fifty_and_twenty_per_cent(a3: Layout) -> None:
    face = a3.of("face")
    assert (face.width, face.height) == (420, 297)
    fills = _fills(face.layers)
    (enterprise,) = fills[0xE8F1FB]
    (dates, *_) = [box for box in fills[0xF2F2F2] if box.top < 200]
    (forgery, *_) = [box for box in fills[0xF2F2F2] if box.top > 200]
    (scope,) = fills[0xDCE8F7]
    assert enterprise.top + enterprise.height == pytest.approx(0.3 * 297)
    assert forgery.top == pytest.approx(0.8 * 297)
    assert (scope.left, scope.left + scope.width) == (15, 235)
    assert dates.left > 245


def test_the_code_stands_in_the_lower_right_corner_and_nothing_lies_on_it(a3: Layout) -> None:
    face = a3.of("face")
    assert face.qr_mm == 36
    assert face.clear == (Box(369, 246, 36, 36),)


def test_two_seals_of_42_mm_lie_beside_each_other(a3: Layout) -> None:
    first, second = a3.of("face").seals
    assert (first.what, second.what) == (SealWhat.AUTHORITY, SealWhat.SPECIAL)
    assert first.diameter == second.diameter == 42
    assert first.left + first.diameter < second.left


def test_shield_and_microtext_are_there(a3: Layout) -> None:
    layers = [placed.layer for placed in a3.of("face").layers]
    (shield,) = [layer for layer in layers if isinstance(layer, Shield)]
    (micro,) = [layer for layer in layers if isinstance(layer, Microtext)]
    assert shield.width == 30
    assert shield.left < 45
    assert micro.lines
    assert micro.around


def _numbers(value: object) -> list[float]:
    if isinstance(value, (tuple, list)):
        return [number for each in value for number in _numbers(each)]
    return [value] if isinstance(value, float) and not isinstance(value, bool) else []


def test_the_smaller_face_is_the_larger_one_scaled(a3: Layout) -> None:
    large = a3.of("face")
    small = read_layout(template_folder("seed-a4/1")).of("face")
    assert (small.width, small.height) == pytest.approx((297, 210), abs=0.05)
    assert small.qr_mm == pytest.approx(25.5, abs=0.05)
    for one, other in zip(large.layers, small.layers, strict=True):
        assert type(one.layer) is type(other.layer)
        scaled = [number * TO_A4 for number in _numbers(astuple(one.layer))]
        assert _numbers(astuple(other.layer)) == pytest.approx(scaled, abs=0.01)


@pytest.mark.parametrize("template", ["seed-a3/1", "seed-a4/1"])
def test_every_kind_of_page_has_a_layout(template: str) -> None:
    layout = read_layout(template_folder(template))
    kinds = {"face", "duplicate", "records", "translation", "large-print", "back"}
    assert set(layout.sections) == kinds
    assert layout.of("large-print").layers == ()
