"""The tests of `tests.unit.anzheng.test_flows_preview`, on PostgreSQL."""

import pytest

from tests.unit.anzheng.test_flows_preview import *  # noqa: F403 - the very same tests

pytestmark = pytest.mark.tools("pg_createcluster")
