"""The tests of `tests.unit.anzheng.test_queue`, on PostgreSQL."""

import pytest

from tests.unit.anzheng.test_queue import *  # noqa: F403 - the very same tests

pytestmark = pytest.mark.tools("pg_createcluster")
