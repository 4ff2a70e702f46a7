"""The contents of a verification report file: which reports it holds, and in which words it speaks.

`contents.json` is attached to the file beside the reports, and its digest is a signed attribute of
the signature. It carries the sentences that the pages use for codes, so that a reader of any later
release can compare the pages with the data character by character.

Standard: RFC 8785; docs/formats/report-file.md.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from licence.errors import AnzhengError, Code
from licence.formats import canonical
from licence.formats.canonical import JsonValue
from licence.formats.fields import Fields, moment_text, whole_second
from licence.formats.verdict import Words
from licence.ids import Digest

SCHEMA: Final = "anzheng-report-file/v1"
ATTACHMENT: Final = "contents.json"
MAX_BYTES: Final = 2 * 1024 * 1024
MAX_PARTS: Final = 1_000
MAX_NAME_CHARACTERS: Final = 200
MAX_MAKER_CHARACTERS: Final = 128

_MAX_WORDS: Final = 400
_MAX_WORD_CHARACTERS: Final = 500
_MAX_UNPRINTABLE: Final = 2_000
_DIGEST_BYTES: Final = 32
_KEY: Final = re.compile(r"[a-z]{2,12}\.[A-Za-z_]{2,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Part:
    """One report in the file.

    Attributes:
        name: What the artefact was called when it was handed over; one line, any characters.
        digest: SHA-256 of the attached report.
        pictured: Whether page one of the artefact is drawn.
    """

    name: str
    digest: Digest
    pictured: bool


@dataclass(frozen=True, slots=True)
class Contents:
    """What a report file holds.

    Attributes:
        made_at: When, whole seconds.
        maker: Whose report it is, as its certificate says.
        certificate: SHA-256 of that certificate.
        stamped: Whether a timestamp was to be had.
        parts: The reports, in their order.
        words: Sentences on the pages: `code.X`, `act.X`, `valid.X` (X an assurance), `check.x`,
            `state.x`, `copy.x`.
        unprintable: Characters that no font had; the pages name their code points instead.
    """

    made_at: datetime
    maker: str
    certificate: Digest
    stamped: bool
    parts: tuple[Part, ...]
    words: Mapping[str, Words] = field(default_factory=lambda: MappingProxyType({}))
    unprintable: str = ""


def attachment_name(place: int, count: int) -> str:
    """Return what the report at a place, from 0, is called among the attachments."""
    return "report.json" if count == 1 else f"report-{place + 1:04d}.json"


def encode(contents: Contents) -> bytes:
    """Return the contents as canonical JSON."""
    value: dict[str, JsonValue] = {
        "schema": SCHEMA,
        "made_at": moment_text(contents.made_at),
        "maker": {
            "name": contents.maker,
            "certificate_sha256": contents.certificate.hex(),
        },
        "timestamped": contents.stamped,
        "reports": [
            {
                "name": part.name,
                "attachment": attachment_name(place, len(contents.parts)),
                "sha256": part.digest.hex(),
                "pictured": part.pictured,
            }
            for place, part in enumerate(contents.parts)
        ],
        "words": {key: {"zh": word.zh, "en": word.en} for key, word in contents.words.items()},
        "unprintable": contents.unprintable,
    }
    return canonical.dumps(value)


def digest_of(data: bytes) -> Digest:
    """Return the digest that the signature bears."""
    return Digest(sha256(data).digest())


def decode(data: bytes) -> Contents:
    """Read contents back.

    Raises:
        AnzhengError: SCHEMA_UNKNOWN for another version, REPORT_SYNTAX for anything that `encode`
            would not write, or a code of `canonical.loads`.
    """
    value = canonical.loads(data, max_bytes=MAX_BYTES)
    fields = Fields(value, where="contents", code=Code.REPORT_SYNTAX)
    fields.constant("schema", SCHEMA, code=Code.SCHEMA_UNKNOWN)
    contents = _read(fields)
    # Names of attachments follow from their place: whoever changed one is found here.
    if encode(contents) != data:
        raise AnzhengError(Code.REPORT_SYNTAX, "the contents are not written as we write them")
    return contents


def _read(fields: Fields) -> Contents:
    maker = fields.fields("maker")
    contents = Contents(
        made_at=whole_second(fields.moment("made_at")),
        maker=_line(maker, "name", MAX_MAKER_CHARACTERS),
        certificate=Digest(maker.hexed("certificate_sha256", _DIGEST_BYTES)),
        stamped=fields.boolean("timestamped"),
        parts=fields.objects("reports", _part, max_items=MAX_PARTS, min_items=1),
        words=_words(fields.fields("words")),
        unprintable=_line(fields, "unprintable", _MAX_UNPRINTABLE, least=0),
    )
    maker.end()
    fields.end()
    return contents


def _part(fields: Fields) -> Part:
    fields.value("attachment")
    return Part(
        name=_line(fields, "name", MAX_NAME_CHARACTERS),
        digest=Digest(fields.hexed("sha256", _DIGEST_BYTES)),
        pictured=fields.boolean("pictured"),
    )


def _words(fields: Fields) -> Mapping[str, Words]:
    left = fields.rest()
    if len(left) > _MAX_WORDS or not all(_KEY.fullmatch(key) for key in left):
        raise AnzhengError(Code.REPORT_SYNTAX, "contents.words has too many keys, or a strange one")
    found: dict[str, Words] = {}
    for key, value in left.items():
        word = Fields(value, where=f"contents.words.{key}", code=Code.REPORT_SYNTAX)
        found[key] = Words(
            _line(word, "zh", _MAX_WORD_CHARACTERS), _line(word, "en", _MAX_WORD_CHARACTERS)
        )
        word.end()
    return MappingProxyType(found)


def _line(fields: Fields, key: str, most: int, *, least: int = 1) -> str:
    """Return a text without control characters; names come from strangers, so all else may be."""
    value = fields.value(key)
    if not isinstance(value, str) or not least <= len(value) <= most or not value.isprintable():
        raise AnzhengError(Code.REPORT_SYNTAX, f"contents: {key} is no line of text", field=key)
    return value
