"""Policies have limits."""

import pytest

from licence.errors import Code
from tests.fakes.refusal import refuses
from verifier.policy import MAX_ACCEPT_STALE_HOURS, PROFILES, Policy


@pytest.mark.parametrize("hours", [-1, MAX_ACCEPT_STALE_HOURS + 1])
def test_old_lists_are_accepted_within_limits_only(hours: int) -> None:
    with refuses(Code.REQUEST_INVALID):
        Policy(accept_stale_hours=hours)


def test_a_sample_has_a_rate() -> None:
    with refuses(Code.REQUEST_INVALID):
        Policy(sample_every=0)


def test_the_profiles_are_those_of_the_design() -> None:
    hours = {name: policy.accept_stale_hours for name, policy in PROFILES.items()}
    assert hours == {"default": 0, "inspector": 72, "batch": 0}
