"""Frame and rosette of the page."""

import re

from signer.background import HEIGHT, WIDTH, background

_OPERATORS = {"cm", "m", "l", "c", "h", "re", "w", "RG", "rg", "S", "B", "f"}


def test_the_background_has_only_path_operators_inside_the_page() -> None:
    first, *lines = background().decode("ascii").split("\n")
    assert first == f"2.83465 0 0 -2.83465 0 {HEIGHT * 72 / 25.4:.2f} cm"
    words = " ".join(lines).split(" ")
    assert {word for word in words if not re.fullmatch(r"-?[\d.]+", word)} <= _OPERATORS
    for line in lines:
        if re.fullmatch(r"(-?[\d.]+ )+[mc]", line):
            numbers = [float(number) for number in line.split(" ")[:-1]]
            assert all(0 <= x <= WIDTH for x in numbers[::2])
            assert all(0 <= y <= HEIGHT for y in numbers[1::2])
