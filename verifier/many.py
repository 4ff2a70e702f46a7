"""Many artefacts at once: every core at work, answers in the order of the questions.

Trust is loaded once, lists and slots are asked for once by each child, and the referee is asked
about a sample. An artefact that brings its child down costs its own answer and nobody else's.
"""

import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from itertools import chain, islice
from typing import Final

from verifier.artefacts import Artefact, Ask
from verifier.caching import CachingOnline
from verifier.policy import Policy, Referee
from verifier.pool import Answer, GivenContext, Job, Limits, Pool, Want
from verifier.ports import TrustView
from verifier.verify import verify_artefact

WORTH_A_POOL: Final = 32
"""Artefacts from which on it pays to start children, unless the caller asks for them."""
AHEAD: Final = 4
"""Artefacts for each child that are read before their turn; more would only fill memory."""


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def sampled(policy: Policy, place: int) -> Policy:
    """Return the policy for the n-th of many: the referee sees the first and every n-th after it.

    Args:
        policy: Of the whole batch.
        place: Which artefact, from 0.
    """
    return policy if place % policy.sample_every == 0 else replace(policy, referee=Referee.NEVER)


def verify_each(
    artefacts: Iterable[Artefact], trust: TrustView, ask: Ask, *, workers: int | None = None
) -> Iterator[Answer]:
    """Verify artefacts, and yield the answers in their order.

    Args:
        artefacts: Read as they are needed, a few ahead.
        trust: What is believed.
        ask: How, for each of them; its memory is that of every one.
        workers: Children; 1 for none, as many as there are cores unless given. Few artefacts, or
            trust that cannot travel to a child, are checked in this process.
    """
    several = workers if workers is not None else cores()
    coming = iter(artefacts)
    first = list(islice(coming, WORTH_A_POOL if workers is None else 1))
    context = GivenContext(trust, ask.online)
    few = workers is None and len(first) < WORTH_A_POOL
    if several <= 1 or few or not _can_travel(context):
        yield from _here(chain(first, coming), trust, ask)
        return
    alone = replace(ask, online=None)
    with Pool(several, Limits(), context) as pool:
        yield from in_order(pool, _jobs(chain(first, coming), alone))


def in_order(pool: Pool, jobs: Iterable[Job]) -> Iterator[Answer]:
    """Hand jobs to a pool, not too many ahead, and yield the answers in the order of the jobs."""
    under_way: deque[Future[Answer]] = deque()
    most = pool.state.workers * AHEAD
    for job in jobs:
        under_way.append(pool.submit(job))
        if len(under_way) >= most:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _jobs(
    artefacts: Iterable[Artefact], ask: Ask, want: frozenset[Want] = frozenset()
) -> Iterator[Job]:
    for place, artefact in enumerate(artefacts):
        yield Job(artefact, replace(ask, policy=sampled(ask.policy, place)), want)


def _here(artefacts: Iterable[Artefact], trust: TrustView, ask: Ask) -> Iterator[Answer]:
    online = CachingOnline(ask.online) if ask.online is not None else None
    for place, artefact in enumerate(artefacts):
        mine = replace(ask, policy=sampled(ask.policy, place), online=online)
        yield Answer(*verify_artefact(artefact, trust, mine))


def _can_travel(context: GivenContext) -> bool:
    """Say whether a child can be given this; a connection or a database cannot."""
    if not hasattr(os, "fork"):
        return False
    try:
        pickle.dumps(context)
    except (pickle.PicklingError, TypeError, AttributeError):
        return False
    return True
