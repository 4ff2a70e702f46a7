"""Goldens of side lists in pages and as JWT; and, written once, of deltas.

What depends on the version of zlib is not compared with today's output, only read:
`python -m tests.compat.generate_lists` writes those files where they are absent.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from licence.domain.status import StatusWord
from licence.formats import list_delta, side_jwt, side_list, side_pages, status_list
from licence.formats.side_jwt import SideToken
from licence.formats.side_list import SideRow, make_side_list
from licence.formats.side_pages import PAGES, SideIndex
from licence.formats.status_shard import LIFETIME, ListName, make_list
from licence.ids import Digest, Leaf, StatusIndex
from tests.fakes.status_keys import KID, SIGN
from tests.fakes.trust_bundles import AUTHORITY, BASE_URI, REGISTRY

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
NAME = ListName(BASE_URI, REGISTRY, AUTHORITY, 0)
FOLDER = Path(__file__).parent / "v1" / "lists"
BEFORE = {StatusIndex(n * n): StatusWord.REVOKED for n in range(200)}
AFTER = BEFORE | {
    StatusIndex(7): StatusWord.SUSPENDED,
    StatusIndex(1_000_000): StatusWord.CANCELLED,
}

ROWS = (
    SideRow(
        index=StatusIndex(4),
        word=StatusWord.REVOKED,
        effective_from=date(2026, 11, 20),
        until=None,
        decided_at=NOW - timedelta(days=2),
        document_no="示例罚字〔2026〕1号",
        ground="示例",
    ),
    SideRow(
        index=StatusIndex(9),
        word=StatusWord.SUPERSEDED,
        effective_from=date(2026, 11, 21),
        until=None,
        decided_at=NOW - timedelta(days=1),
        document_no="",
        ground="",
        successor=Leaf(b"\x09" * 32),
    ),
)
ANNOUNCED = (
    replace(
        ROWS[0],
        index=StatusIndex(7),
        word=StatusWord.SUSPENDED,
        effective_from=date(2026, 12, 1),
        until=date(2027, 1, 1),
    ),
)


def _cwt(words: Mapping[StatusIndex, StatusWord], at: datetime) -> bytes:
    return status_list.encode_cwt(make_list(NAME, words, issued_at=at), kid=KID, sign=SIGN)


def files() -> dict[str, bytes]:
    """Return the goldens that are the same everywhere, by their path below `v1/`."""
    digest = Digest(b"\x02" * 32)
    pages = (
        side_pages.encode_page(NAME, 0, ROWS, ANNOUNCED),
        side_jwt.encode_page(ROWS, ANNOUNCED),
    )
    indexes = [
        SideIndex(
            NAME,
            int(NOW.timestamp()),
            NOW,
            NOW + LIFETIME,
            digest,
            (Digest(sha256(page).digest()), *(None,) * (PAGES - 1)),
        )
        for page in pages
    ]
    side = make_side_list(
        NAME,
        ROWS,
        ANNOUNCED,
        sequence=int(NOW.timestamp()),
        issued_at=NOW,
        expires_at=NOW + LIFETIME,
        list_digest=digest,
    )
    token = Digest(b"\x07" * 32)
    found = {
        "good_index.cbor": side_pages.encode_index(indexes[0], kid=KID, sign=SIGN),
        "good.page": pages[0],
        "good_index.jwt": side_jwt.encode(SideToken(indexes[1], token), kid=KID, sign=SIGN),
        "good_page.json": pages[1],
        "good_side.jwt": side_jwt.encode(SideToken(side, token), kid=KID, sign=SIGN),
        "good_side.cbor": side_list.encode(side, kid=KID, sign=SIGN),
    }
    return {f"lists/{name}": data for name, data in found.items()}


def once() -> dict[str, bytes]:
    """Return the goldens that depend on zlib."""
    base, target = _cwt(BEFORE, NOW - timedelta(hours=1)), _cwt(AFTER, NOW)
    delta = list_delta.make(NAME, base, target)
    return {
        "good_base.cwt": base,
        "good_target.cwt": target,
        "good_step.delta": list_delta.encode(delta, kid=KID, sign=SIGN),
        "fail_step_other_changes.delta": list_delta.encode(
            replace(delta, changes=delta.changes[:1]), kid=KID, sign=SIGN
        ),
    }


def main() -> None:
    """Write the files that are absent."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in once().items():
        if not (FOLDER / name).exists():
            (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
