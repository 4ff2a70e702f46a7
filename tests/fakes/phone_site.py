"""The offline page on a small server of its own: its trust pack and its build can be changed.

The service serves both as files (`verifier/service/pages.py`, `trust_files.py`); here a test says
which, so that a server can fall back to yesterday's pack or be in the middle of a new build.
"""

import mimetypes
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from typing_extensions import override

from licence.domain.status import StatusWord
from licence.formats.qr import printed_of
from tests.builders import SIGNED_AT, World, make_world, side_row
from tests.fakes.copies import copy_of
from tests.fakes.qr_world import Holder, make_holder, printed_code, with_qr_keys
from verifier.service.headers import HEADERS
from verifier.service.pages import BUILT

NEWER: Final = timedelta(minutes=35)
"""How much later than the first pack's licence the second pack was published."""

_TYPES: Final = {".webmanifest": "application/manifest+json", ".wasm": "application/wasm"}


@dataclass(slots=True)
class PhoneSite:
    """A server, and what it serves now.

    Attributes:
        url: Where it is.
        trust: Folder of the trust pack.
        build: Folder of the built pages.
        first: The pack in which the licence is in force.
        second: A newer one, in which it is revoked.
        printed: Text of the licence's data code.
        holder: Whoever holds its key.
        now: A moment at which the first pack is fresh.
        away: Whether nobody answers.
        flows: Set, unless questions for the trust pack are to hang.
    """

    url: str
    trust: Path
    build: Path
    first: Path
    second: Path
    printed: str
    holder: Holder
    now: datetime
    flows: threading.Event
    away: bool = False

    def pack(self, folder: Path, place: Path) -> Path:
        """Write a trust pack as ZIP, as somebody carries it on a stick."""
        with ZipFile(place, "w", ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    archive.write(path, f"trust/{path.relative_to(folder)}")
        return place


@dataclass(frozen=True, slots=True)
class Kept:
    """What is made once: two packs, and a holder.

    Attributes:
        folder: With the folders `first` and `second`.
        printed: Text of the licence's data code.
        holder: Whoever holds its key.
    """

    folder: Path
    printed: str
    holder: Holder

    @property
    def copy(self) -> Path:
        """A limited copy of the licence."""
        return self.folder / "bid.copy.json"


def make_packs(folder: Path) -> Kept:
    """Make both packs in a folder."""
    world = make_world("phone site")
    world.bundle = with_qr_keys(world.bundle)
    (one,) = world.issue_all([world.version()])
    holder = make_holder(world, version=one.version, leaf=one.leaf)
    said = printed_of(holder.version, leaf=holder.leaf, issued_at=SIGNED_AT)
    _packs(world, folder)
    (folder / "bid.copy.json").write_bytes(copy_of(world, one))
    return Kept(folder, printed_code(said), holder)


@contextmanager
def running_phone_site(kept: Kept, folder: Path) -> Iterator[PhoneSite]:
    """Run the server over copies that belong to one test."""
    for name in ("first", "second"):
        shutil.copytree(kept.folder / name, folder / name)
    build = folder / "build"
    shutil.copytree(BUILT, build)
    first, now = folder / "first", SIGNED_AT + timedelta(minutes=10)
    second, flows = folder / "second", threading.Event()
    flows.set()
    site = PhoneSite("", first, build, first, second, kept.printed, kept.holder, now, flows)
    with _serving(site) as url:
        site.url = url
        try:
            yield site
        finally:
            flows.set()


def _packs(world: World, folder: Path) -> None:
    first, second = folder / "first", folder / "second"
    repository = world.write_trust(second)
    shutil.copytree(second, first)
    moment = SIGNED_AT + NEWER
    world.publish(
        {0: StatusWord.REVOKED},
        [side_row(0, StatusWord.REVOKED, date(2026, 11, 20))],
        issued_at=moment,
        sequence=2,
    )
    world.write_lists(repository, now=moment)


@contextmanager
def _serving(site: PhoneSite) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, site)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(handler: BaseHTTPRequestHandler, site: PhoneSite) -> None:
    path = handler.path.partition("?")[0]
    if path.startswith("/v1/trust/"):
        site.flows.wait()
    place = _place(site, path)
    if site.away or place is None or not place.is_file():
        handler.send_error(503 if site.away else 404)
        return
    data = place.read_bytes()
    kind = _TYPES.get(place.suffix) or mimetypes.guess_type(place.name)[0]
    handler.send_response(200)
    for name, value in HEADERS.items():
        handler.send_header(name, value)
    handler.send_header("Content-Type", kind or "application/octet-stream")
    handler.send_header("Content-Length", str(len(data)))
    handler.send_header("Cache-Control", "no-cache")
    handler.end_headers()
    handler.wfile.write(data)


def _place(site: PhoneSite, path: str) -> Path | None:
    for prefix, folder in (("/v1/trust/", site.trust), ("/", site.build)):
        if path.startswith(prefix):
            name = path.removeprefix(prefix) or "offline/index.html"
            place = folder / (f"{name}index.html" if name.endswith("/") else name)
            return place if place.resolve().is_relative_to(folder.resolve()) else None
    return None
