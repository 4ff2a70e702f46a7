"""Data codes of finished licences: which key signs, what is written, what a verifier says."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from anzheng.flows.data_codes import CodeDesk, find_rows, qr_base, write_code
from anzheng.key_book import KeyBook, KeyState
from anzheng.keyfiles import Key, KeyKind
from anzheng.keyring import KeyRing, qr_key
from anzheng.store.licences import FlowState, StoredLicence
from licence.errors import AnzhengError, Code
from licence.formats import licence_json
from licence.formats.ceremony import Purpose
from licence.formats.trust_types import StatusKey
from licence.formats.verdict import Verdict
from licence.ids import Leaf
from tests.builders import AUTHORITY, REGISTRY, SIGNED_AT, World, make_world
from tests.fakes.clock import FakeClock
from tests.fakes.qr_world import with_qr_keys
from verifier.artefacts import Ask, QrText
from verifier.policy import BATCH
from verifier.verify import verify_artefact

LEAF = Leaf(bytes(range(32)))
BASE = "HTTPS://V.EXAMPLE/V"


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys", b"a password")


@pytest.fixture
def key(ring: KeyRing) -> Key:
    return ring.make(qr_key(AUTHORITY), KeyKind.ES256)


def desk(ring: KeyRing, *, closed_at: datetime | None = None) -> CodeDesk:
    state = KeyState(qr_key(AUTHORITY), Purpose.QR, AUTHORITY, datetime(2026, 1, 1, tzinfo=UTC))
    book = KeyBook((replace(state, closed_at=closed_at),))
    return CodeDesk(ring, book, FakeClock(SIGNED_AT), BASE)


def row(world: World, **changes: object) -> StoredLicence:
    version = world.version()
    data = licence_json.encode(version)
    made = StoredLicence(
        id=1,
        registry=REGISTRY,
        authority=AUTHORITY,
        licence_no=version.draft.licence_no,
        version=1,
        uscc=version.draft.uscc,
        status_index=version.status.index,
        short_code="",
        licence_json=data,
        licence_digest=licence_json.digest(data),
        state=FlowState.PUBLISHED,
        parked_code=None,
        parked_message=None,
        release_id=None,
        leaf=LEAF,
        signed_pdf=None,
        signed_at=None,
        batch_id=None,
        batch_place=None,
        final_pdf=None,
        updated_at=SIGNED_AT,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_data_code_is_what_the_verifier_calls_valid(ring: KeyRing, key: Key) -> None:
    world = make_world()
    code = desk(ring).make(row(world))
    pinned = StatusKey(key.key_id, key.public_der, SIGNED_AT - timedelta(days=1))
    trust = world.trust(with_qr_keys(world.bundle, pinned))
    report, _ = verify_artefact(QrText(code.text), trust, Ask(BATCH, world.now))
    assert (report.verdict, report.leaf) == (Verdict.VALID, LEAF)


def test_text_code_and_label_are_written(ring: KeyRing, key: Key, tmp_path: Path) -> None:
    assert key.kind is KeyKind.ES256
    code = desk(ring).make(row(make_world()))
    files = write_code(code, tmp_path, "one")
    assert [path.name for path in files] == ["one.qr.txt", "one.qr.svg", "one.label.svg"]
    assert (tmp_path / "one.qr.txt").read_text() == code.text
    label = (tmp_path / "one.label.svg").read_text("utf-8")
    assert "大连镕犇化工有限公司" in label
    # 40 mm with its quiet zone, whatever the size of the code.
    scale = re.search(r"scale\(([0-9.]+)\)", label)
    assert scale is not None
    assert float(scale[1]) * (code.modules + 8) == pytest.approx(40, abs=0.01)


def test_the_printed_modules_read_back(ring: KeyRing, key: Key) -> None:
    assert key.kind is KeyKind.ES256
    code = desk(ring).make(row(make_world()))
    picture = _drawn(code.svg, code.modules + 8)
    read = zxingcpp.read_barcode(picture)
    assert read is not None
    assert read.text == code.text
    assert code.modules <= 109


def _drawn(svg: str, side: int) -> Image.Image:
    """Fill the path of a code: a module is dark when a walk to the left crosses it oddly often."""
    dark = [[False] * (side + 1) for _ in range(side)]
    for piece in re.findall(r"M(\d+) (\d+)([^Z]*)Z", svg):
        x, y = int(piece[0]), int(piece[1])
        first = y
        for step, value in re.findall(r"([HV])(\d+)", f"{piece[2]}"):
            if step == "H":
                x = int(value)
            else:
                _edge(dark, x, y, int(value))
                y = int(value)
        _edge(dark, x, y, first)
    image = Image.new("L", (side * 4, side * 4), 255)
    for line, edges in enumerate(dark):
        inside = False
        for column, edge in enumerate(edges[:side]):
            inside ^= edge
            if inside:
                image.paste(0, (column * 4, line * 4, column * 4 + 4, line * 4 + 4))
    return image


def _edge(dark: list[list[bool]], x: int, begin: int, end: int) -> None:
    for line in range(min(begin, end), max(begin, end)):
        dark[line][x] ^= True


def test_a_licence_without_leaf_has_no_code(ring: KeyRing, key: Key) -> None:
    assert key.kind is KeyKind.ES256
    with pytest.raises(AnzhengError) as raised:
        desk(ring).make(row(make_world(), leaf=None))
    assert raised.value.code is Code.NOT_FOUND


def test_a_closed_key_signs_no_more(ring: KeyRing, key: Key) -> None:
    assert key.kind is KeyKind.ES256
    closed = desk(ring, closed_at=SIGNED_AT - timedelta(days=1))
    assert not closed.has_key(AUTHORITY)
    assert desk(ring).has_key(AUTHORITY)
    elsewhere = KeyRing(ring.folder / "elsewhere", b"a password")
    assert not desk(elsewhere).has_key(AUTHORITY), "the key is another process's"
    with pytest.raises(AnzhengError) as raised:
        closed.make(row(make_world()))
    assert raised.value.code is Code.KEY_LOCKED


@pytest.mark.parametrize(
    ("pointer", "base"),
    [
        ("HTTPS://V.EXAMPLE/L/", "HTTPS://V.EXAMPLE/V"),
        ("HTTP://127.0.0.1:8470/L/", "HTTP://127.0.0.1:8470/V"),
        ("HTTPS://V.EXAMPLE/ZS/L/", "HTTPS://V.EXAMPLE/ZS/V"),
    ],
)
def test_data_codes_lead_beside_the_pointers(pointer: str, base: str) -> None:
    assert qr_base(pointer) == base


class _Rows:
    """Licences as the database gives them."""

    def __init__(self, *rows: StoredLicence) -> None:
        self.licences = self
        self._rows = rows

    def in_state(self, state: FlowState) -> tuple[StoredLicence, ...]:
        return tuple(each for each in self._rows if each.state is state)


def test_licences_are_found_by_any_style_of_their_number() -> None:
    world = make_world()
    rows = _Rows(row(world), row(world, state=FlowState.SIGNED, id=2))
    assert [each.id for each in find_rows(rows, None)] == [1]  # type: ignore[arg-type]
    assert [each.id for each in find_rows(rows, "辽WH20240127")] == [1]  # type: ignore[arg-type]
    with pytest.raises(AnzhengError) as raised:
        find_rows(rows, "辽WH20249999")  # type: ignore[arg-type]
    assert raised.value.code is Code.NOT_FOUND
