"""The tests of `tests.unit.anzheng.test_reconcile_guard`, on PostgreSQL."""

import pytest

from tests.unit.anzheng.test_reconcile_guard import *  # noqa: F403 - the very same tests

pytestmark = pytest.mark.tools("pg_createcluster")
