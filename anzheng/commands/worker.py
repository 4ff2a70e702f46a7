"""`anzheng worker`: works the queue; all of it, or the part whose keys this process has."""

from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import JsonFlag, Out, answering, settings_of
from anzheng.roles import Role

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from anzheng.settings import Settings


def worker(
    context: typer.Context,
    *,
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing is due.")] = False,
    role: Annotated[
        Role | None,
        typer.Option(help="Only the part of one process of docs/compose.md; all if absent."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """工作进程 Work the queue: sign, anchor, fill, publish; any number may run.

    With --role, only what that process has keys for: the signer also answers at its desk (claims,
    releases, OCSP); the confirmer confirms final status and works no queue.

    Example: anzheng worker --role signer
    """
    settings = settings_of(context)
    with answering(as_json=as_json) as out:
        if role is Role.CONFIRMER:
            _confirm(settings, out, once=once)
        else:
            _work(settings, out, role, once=once)


def _work(settings: "Settings", out: Out, role: Role | None, *, once: bool) -> None:
    import os
    from contextlib import ExitStack

    from anzheng.desk import open_desk
    from anzheng.flows.trust import check_address
    from anzheng.jobs import LANES, ROLE_LANES, ask_for_lists, make_worker
    from anzheng.wiring import open_installation
    from anzheng.worker import run_together

    with ExitStack() as stack:
        installation = stack.enter_context(open_installation(settings, role=role))
        base = installation.base
        check_address(settings, base.trust_folder, now=base.clock.now())
        lanes = LANES if role is None else ROLE_LANES[role]
        workers = [
            make_worker(installation, f"worker-{os.getpid()}-{number}", topics=topics)
            for number, topics in enumerate(lanes)
        ]
        ask_for_lists(installation.base.store, installation.base.clock, role)
        if once:
            rounds = sum(each.drain() for each in workers)
            out.say({"rounds": rounds}, [f"{rounds} jobs"])
            return
        if role is Role.SIGNER:
            url = stack.enter_context(open_desk(installation))
            out.say({"desk": url}, [f"desk at {url} (Ctrl-C ends)"])
        run_together(workers, _stopping(), settings.worker_poll_seconds, _beat(settings))
        out.say({"stopped": True}, ["stopped"])


def _confirm(settings: "Settings", out: Out, *, once: bool) -> None:
    from anzheng.confirming import open_confirming, run

    with open_confirming(settings) as confirming:
        if once:
            left = confirming.step()
            out.say({"left": left}, [f"{left} under way"])
            return
        run(confirming, _stopping(), settings.worker_poll_seconds, _beat(settings))
        out.say({"stopped": True}, ["stopped"])


def _beat(settings: "Settings") -> "Callable[[], None]":
    """Return what shows a health check that the process lives."""
    from pathlib import Path

    return Path(settings.heartbeat).touch if settings.heartbeat else lambda: None


def _stopping() -> "threading.Event":
    """Return what is set when somebody ends the process."""
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
