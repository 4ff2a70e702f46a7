"""What the service reads of strangers, forms and ZIP files: whole, or refused with a code."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence.errors import AnzhengError, Code
from tests.fakes.verifier_service import form
from verifier.archive import Archive, ArchiveLimits
from verifier.service.api_keys import decode
from verifier.service.callers import told_address
from verifier.service.forms import SmallForm, read_form
from verifier.service.spool import Spool
from verifier.service.uploads import Room

REFUSED = {Code.REQUEST_INVALID, Code.TOO_LARGE, Code.OVERLOADED}
T = TypeVar("T")
LIMITS = ArchiveLimits(entries=8, table_bytes=2_000, entry_bytes=4_000, total_bytes=10_000)

names = st.text(
    st.characters(exclude_characters='"\\\r\n/\0', exclude_categories=("Cs", "Cc")), min_size=1
)


def tried(work: Callable[[], T]) -> T | None:
    """Return what comes out, or None for what is refused as it should be."""
    try:
        return work()
    except AnzhengError as error:
        if error.code not in REFUSED:
            raise
        return None


def read(body: bytes, content_type: str, pieces: list[int]) -> SmallForm:
    """Read a form that comes in pieces of these sizes."""

    async def chunks() -> AsyncIterator[bytes]:
        rest = body
        for size in pieces:
            yield rest[:size]
            rest = rest[size:]
        yield rest

    room = Room(100_000)
    with room.share() as share:
        small = SmallForm(share)
        asyncio.run(read_form(chunks(), content_type, small.begin))
    assert room.used == 0
    return small


@given(st.binary(min_size=1, max_size=400), names, st.lists(st.integers(0, 90), max_size=12))
def test_a_form_is_the_same_however_it_is_cut(data: bytes, text: str, pieces: list[int]) -> None:
    body, headers = form(("file", "a.pdf", data), ("text", None, text.encode()))
    found = read(body, headers["Content-Type"], pieces)
    assert found.file == data
    assert found.fields == {"text": text}


@given(st.data())
def test_a_form_that_was_changed_is_read_or_refused(data: st.DataObject) -> None:
    body, headers = form(("file", "a.pdf", b"%PDF-"), ("text", None, b"x"))
    changed = bytearray(body)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    found = tried(lambda: read(bytes(changed[:cut]), headers["Content-Type"], [7, 30]))
    assert found is None or found.file is None or len(found.file) <= len(body)


@given(st.binary(max_size=300), st.text(max_size=80))
def test_anything_else_is_no_form(body: bytes, content_type: str) -> None:
    tried(lambda: read(body, f"multipart/form-data; {content_type}", []))


def archive_of(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@given(st.dictionaries(names.map(lambda name: name[:40]), st.binary(max_size=500), max_size=6))
def test_a_zip_gives_back_what_went_in(files: dict[str, bytes]) -> None:
    archive = Archive(io.BytesIO(archive_of(files)), LIMITS)
    assert [archive.read(each) for each in archive.entries] == list(files.values())


@given(st.data())
def test_a_zip_that_was_changed_is_read_within_its_limits_or_refused(data: st.DataObject) -> None:
    whole = archive_of({"a.pdf": b"%PDF-" * 50, "b.pdf": bytes(2_000)})
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    changed = (
        changed[: data.draw(st.integers(0, len(whole)))] if data.draw(st.booleans()) else changed
    )
    archive = tried(lambda: Archive(io.BytesIO(bytes(changed)), LIMITS))
    if archive is None:
        return
    found = [tried(partial(archive.read, entry)) or b"" for entry in archive.entries]
    assert all(len(each) <= LIMITS.entry_bytes + 1 for each in found)
    assert sum(map(len, found)) <= LIMITS.total_bytes


@given(st.lists(st.tuples(names, st.binary(max_size=300)), min_size=1, max_size=8))
def test_a_spool_gives_back_every_file(files: list[tuple[str, bytes]]) -> None:
    spool = Spool(None, 10)
    for name, data in files:
        part = spool.begin("file", name)
        part.write(data)
        part.end()
    by_name = dict(files)
    beside = {
        name
        for name in by_name
        if name.endswith(".evidence") and name[: -len(".evidence")] in by_name
    }
    assert [(each.name, spool.read(each)) for each in spool.files] == [
        each for each in files if each[0] not in beside
    ]
    spool.close()


@given(st.binary(max_size=300))
def test_no_bytes_make_a_file_of_keys_but_ours(data: bytes) -> None:
    with pytest.raises(AnzhengError) as caught:
        decode(data)
    assert caught.value.code is Code.SETTINGS_INVALID


@given(st.text(max_size=60), st.text(max_size=120))
def test_an_address_is_always_found(peer: str, forwarded: str) -> None:
    assert str(told_address(peer, forwarded, ()))
