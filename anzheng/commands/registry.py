"""`anzheng registry`: what the public registry serves, as static files."""

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import JsonFlag, Out, answering, public_settings_of
from licence.error_words import in_both
from licence.errors import AnzhengError

if TYPE_CHECKING:
    from anzheng.flows.export_registry import Exported

app = typer.Typer(help="登记库 Registry: export what is public.", no_args_is_help=True)


@app.callback()
def registry() -> None:
    """登记库 Registry: export what is public."""


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="What a web server serves; made if absent.")],
    *,
    look_ups: Annotated[
        bool,
        typer.Option(
            "--look-ups/--no-look-ups",
            help="Whether the data of licences goes with it, or what verifiers need only.",
        ),
    ] = True,
    anew: Annotated[bool, typer.Option("--anew", help="Write everything again.")] = False,
    every: Annotated[
        int, typer.Option(min=0, help="Again after so many seconds, until interrupted; 0: once.")
    ] = 0,
    as_json: JsonFlag = False,
) -> None:
    """导出 Write everything that the registry serves as files, for nginx or a CDN.

    The addresses are those of the server: `anzheng verify --registry URL` takes either. Only what
    changed since the last time is written.

    Example: anzheng registry export /srv/registry --every 30
    """
    from anzheng.clock import SystemClock
    from anzheng.flows.export_registry import Sources, export_registry
    from anzheng.registry import create_registry, open_registry
    from verifier.service.answers import encoded

    settings = public_settings_of(context)
    with answering(as_json=as_json) as out, open_registry(settings, SystemClock()) as parts:
        schema = encoded(create_registry(parts).openapi())
        sources = Sources(
            parts.store,
            parts.clock,
            parts.trust_folder,
            parts.log_folder,
            settings.public_folder / "pki",
        )

        def once(*, all_of_it: bool) -> None:
            done = export_registry(
                sources, folder, schema=schema, look_ups=look_ups, anew=all_of_it
            )
            _say(out, done, folder)

        once(all_of_it=anew)
        if every:
            _repeat(every, lambda: once(all_of_it=False))


def _repeat(seconds: int, work: Callable[[], None]) -> None:
    """Work again and again until somebody ends it; what fails for a while is told and goes on."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(seconds):
        try:
            work()
        except AnzhengError as error:
            sys.stderr.write(f"{error.code.value}: {in_both(error.code, error.message)}\n")


def _say(out: Out, done: "Exported", folder: Path) -> None:
    value = {"licences": done.licences, "written": done.files.written, "kept": done.files.kept}
    line = f"{done.files.written} files written, {done.files.kept} kept in {folder}"
    out.say(value, [line])
