"""The tests of `tests.integration.test_anchor_stores`, on PostgreSQL."""

from collections.abc import Iterator

import pytest

from anzheng.store.anchor_store import SqlAnchorStore
from anzheng.store.database import Store
from tests.integration.test_anchor_stores import *  # noqa: F403 - the very same tests

pytestmark = pytest.mark.tools("pg_createcluster")


@pytest.fixture(name="store")
def _store(url: str) -> Iterator[SqlAnchorStore]:
    """The database as the anchorer's store."""
    opened = Store(url)
    yield SqlAnchorStore(opened)
    opened.close()
