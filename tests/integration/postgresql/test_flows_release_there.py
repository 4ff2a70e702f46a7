"""The tests of `tests.unit.anzheng.test_flows_release`, on PostgreSQL."""

import pytest

from tests.unit.anzheng.test_flows_release import *  # noqa: F403 - the very same tests

pytestmark = pytest.mark.tools("pg_createcluster")
