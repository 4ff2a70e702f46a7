"""How the command gets its answers: one artefact in this process, many in children, in order."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

from licence.errors import AnzhengError
from licence.ports import Clock
from verifier.cli_inputs import Named
from verifier.cli_open import Opened, Options
from verifier.many import AHEAD, cores, sampled
from verifier.memory import Memory
from verifier.policy import Policy
from verifier.pool import Answer, GivenContext, Job, Limits, Pool, Want
from verifier.verify import verify_artefact

Outcome = Answer | AnzhengError
"""What came of one artefact; an error where it could not even be read."""

_PICTURE: Final = frozenset({Want.PICTURE})


def outcomes(
    items: Sequence[Named], opened: Opened, options: Options, clock: Clock
) -> Iterator[tuple[str, Outcome]]:
    """Yield name and outcome of each artefact; what turns out not to be meant is left out."""
    wants = _PICTURE if options.report is not None else frozenset()
    workers = options.workers if options.workers is not None else _workers(len(items))
    # A picture is drawn by a child only: nothing of ours draws a stranger's file in this process.
    if (workers > 1 or wants) and hasattr(os, "fork"):
        yield from _by_children(items, opened, clock, wants, max(1, workers))
    else:
        yield from _here(items, opened, clock)


def _workers(count: int) -> int:
    return 1 if count == 1 else min(cores(), count)


def _here(items: Sequence[Named], opened: Opened, clock: Clock) -> Iterator[tuple[str, Outcome]]:
    memory: Memory = opened.store.memory
    for place, item in enumerate(items):
        try:
            artefact = item.read()
        except AnzhengError as error:
            yield item.name, error
            continue
        if artefact is None:
            continue
        ask = replace(
            opened.ask,
            policy=_policy(opened, place, len(items)),
            now=clock.now(),
            memory=memory,
            online=opened.online,
        )
        report, memory = verify_artefact(artefact, opened.store, ask)
        yield item.name, Answer(report, memory)


def _by_children(
    items: Sequence[Named], opened: Opened, clock: Clock, wants: frozenset[Want], workers: int
) -> Iterator[tuple[str, Outcome]]:
    context = GivenContext(opened.store, opened.online)
    under_way: deque[tuple[str, Future[Answer] | AnzhengError]] = deque()
    with Pool(workers, Limits(), context) as pool:
        for place, item in enumerate(items):
            try:
                artefact = item.read()
            except AnzhengError as error:
                under_way.append((item.name, error))
            else:
                if artefact is None:
                    continue
                policy = _policy(opened, place, len(items))
                ask = replace(opened.ask, policy=policy, now=clock.now())
                under_way.append((item.name, pool.submit(Job(artefact, ask, wants))))
            while len(under_way) >= workers * AHEAD:
                yield _awaited(under_way)
        while under_way:
            yield _awaited(under_way)


def _awaited(
    under_way: "deque[tuple[str, Future[Answer] | AnzhengError]]",
) -> tuple[str, Outcome]:
    name, found = under_way.popleft()
    return name, found if isinstance(found, AnzhengError) else found.result()


def _policy(opened: Opened, place: int, count: int) -> Policy:
    """Show the referee every file of a few, and a sample of many."""
    policy = opened.ask.policy
    return policy if count <= policy.sample_every else sampled(policy, place)
