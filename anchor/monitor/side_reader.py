"""A published side list as one value, whether it comes in one piece or in pages."""

from collections.abc import Sequence

from anchor.monitor.ports import Lists
from licence.errors import AnzhengError, Code
from licence.formats import side_list, side_pages
from licence.formats.side_list import SideList, SideRow
from licence.formats.status_shard import ListName
from licence.formats.trust_types import StatusKey


def read_side_list(
    lists: Lists, data: bytes, *, keys: Sequence[StatusKey], expected: ListName
) -> SideList:
    """Read and verify a side list with all its pages.

    Args:
        lists: Where the pages are.
        data: The side list, or the index of its pages.
        keys: The authority's status keys from the trust bundle.
        expected: Which shard this must be.

    Raises:
        AnzhengError: As `side_list.decode`; STATUS_LIST_REFUSED too for a page that is missing.
    """
    try:
        index = side_pages.decode_index(data, keys=keys, expected=expected)
    except AnzhengError as error:
        if error.code not in (Code.STATUS_LIST_REFUSED, Code.TOO_LARGE):
            raise
        return side_list.decode(data, keys=keys, expected=expected)
    rows, announced = list[SideRow](), list[SideRow]()
    for number, digest in enumerate(index.pages):
        if digest is not None:
            page = lists.side_page(expected.registry, expected.authority, digest)
            here, later = side_pages.decode_page(page, digest, expected, number)
            rows += here
            announced += later
    return SideList(
        name=expected,
        sequence=index.sequence,
        issued_at=index.issued_at,
        expires_at=index.expires_at,
        list_digest=index.list_digest,
        rows=tuple(rows),
        announced=tuple(announced),
    )
