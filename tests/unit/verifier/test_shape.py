"""The closed world of objects: kinds, trees, and what stands beside the pages."""

import io
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import pikepdf
import pytest

from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.short_code import short_code
from tests.bad import store
from tests.fakes.refusal import refuses
from verifier.pades.beside import Beside, check_beside
from verifier.pades.seal import check_seal
from verifier.pades.shape import dictionaries_in, read_values
from verifier.pades.shape_kinds import check_shape

Objects = dict[str, Any]
Change = Callable[[Objects], object]


@cache
def _values() -> tuple[Objects, frozenset[str], bytes, bytes]:
    with pikepdf.open(io.BytesIO(store.bases()["licence"])) as document:
        objects, streams = read_values(document)
        metadata = document.Root.Metadata.read_bytes()
        return objects, streams, metadata, document.Root.AF[0].EF.F.read_bytes()


def _of(kind: str) -> str:
    objects = _values()[0]
    return next(each for each, value in objects.items() if _type(value) == kind)


def _type(value: object) -> object:
    return value.get("/Type") if isinstance(value, dict) else None


def _changed(change: Change) -> Objects:
    import copy  # noqa: PLC0415

    objects = copy.deepcopy(_values()[0])
    change(objects)
    return objects


def test_a_licence_has_the_shape() -> None:
    objects, streams, *_ = _values()
    found = check_shape(objects, streams)
    assert {place for place, _ in found.words} >= {"title", "bookmark", "heading", "picture"}
    assert {each for each, _ in found.limits} <= streams


CHANGES: dict[str, Change] = {
    "an object more": lambda objects: objects.update({"9999 0 R": {}}),
    "an object less": lambda objects: objects.pop(_of("/Page")),
    "a key more": lambda objects: objects[_of("/Page")].update({"/X": 1}),
    "a key less": lambda objects: objects[_of("/Page")].pop("/Tabs"),
    "a page count of one": lambda objects: objects[_of("/Pages")].update({"/Count": 1}),
    "a page count of a half": lambda objects: objects[_of("/Pages")].update({"/Count": 2.5}),
    "a page twice": lambda objects: objects[_of("/Pages")].update(
        {"/Kids": objects[_of("/Pages")]["/Kids"][:1] * 2}
    ),
    "a page that is a font": lambda objects: objects[_of("/Pages")].update(
        {"/Kids": [_of("/Font"), _of("/Font")]}
    ),
    "a reference to nothing": lambda objects: objects[_of("/Pages")].update(
        {"/Kids": ["9998 0 R", "9999 0 R"]}
    ),
    "a true where a number is": lambda objects: objects[_of("/Annot")].update({"/F": True}),
    "a number where true is": lambda objects: objects[_of("/Catalog")]["/MarkInfo"].update(
        {"/Marked": 1}
    ),
    "an element above itself": lambda objects: objects[_of("/StructElem")].update(
        {"/K": [_of("/StructElem")]}
    ),
    "a name tree in a circle": lambda objects: (
        objects[_of("/StructTreeRoot")].update({"/IDTree": "9997 0 R"})
        or objects.update({"9997 0 R": {"/Kids": ["9997 0 R"]}})
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_any_other_shape_is_refused(name: str) -> None:
    with refuses(Code.CONTAINER_STRUCTURE):
        check_shape(_changed(CHANGES[name]), _values()[1])


def test_a_stream_is_no_dictionary_and_no_dictionary_a_stream() -> None:
    objects, streams, *_ = _values()
    for changed in (streams - {next(iter(streams))}, streams | {_of("/Page")}):
        with pytest.raises((AnzhengError, KeyError)):
            check_shape(objects, changed)


def test_values_are_followed_so_deep_and_no_deeper() -> None:
    value: object = {}
    for _ in range(59):
        value = [value]
    assert len(list(dictionaries_in(value))) == 1
    with refuses(Code.CONTAINER_STRUCTURE):
        list(dictionaries_in([[value]]))


# ---------------------------------------------------------------- beside the pages


def _check_metadata(packet: bytes) -> None:
    data = _values()[3]
    check_beside(Beside((), packet), licence_json.decode(data), short_code(data))


def test_the_metadata_of_a_licence_are_its_data() -> None:
    _check_metadata(_values()[2])


def test_an_identifier_may_have_many_digits_in_a_row() -> None:
    packet, named = re.subn(
        rb"(InstanceID>)[^<]{24}", rb"\g<1>esIr20991231cqIXIC2n8Q==", _values()[2], count=1
    )
    assert named == 1
    _check_metadata(packet)
    with refuses(Code.DATA_PAGE_MISMATCH):
        _check_metadata(packet.replace(b"esIr20991231cqIXIC2n8Q==", b"until 20991231"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"2027-03-17", b"2099-03-17"),
        (b"91210213MA9TXT017B", b"91210281MA9TXT025M"),
        (b"application/pdf", b"valid until 2099"),
        (b"proof", "有效".encode()),
        (b"<x:xmpmeta", b'<!DOCTYPE x [<!ENTITY e "e">]><x:xmpmeta'),
        (b"</rdf:RDF>", b""),
        (b"2024-03-18T00:00:00Z", b"2099-03-18T00:00:00Z"),
        ("大连镕犇化工有限公司".encode(), "大连化工有限公司".encode()),
    ],
)
def test_other_metadata_are_refused(old: bytes, new: bytes) -> None:
    packet = _values()[2]
    assert old in packet
    with refuses(Code.DATA_PAGE_MISMATCH):
        _check_metadata(packet.replace(old, new))


def test_metadata_are_bounded() -> None:
    with refuses(Code.DATA_PAGE_MISMATCH):
        _check_metadata(_values()[2] + b" " * (64 << 10))


# ---------------------------------------------------------------- the seal


def _check_drawn(content: bytes) -> None:
    with pikepdf.new() as pdf:
        ink = pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, BM=pikepdf.Name.Multiply)
        form = pikepdf.Stream(pdf, content, Subtype=pikepdf.Name.Form)
        form.BBox = pikepdf.Array([0, 0, 9, 9])
        form.Resources = pikepdf.Dictionary(ExtGState=pikepdf.Dictionary(Ink=ink))
        check_seal(pdf.make_indirect(form))


def test_a_seal_is_red_ink() -> None:
    _check_drawn(b"q /Ink gs 0.95 0.10 0.11 rg 0 0 m 9 9 l 9 0 l h f Q")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"q Q",
        b"0.95 0.10 0.11 rg 0 0 m 9 9 l f",
        b"/Ink gs 1 1 1 rg 0 0 m 9 9 l f",
        b"q /Ink gs Q 0.95 0.10 0.11 rg 0 0 9 9 re f",
        b"/Ink gs BT /F 9 Tf (x) Tj ET",
        b"/Ink gs BI /W 1 /H 1 ID x EI",
        b"/Ink gs /Pattern cs /P scn 0 0 9 9 re f",
        b"/Ink gs 0 0 9 9 re f /Sh sh",
        b"/Ink gs 0.95 0.10 0.11 0 k 0 0 9 9 re f",
        b"/Ink gs 0 0 m 9 9 l 9 0 l h f",
        b"/Ink gs 0.95 0.10 0.11 rg 0 0 m 9 9 l S",
        b"/Ink gs 0.95 0.10 0.11 RG 0 0 m 9 9 l h B",
        b"/Ink gs q 0.95 0.10 0.11 rg Q 0 0 m 9 9 l h f",
        b"/Ink gs 0.95 0.10 0.11 rg 0 0 9 9 re f 0 0 3 3 re f",
        b"/Ink gs 0.95 0.10 0.11 RG 10 w 0 0 m 9 9 l S",
        b"/Ink gs 0.95 0.10 0.11 rg 4 0 0 4 0 0 cm 0 0 3 3 re f",
    ],
)
def test_a_seal_of_anything_else_is_refused(content: bytes) -> None:
    with refuses(Code.CONTAINER_STRUCTURE):
        _check_drawn(content)
