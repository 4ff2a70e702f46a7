"""Bytes of a good file changed by somebody without any key: spelling, edges, hole and ByteRange."""

import io
import re
import zipfile
from collections.abc import Callable

from licence.errors import Code
from licence.formats import hole
from licence.formats.verdict import Verdict
from tests.bad.desk import Desk, good
from tests.bad.recipe import FOREIGN, INVALID, Recipe

BROKEN = Code.SIGNATURE_BROKEN
SHAPE = Code.CONTAINER_STRUCTURE
APPENDED = Code.CONTAINER_APPENDED

Change = Callable[[bytes], bytes]
Row = tuple[str, str, Change, Code] | tuple[str, str, Change, Code, Verdict]


def flip(pdf: bytes, at: int) -> bytes:
    """Return it with one bit turned."""
    return pdf[:at] + bytes((pdf[at] ^ 1,)) + pdf[at + 1 :]


def _flip_in(mark: bytes, skip: int) -> Change:
    return lambda pdf: flip(pdf, pdf.index(mark) + len(mark) + skip)


def _in_part(part: float) -> Change:
    def change(pdf: bytes) -> bytes:
        place = hole.find(pdf)
        size = len(pdf) - (place.end - place.start)
        at = int(size * part)
        return flip(pdf, at if at < place.start else at + place.end - place.start)

    return change


def _digits(change: Change) -> Change:
    """Change the string of the hole, its brackets included."""

    def changed(pdf: bytes) -> bytes:
        place = hole.find(pdf)
        return pdf[: place.start] + change(pdf[place.start : place.end]) + pdf[place.end :]

    return changed


def _byte_range(array: bytes) -> Change:
    """Write another array, as long as ours."""

    def changed(pdf: bytes) -> bytes:
        found = re.search(rb"/ByteRange (\[[^\]]*\] *)/Contents", pdf)
        assert found is not None
        numbers = dict(zip((b"a", b"b", b"c"), re.findall(rb"\d+", found[1])[1:], strict=True))
        wanted = re.sub(rb"\{([abc])\}", lambda each: numbers[each[1]], array)
        return pdf[: found.start(1)] + wanted.ljust(len(found[1])) + pdf[found.end(1) :]

    return changed


def _inject(text: bytes) -> bytes:
    injected = b"> /Name (FORGED) /Location <" + b"0" * 11
    return text[: -len(injected) - 1] + injected + b">"


def _zipped(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("licence.pdf"), pdf)
    return out.getvalue()


def _zip_behind(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("evil.txt"), b"evil")
    return pdf + out.getvalue()


def _after_the_header(pdf: bytes) -> bytes:
    return pdf.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 evil\n", 1)


def _xref_moved(pdf: bytes) -> bytes:
    """The last number points at another place of the file."""
    return re.sub(
        rb"startxref\n(\d)", lambda m: b"startxref\n" + (b"1" if m[1] != b"1" else b"2"), pdf
    )


def _swapped_halves(pdf: bytes) -> bytes:
    half = len(pdf) // 2
    return pdf[half:] + pdf[:half]


def _other_hole_place(pdf: bytes) -> bytes:
    """The hole moves eight bytes on, filled up with blanks before it."""
    place = hole.find(pdf)
    text = pdf[place.start : place.end]
    return pdf[: place.start] + b" " * 8 + text[:-9] + b">" + pdf[place.end :]


ROWS: tuple[Row, ...] = (
    ("flipped-page-stream", "one bit of the first half of the file", _in_part(0.3), BROKEN),
    ("flipped-font", "one bit of a font", _in_part(0.15), BROKEN),
    ("flipped-tail", "one bit of the objects after the signature", _in_part(0.9), BROKEN),
    ("flipped-first-object", "one bit in the first object", _flip_in(b"%PDF-1.7\n", 12), BROKEN),
    ("flipped-signing-time", "another claimed time of signing", lambda pdf: pdf.replace(b"/M (D:2026", b"/M (D:2016"), BROKEN),
    ("flipped-reason", "one letter of the reason", _flip_in(b"/Reason ", 8), BROKEN),
    ("flipped-xref-stream", "one bit of the table of objects", lambda pdf: flip(pdf, len(pdf) - 60), BROKEN),
    ("moved-startxref", "the table of objects is said to be elsewhere", _xref_moved, BROKEN),
    ("newline-after-the-end", "one byte more at the end", lambda pdf: pdf + b"\n", APPENDED),
    ("bytes-after-the-end", "a hundred zeros after the end", lambda pdf: pdf + bytes(100), APPENDED),
    ("comment-after-the-end", "a comment after the end", lambda pdf: pdf + b"%valid until 2099\n", APPENDED),
    ("zip-after-the-end", "a ZIP archive after the end: two files in one", _zip_behind, APPENDED),
    ("end-twice", "a second end mark", lambda pdf: pdf + b"%%EOF\n", APPENDED),
    ("file-twice", "the whole file twice, one after the other", lambda pdf: pdf + pdf, APPENDED),
    ("two-files", "another genuine licence after this one", lambda pdf: pdf + good(5).pdf, APPENDED),
    ("a-megabyte-after-the-end", "a megabyte of blanks after the end", lambda pdf: pdf + b" " * (1 << 20), APPENDED),
    ("newline-before", "a byte before the header", lambda pdf: b"\n" + pdf, SHAPE),
    ("kilobyte-before", "a kilobyte of blanks before the header, which readers tolerate", lambda pdf: b" " * 1024 + pdf, SHAPE),
    ("html-before", "a page of HTML before the header", lambda pdf: b"<html><script>1</script></html>\n" + pdf, SHAPE),
    ("byte-order-mark", "a byte order mark before the header", lambda pdf: b"\xef\xbb\xbf" + pdf, SHAPE),
    ("comment-after-the-header", "a comment behind the header", _after_the_header, SHAPE),
    ("header-1.6", "the header says 1.6", lambda pdf: pdf.replace(b"%PDF-1.7", b"%PDF-1.6", 1), SHAPE),
    ("header-2.0", "the header says 2.0", lambda pdf: pdf.replace(b"%PDF-1.7", b"%PDF-2.0", 1), SHAPE),
    ("header-carriage-return", "the header ends in a carriage return", lambda pdf: pdf.replace(b"%PDF-1.7\n", b"%PDF-1.7\r", 1), SHAPE),
    ("carriage-returns", "a mail program made CR LF of every LF", lambda pdf: pdf.replace(b"\n", b"\r\n"), SHAPE),
    ("seven-bit", "the highest bit of every byte is gone", lambda pdf: bytes(each & 127 for each in pdf), BROKEN),
    ("utf-8-twice", "a program took the file for Latin-1 text and wrote UTF-8", lambda pdf: pdf.decode("latin-1").encode(), SHAPE),
    ("cut-one-byte", "the last byte is gone", lambda pdf: pdf[:-1], SHAPE),
    ("cut-end-mark", "the end mark is gone", lambda pdf: pdf[:-6], SHAPE),
    ("cut-last-kilobytes", "the last two kilobytes are gone", lambda pdf: pdf[:-2000], SHAPE),
    ("cut-before-the-hole", "only what stands before the hole", lambda pdf: pdf[: hole.find(pdf).start], SHAPE),
    ("cut-in-the-hole", "cut in the middle of the hole", lambda pdf: pdf[: hole.find(pdf).start + 9999], SHAPE),
    ("cut-beginning", "the first kilobyte is gone", lambda pdf: pdf[1024:], SHAPE),
    ("halves-swapped", "the second half stands before the first", _swapped_halves, SHAPE),
    ("hole-empty", "the hole holds zeros only", _digits(lambda text: b"<" + b"0" * (len(text) - 2) + b">"), Code.SIGNATURE_MISSING),
    ("hole-blank", "the hole holds blanks only", _digits(lambda text: b"<" + b" " * (len(text) - 2) + b">"), SHAPE),
    ("hole-removed", "the hole is cut out", _digits(lambda _text: b""), SHAPE),
    ("hole-short", "the hole is an empty string", _digits(lambda _text: b"<>"), SHAPE),
    ("hole-null", "/Contents null, filled up with blanks (USF)", _digits(lambda text: b"null".ljust(len(text))), SHAPE),
    ("hole-literal", "the hole as a string in parentheses", _digits(lambda text: b"(" + text[1:-1] + b")"), SHAPE),
    ("hole-capitals", "the digits of the hole as capitals", _digits(bytes.upper), SHAPE),
    ("hole-one-capital", "one digit of the hole as a capital", _digits(lambda text: text.replace(b"a", b"A", 1)), SHAPE),
    ("hole-with-blanks", "a blank between two digits of the hole", _digits(lambda text: text[:9] + b" " + text[9:-2] + b">"), SHAPE),
    ("hole-odd", "one digit less, the bracket before a blank", _digits(lambda text: text[:-2] + b"> "), SHAPE),
    ("hole-short-by-eight", "the gap ends in blanks", _digits(lambda text: text[:-9] + b">" + b" " * 8), SHAPE),
    ("hole-begins-later", "the gap begins with blanks", _other_hole_place, SHAPE),
    ("hole-key-injected", "a second key in the gap, same length (SWA)", _digits(_inject), SHAPE),
    ("hole-junk-at-the-end", "a byte behind the zeros of the hole", _digits(lambda text: text[:-3] + b"01>"), SHAPE),
    ("hole-junk-after-the-der", "four bytes right behind the CMS", _digits(lambda text: _after_der(text, b"deadbeef")), SHAPE),
    ("hole-second-der", "a second CMS behind the first", _digits(lambda text: _after_der(text, b"3003020101")), SHAPE),
    ("hole-comment", "a comment in the gap", _digits(lambda text: text[:-9] + b"> %evil\n"), SHAPE),
    ("byte-range-from-one", "ByteRange begins at 1", _byte_range(b"[1 {a} {b} {c}]"), SHAPE),
    ("byte-range-zero", "ByteRange of zeros (USF)", _byte_range(b"[0 0 0 0]"), SHAPE),
    ("byte-range-negative", "a negative number (USF)", _byte_range(b"[0 {a} -{b} {c}]"), SHAPE),
    ("byte-range-null", "ByteRange null (USF)", _byte_range(b"null"), SHAPE),
    ("byte-range-three", "three numbers (USF)", _byte_range(b"[0 {a} {b}]"), SHAPE),
    ("byte-range-six", "six numbers", _byte_range(b"[0 {a} {b} 9 9 9]"), SHAPE),
    ("byte-range-huge", "a number of twelve digits (USF)", _byte_range(b"[0 {a} {b} 999999999999]"), SHAPE),
    ("byte-range-real", "a real number", _byte_range(b"[0.0 {a} {b} {c}]"), SHAPE),
    ("byte-range-plus", "a plus sign before a number", _byte_range(b"[+0 {a} {b} {c}]"), SHAPE),
    ("byte-range-padded-number", "a leading zero", _byte_range(b"[0 0{a} {b} {c}]"), SHAPE),
    ("byte-range-reference", "ByteRange as a reference", _byte_range(b"9 0 R"), SHAPE),
    ("byte-range-tail-uncovered", "the last ten bytes are not covered", _byte_range(b"[0 {a} {b} 7]"), SHAPE),
    ("byte-range-overlaps", "the second part begins in the first", _byte_range(b"[0 {a} 9 {c}]"), SHAPE),
    ("byte-range-reordered", "the second part comes first", _byte_range(b"[{b} {c} 0 {a}]"), SHAPE),
    ("byte-range-renamed", "ByteRange by an escaped name", lambda pdf: pdf.replace(b"/ByteRange [0", b"/Byte#52ange [0", 1), Code.SIGNATURE_MISSING),
    ("byte-range-removed", "no ByteRange (USF)", lambda pdf: pdf.replace(b"/ByteRange ", b"/ByteRangX ", 1), Code.SIGNATURE_MISSING),
    ("byte-range-in-a-comment", "a second ByteRange in a comment", lambda pdf: pdf.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%/ByteRange [0 1 2 3]\n", 1), SHAPE),
    ("filter-removed", "no /Filter after the hole", lambda pdf: pdf.replace(b" /Filter /Adobe.PPKLite ", b" /Xilter /Adobe.PPKLite ", 1), SHAPE),
    ("startxref-twice", "a second startxref in a comment at the beginning", lambda pdf: pdf.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%startxref\n", 1), SHAPE),
    ("in-a-zip", "the file stored in a ZIP archive, given as a licence", _zipped, SHAPE),
    ("nothing", "an empty file", lambda _pdf: b"", Code.NOT_A_LICENCE, FOREIGN),
    ("header-only", "nothing but the header", lambda pdf: pdf[:9], Code.NOT_A_LICENCE, FOREIGN),
    ("text", "its data without any page, as text", lambda _pdf: good(0).data, SHAPE),
    ("reversed", "the file back to front", lambda pdf: pdf[::-1], Code.NOT_A_LICENCE, FOREIGN),
    ("xored", "every byte turned", lambda pdf: bytes(each ^ 255 for each in pdf), Code.NOT_A_LICENCE, FOREIGN),
)  # fmt: skip


def _after_der(text: bytes, junk: bytes) -> bytes:
    size = 2 * (int(text[5:9], 16) + 4)
    return text[: 1 + size] + junk + text[1 + size + len(junk) :]


def _maker(change: Change) -> Callable[[Desk], bytes]:
    return lambda desk: change(desk.good().pdf)


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    return tuple(
        Recipe(f"container/{row[0]}", row[1], _maker(row[2]), row[3], *(row[4:] or (INVALID,)))
        for row in ROWS
    )
