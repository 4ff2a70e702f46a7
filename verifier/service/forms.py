"""Forms as browsers send them, read part by part without a temporary file.

Standard: RFC 7578 (multipart/form-data).
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from licence.errors import AnzhengError, Code
from verifier.service.uploads import Buffer, Share

FORM: Final = "multipart/form-data"
MAX_FIELD_BYTES: Final = 16 * 1024
"""Of a field that is no file."""

MAX_PARTS: Final = 1_100
MAX_NAME_CHARS: Final = 255
MAX_SMALL_PARTS: Final = 16


class Part(Protocol):
    """Takes one part in."""

    def write(self, data: bytes) -> None:
        """Take a piece."""
        ...

    def end(self) -> None:
        """The part is whole."""
        ...


Begin = Callable[[str, str | None], Part]
"""Gets name and file name of a part, and says who takes it in."""


@dataclass(slots=True)
class _Reading:
    """What the parser tells, gathered until a part begins."""

    begin: Begin
    parts: int = 0
    ended: bool = False
    _field: bytes = b""
    _value: bytes = b""
    _disposition: bytes = b""
    _part: Part | None = None

    def on_part_begin(self) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise AnzhengError(Code.REQUEST_INVALID, f"a form has at most {MAX_PARTS} parts")
        self._disposition = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name, file = options.get(b"name"), options.get(b"filename")
        if name is None:
            raise AnzhengError(Code.REQUEST_INVALID, "a part of the form has no name")
        self._part = self.begin(_text(name), None if file is None else base_name(_text(file)))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part is not None:
            self._part.write(data[start:end])

    def on_part_end(self) -> None:
        if self._part is not None:
            self._part.end()
        self._part = None

    def on_end(self) -> None:
        self.ended = True


async def read_form(chunks: AsyncIterator[bytes], content_type: str, begin: Begin) -> None:
    """Read a form.

    Args:
        chunks: The body.
        content_type: The header, with the boundary.
        begin: Says who takes in which part.

    Raises:
        AnzhengError: REQUEST_INVALID for what is no whole form; what `begin` and its parts raise.
    """
    _, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary")
    if not boundary:
        raise AnzhengError(Code.REQUEST_INVALID, "the form has no boundary")
    reading = _Reading(begin)
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": reading.on_part_begin,
                "on_header_field": reading.on_header_field,
                "on_header_value": reading.on_header_value,
                "on_header_end": reading.on_header_end,
                "on_headers_finished": reading.on_headers_finished,
                "on_part_data": reading.on_part_data,
                "on_part_end": reading.on_part_end,
                "on_end": reading.on_end,
            },
        )
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError as exc:
        raise AnzhengError(Code.REQUEST_INVALID, "this is no whole form") from exc
    if not reading.ended:
        raise AnzhengError(Code.REQUEST_INVALID, "the form breaks off")


class SmallForm:
    """A form with one file and a few fields, in memory.

    Args:
        share: Of the memory for uploads.
    """

    def __init__(self, share: Share) -> None:
        self._share = share
        self.fields: dict[str, str] = {}
        self.file: bytes | None = None
        self._count = 0

    def begin(self, name: str, file_name: str | None) -> Part:
        """Take a part in; for `read_form`."""
        self._count += 1
        if self._count > MAX_SMALL_PARTS:
            raise AnzhengError(
                Code.REQUEST_INVALID, f"this form has at most {MAX_SMALL_PARTS} parts"
            )
        if file_name is None:
            return _Field(self, name, Buffer(self._share))
        return _File(self, Buffer(self._share))


@dataclass(slots=True)
class _Field:
    form: SmallForm
    name: str
    buffer: Buffer
    size: int = 0

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > MAX_FIELD_BYTES:
            raise AnzhengError(
                Code.TOO_LARGE, f"a field has at most {MAX_FIELD_BYTES} bytes", field=self.name[:64]
            )
        self.buffer.add(data)

    def end(self) -> None:
        self.form.fields[self.name] = self.buffer.bytes().decode("utf-8", "replace")


@dataclass(slots=True)
class _File:
    form: SmallForm
    buffer: Buffer

    def write(self, data: bytes) -> None:
        self.buffer.add(data)

    def end(self) -> None:
        # A form that is sent without a choice has an empty file.
        data = self.buffer.bytes()
        if data and self.form.file is not None:
            raise AnzhengError(Code.REQUEST_INVALID, "one file at a time; many go to :batch")
        self.form.file = data or self.form.file


def base_name(name: str) -> str:
    """Return a file name without folders and what no screen shows; bounded."""
    plain = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(each if each.isprintable() else "�" for each in plain)
    return shown[-MAX_NAME_CHARS:]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
