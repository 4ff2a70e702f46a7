"""`licence.json`: not canonical, doubled, false, nested, huge; and bombs for every decoder.

The data is signed by the authority each time. In files that nobody signed, only what looks for our
data in foreign bytes meets the bombs.
"""

import json
import zlib
from collections.abc import Callable

from pikepdf import Array, Dictionary, Name, Pdf, Stream

from licence.errors import Code
from licence.formats import canonical
from licence.formats.verdict import Verdict
from tests.bad import ink
from tests.bad.case import Ask
from tests.bad.desk import Desk, good
from tests.bad.recipe import FOREIGN, INVALID, UNDETERMINED, Recipe

Change = Callable[[bytes], bytes]
BOMB_BYTES = 64 << 20


def _signed(change: Change) -> Callable[[Desk], bytes]:
    return lambda desk: desk.issue(data=change(good(0).data))


def _fields(**changes: object) -> Change:
    """Change fields and write canonical JSON again; None takes one out."""

    def changed(data: bytes) -> bytes:
        value = json.loads(data)
        for path, new in changes.items():
            *outer, last = path.split("__")
            target = value
            for key in outer:
                target = target[int(key) if key.isdigit() else key]
            if new is None:
                del target[last]
            else:
                target[last] = new
        return canonical.dumps(value)

    return changed


def _doubled(data: bytes) -> bytes:
    """The number twice: one reader takes the first, another the last."""
    return data.replace(b"{", b'{"uscc":"91210281MA9TXT025M",', 1)


def _nested(data: bytes) -> bytes:
    return data[:-1] + b',"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}"


def _page_of_another(desk: Desk) -> bytes:
    """The page of one licence, the data of another."""
    return desk.issue(data=good(5).data)


def _template(data: bytes) -> bytes:
    return _fields(template="cn-a4p/99")(data)


ROWS: tuple[tuple[str, str, Callable[[Desk], bytes], Code] | tuple[str, str, Callable[[Desk], bytes], Code, Verdict], ...] = (
    ("page-of-another", "the page of one licence with the data of another", _page_of_another, Code.DATA_PAGE_MISMATCH),
    ("blanks", "blanks between the fields", _signed(lambda data: json.dumps(json.loads(data), ensure_ascii=False).encode()), Code.JSON_NOT_CANONICAL),
    ("escaped", "Chinese characters escaped", _signed(lambda data: json.dumps(json.loads(data), separators=(",", ":"), sort_keys=True).encode()), Code.JSON_NOT_CANONICAL),
    ("newline-after", "a newline at the end", _signed(lambda data: data + b"\n"), Code.JSON_NOT_CANONICAL),
    ("byte-order-mark", "a byte order mark", _signed(lambda data: b"\xef\xbb\xbf" + data), Code.JSON_SYNTAX),
    ("utf-16", "UTF-16", _signed(lambda data: data.decode().encode("utf-16")), Code.JSON_SYNTAX),
    ("bad-utf-8", "bytes that are no UTF-8", _signed(lambda data: data.replace(b"WH", b"\xff\xfe", 1)), Code.JSON_SYNTAX),
    ("lone-surrogate", "half a character", _signed(lambda data: data.replace(b"WH", b"\\ud800", 1)), Code.JSON_SYNTAX),
    ("key-twice", "one key twice", _signed(_doubled), Code.JSON_SYNTAX),
    ("keys-unordered", "keys in another order", _signed(lambda data: json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":"), ensure_ascii=False).encode()), Code.JSON_NOT_CANONICAL),
    ("a-field-more", "a field that nobody knows", _signed(_fields(valid_forever=True)), Code.FIELD_UNKNOWN),
    ("a-field-less", "a field is missing", _signed(_fields(valid_to=None)), Code.FIELD_MISSING),
    ("wrong-type", "a number in the place of a name", _signed(_fields(enterprise_name=7)), Code.FIELD_TYPE),
    ("real-number", "a version of 1.0", _signed(lambda data: data.replace(b'"version":1', b'"version":1.0')), Code.JSON_SYNTAX),
    ("not-a-number", "NaN", _signed(lambda data: data.replace(b'"version":1', b'"version":NaN')), Code.JSON_SYNTAX),
    ("huge-number", "a number of five thousand digits", _signed(lambda data: data.replace(b'"version":1', b'"version":' + b"9" * 5_000)), Code.JSON_SYNTAX),
    ("nested", "arrays fifty thousand deep", _signed(_nested), Code.JSON_SYNTAX),
    ("an-array", "an array", _signed(lambda _data: b"[]"), Code.JSON_SYNTAX),
    ("empty", "nothing", _signed(lambda _data: b""), Code.CONTAINER_STRUCTURE),
    ("other-schema", "a schema of later years", _signed(_fields(schema="anzheng-licence/v9")), Code.SCHEMA_UNKNOWN, FOREIGN),
    ("schema-of-a-stranger", "a schema of somebody else", _signed(_fields(schema="evil/v1")), Code.SCHEMA_UNKNOWN, FOREIGN),
    ("other-registry", "a registry that nobody pinned", _signed(_fields(status__registry="another")), Code.REGISTRY_UNKNOWN, FOREIGN),
    ("uscc-check-digit", "a USCC with a wrong check digit", _signed(_fields(uscc="91210213MA9TXT017C")), Code.USCC_CHECK_DIGIT),
    ("number-of-another-type", "a number of another form", _signed(_fields(licence_no="（辽）X安许证字〔2024〕0127")), Code.LICENCE_NO_FORMAT),
    ("ends-before-it-begins", "it ends before it begins", _signed(_fields(valid_to="2020-01-01")), Code.DATE_ORDER),
    ("no-such-day", "the 30th of February", _signed(_fields(valid_to="2027-02-30")), Code.DATE_FORMAT),
    ("too-long", "it runs for ten years", _signed(_fields(valid_to="2034-03-17")), Code.VALIDITY_LENGTH),
    ("control-character", "a name with a character that turns the direction", _signed(_fields(enterprise_name="大连\u202e司公")), Code.TEXT_CHARACTER_REFUSED),
    ("private-character", "a name with a character of private use", _signed(_fields(enterprise_name="大连\ue000公司")), Code.TEXT_PRIVATE_USE),
    ("not-composed", "a name that is not in normal form", _signed(_fields(principal="e\u0301")), Code.TEXT_NOT_NFC),
    ("production-in-test", "a licence for production, under a bundle for tests", _signed(_fields(environment="production")), Code.ENVIRONMENT_MISMATCH),
    ("template-unknown", "a template that this verifier does not know", _signed(_template), Code.TEMPLATE_UNKNOWN, UNDETERMINED),
    ("kind-unknown", "a kind that nobody knows", _signed(_fields(kind="HONORARY")), Code.FIELD_VALUE),
    ("index-negative", "a place of minus one in the lists", _signed(_fields(status__index=-1)), Code.FIELD_VALUE),
    ("index-elsewhere", "a place in a list that is not there", lambda desk: desk.issue(version=desk.world.version(1 << 21)), Code.STATUS_NOT_AVAILABLE, UNDETERMINED),
    ("quarter-megabyte", "more than 256 kilobytes", _signed(lambda data: data[:-1] + b',"x":"' + b"a" * (300 << 10) + b'"}'), Code.CONTAINER_STRUCTURE),
)  # fmt: skip


# ---------------------------------------------------------------- bombs in signed files


def _inflating_data(pdf: Pdf) -> None:
    pdf.Root.AF[0].EF.F.write(bytes(BOMB_BYTES))


def _inflating_certificate(pdf: Pdf) -> None:
    pdf.Root.DSS.Certs[0].write(bytes(BOMB_BYTES))


def _inflating_page(pdf: Pdf) -> None:
    pdf.pages[0].obj.Contents[1].write(b" " * BOMB_BYTES)


def _inflating_font(pdf: Pdf) -> None:
    ink.font(pdf).DescendantFonts[0].FontDescriptor.FontFile2.write(bytes(BOMB_BYTES))


def _inflating_map(pdf: Pdf) -> None:
    ink.font(pdf).ToUnicode.write(b"<0001> <0041>\n" * (BOMB_BYTES // 14))


def _inflating_metadata(pdf: Pdf) -> None:
    pdf.Root.Metadata = pdf.make_indirect(Stream(pdf, b" " * BOMB_BYTES))


def _form_in_itself(pdf: Pdf) -> None:
    ink.form(pdf, b"/Evil Do /Evil Do")
    form = pdf.pages[0].obj.Resources.XObject.Evil
    form.Resources = Dictionary(XObject=Dictionary(Evil=form))
    ink.draw(pdf, b"/Evil Do")


def _forms_in_forms(pdf: Pdf) -> None:
    """Thirty forms, each of which draws the next one ten times: 10^30 drawings."""
    drawing = b"0 0 1 1 re f"
    inner = None
    for _ in range(30):
        form = Stream(pdf, drawing, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 9, 9]))
        form.Resources = Dictionary() if inner is None else Dictionary(XObject=Dictionary(F=inner))
        inner = pdf.make_indirect(form)
        drawing = b"/F Do " * 10
    pdf.pages[0].obj.Resources.XObject.Evil = inner
    ink.draw(pdf, b"/Evil Do")


def _pattern_in_itself(pdf: Pdf) -> None:
    pattern = Stream(pdf, b"/Pattern cs /Evil scn 0 0 9 9 re f", Type=Name.Pattern)
    pattern.PatternType, pattern.PaintType, pattern.TilingType = 1, 1, 1
    pattern.BBox, pattern.XStep, pattern.YStep = Array([0, 0, 9, 9]), 9, 9
    node = pdf.make_indirect(pattern)
    node.Resources = Dictionary(Pattern=Dictionary(Evil=node))
    pdf.pages[0].obj.Resources.Pattern = Dictionary(Evil=node)
    ink.draw(pdf, b"/Pattern cs /Evil scn 0 0 595 842 re f")


def _outline_loop(pdf: Pdf) -> None:
    pdf.Root.Outlines.First.Next = pdf.Root.Outlines.First


def _structure_loop(pdf: Pdf) -> None:
    root = pdf.Root.StructTreeRoot
    first = root.K[0] if isinstance(root.K, Array) else root.K
    first.K.append(first)


def _tree_loop(pdf: Pdf) -> None:
    inner = Dictionary(Type=Name.Pages, Parent=pdf.Root.Pages, Count=1)
    node = pdf.make_indirect(inner)
    node.Kids = Array([node])
    pdf.Root.Pages.Kids.append(node)


def _name_loop(pdf: Pdf) -> None:
    names = pdf.Root.Names.EmbeddedFiles
    node = pdf.make_indirect(Dictionary(Limits=Array([])))
    node.Kids = Array([node])
    names.Kids = Array([node])


def _much_text(pdf: Pdf) -> None:
    line = ink.block(pdf, ink.NAME_Y)
    ink.change(pdf, line, b"\n".join([line] * 9_000))


def _deep_states(pdf: Pdf) -> None:
    ink.draw(pdf, b"q " * 300_000 + b"Q " * 300_000)


def _deep_direct(pdf: Pdf) -> None:
    inner = Dictionary()
    for _ in range(400):
        inner = Dictionary(K=inner)
    pdf.pages[0].obj.PieceInfo = inner


SIGNED_BOMBS: tuple[tuple[str, str, Callable[[Pdf], object], Code], ...] = (
    ("data", "licence.json unpacks to 64 MB", _inflating_data, Code.CONTAINER_STRUCTURE),
    ("certificate", "a certificate unpacks to 64 MB", _inflating_certificate, Code.CONTAINER_STRUCTURE),
    ("page", "the content of the page unpacks to 64 MB", _inflating_page, Code.CONTAINER_STRUCTURE),
    ("font", "a font unpacks to 64 MB", _inflating_font, Code.CONTAINER_STRUCTURE),
    ("tounicode", "a ToUnicode table unpacks to 64 MB", _inflating_map, Code.CONTAINER_STRUCTURE),
    ("metadata", "the metadata unpack to 64 MB", _inflating_metadata, Code.CONTAINER_STRUCTURE),
    ("form-in-itself", "a form that draws itself twice", _form_in_itself, Code.CONTAINER_STRUCTURE),
    ("forms-in-forms", "thirty forms that draw each other ten times", _forms_in_forms, Code.CONTAINER_STRUCTURE),
    ("pattern-in-itself", "a pattern that is painted with itself", _pattern_in_itself, Code.CONTAINER_STRUCTURE),
    ("outline-loop", "bookmarks in a circle", _outline_loop, Code.CONTAINER_STRUCTURE),
    ("structure-loop", "structure elements in a circle", _structure_loop, Code.CONTAINER_STRUCTURE),
    ("page-tree-loop", "a page tree in a circle", _tree_loop, Code.CONTAINER_STRUCTURE),
    ("name-tree-loop", "a name tree in a circle", _name_loop, Code.CONTAINER_STRUCTURE),
    ("much-text", "a line of text nine thousand times", _much_text, Code.CONTAINER_STRUCTURE),
    ("deep-states", "three hundred thousand graphics states in each other", _deep_states, Code.CONTAINER_STRUCTURE),
    ("deep-direct", "dictionaries four hundred deep", _deep_direct, Code.CONTAINER_STRUCTURE),
)  # fmt: skip


# ---------------------------------------------------------------- bombs in files that nobody signed


def _streams(body: bytes, count: int) -> bytes:
    return b"%PDF-1.7\n" + (b"stream\n" + body + b"\nendstream\n") * count


def _schema() -> bytes:
    return b'"schema":"anzheng-licence/v1"'


FOREIGN_BOMBS: tuple[tuple[str, str, Callable[[], bytes], Code, Verdict], ...] = (
    ("many-streams", "five thousand packed streams", lambda: _streams(zlib.compress(bytes(9_000)), 5_000), Code.NOT_A_LICENCE, FOREIGN),
    ("inflating-streams", "forty streams that unpack to 64 MB each", lambda: _streams(zlib.compress(bytes(BOMB_BYTES), 9), 40), Code.NOT_A_LICENCE, FOREIGN),
    ("overlapping-streams", "forty thousand beginnings of one stream", lambda: _streams(b"stream\n" * 40_000 + zlib.compress(bytes(9_000)), 1), Code.NOT_A_LICENCE, FOREIGN),
    ("schema-many", "our schema sixty thousand times", lambda: b"%PDF-1.7\n" + _schema() * 60_000, Code.SIGNATURE_MISSING, INVALID),
    ("schema-nested", "our schema in arrays a hundred thousand deep", lambda: b"%PDF-1.7\n{" + b'"a":[' * 100_000 + _schema(), Code.SIGNATURE_MISSING, INVALID),
    ("digits", "sixteen megabytes of hexadecimal digits", lambda: b"%PDF-1.7\n<" + b"ab" * (8 << 20) + b">", Code.NOT_A_LICENCE, FOREIGN),
    ("zeros", "forty megabytes of zeros", lambda: bytes(40 << 20), Code.NOT_A_LICENCE, FOREIGN),
    ("brackets", "a megabyte of opening brackets", lambda: b"%PDF-1.7\n" + b"[" * (1 << 20), Code.NOT_A_LICENCE, FOREIGN),
    ("byte-ranges", "a hundred thousand ByteRanges", lambda: b"%PDF-1.7\n" + b"/ByteRange [0 1 2 3]\n" * 100_000 + b"%%EOF\n", Code.NOT_A_LICENCE, FOREIGN),
    ("signature-dictionaries", "fifty thousand beginnings of our signature", lambda: b"%PDF-1.7\n" + b"1 0 obj\n<< /ByteRange [0 1 2 99999999] /Contents <" * 50_000, Code.NOT_A_LICENCE, FOREIGN),
)  # fmt: skip


def _huge(desk: Desk) -> Ask:
    """The good file, filled up to fifty megabytes behind its end."""
    file = desk.good().pdf
    return desk.ask(file + b" " * ((50 << 20) - len(file)))


def recipes() -> tuple[Recipe, ...]:
    """Return the cases of this group."""
    return (
        *(
            Recipe(f"data/{row[0]}", row[1], row[2], row[3], *(row[4:] or (INVALID,)))
            for row in ROWS
        ),
        *(
            Recipe(f"bomb/{name}", what, _tweaked(tweak), code)
            for name, what, tweak, code in SIGNED_BOMBS
        ),
        *(
            Recipe(f"bomb/unsigned-{name}", what, _unsigned(make), code, verdict)
            for name, what, make, code, verdict in FOREIGN_BOMBS
        ),
        Recipe(
            "bomb/fifty-megabytes",
            "a good file with blanks up to 50 MB",
            _huge,
            Code.CONTAINER_APPENDED,
        ),
    )


def _tweaked(tweak: Callable[[Pdf], object]) -> Callable[[Desk], bytes]:
    return lambda desk: desk.issue(tweak)


def _unsigned(make: Callable[[], bytes]) -> Callable[[Desk], bytes]:
    return lambda _desk: make()
