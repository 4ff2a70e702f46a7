"""The tests of `tests.unit.anzheng.test_store`, on PostgreSQL."""

import pytest

from tests.unit.anzheng.test_store import *  # noqa: F403 - the very same tests

pytestmark = pytest.mark.tools("pg_createcluster")
