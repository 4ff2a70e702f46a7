"""`anzheng monitor`: watch an authority's chain, log and lists, from inside or from outside.

Exit codes of a pass: 0 nothing is wrong, 1 an alarm is open, 2 no alarm, but something could not be
looked at, 3 wrong usage.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from anzheng.commands.common import JsonFlag, Out, answering, settings_of
from licence.error_words import in_both
from licence.errors import AnzhengError

if TYPE_CHECKING:
    from anchor.monitor.memory import SqliteMemory
    from anzheng.monitor_metrics import MetricsOut
    from anzheng.monitoring import Watchman
    from anzheng.settings import Settings

EXIT_UNCHECKED = 2

app = typer.Typer(help="监测 Watch chain, logs and lists.", no_args_is_help=False)

StateOption = Annotated[
    Path | None, typer.Option(help="状态文件 State file; in the data folder unless named.")
]
TrustOption = Annotated[
    Path | None, typer.Option(help="信任文件夹 Trust folder, or a trust bundle alone.")
]
RegistryOption = Annotated[str, typer.Option(help="登记库 Which registry of the trust bundle.")]
Hours = Annotated[float, typer.Option(min=0)]


@app.callback(invoke_without_command=True)
def monitor(  # noqa: PLR0913 - one argument for each option
    context: typer.Context,
    *,
    trust: TrustOption = None,
    rpc: Annotated[
        list[str] | None, typer.Option(help="节点 URL of a chain node; several are compared.")
    ] = None,
    log: Annotated[
        str, typer.Option(help="公开日志 Folder or URL (…/log) of the public logs.")
    ] = "",
    database: Annotated[
        str, typer.Option(help="本机关数据库 The authority's own database, or `own`.")
    ] = "",
    registry: RegistryOption = "",
    state: StateOption = None,
    finality: Annotated[str, typer.Option(help="qbft, depth:N or pos.")] = "",
    watch: Annotated[Path | None, typer.Option(help="关注文件 Watch file of enterprises.")] = None,
    once: Annotated[bool, typer.Option("--once", help="One pass; so without --every.")] = False,
    every: Annotated[float, typer.Option(min=0, help="Seconds between passes, for ever.")] = 0,
    metrics: Annotated[Path | None, typer.Option(help="Write Prometheus text there.")] = None,
    listen: Annotated[str, typer.Option(help="Serve /metrics at host:port.")] = "",
    manifest_hours: Hours = 1,
    log_hours: Hours = 1,
    checkpoint_hours: Hours = 168,
    list_hours: Hours = 2,
    live_twice_hours: Hours = 72,
    register_hours: Hours = 24,
    chain_minutes: Hours = 0,
    as_json: JsonFlag = False,
) -> None:
    """监测 Look once, or every so many seconds, and say what is wrong.

    Example: anzheng monitor --trust trust/ --rpc https://node.example --log https://r.example/log
    """
    if context.invoked_subcommand is not None:
        return
    from anchor.monitor.alarms import MonitorPolicy
    from anzheng.clock import SystemClock
    from anzheng.monitor_metrics import MetricsOut
    from anzheng.monitoring import MonitorOptions, open_watchman

    policy = MonitorPolicy(
        manifest=timedelta(hours=manifest_hours),
        log=timedelta(hours=log_hours),
        checkpoint=timedelta(hours=checkpoint_hours),
        lists=timedelta(hours=list_hours),
        live_twice=timedelta(hours=live_twice_hours),
        register=timedelta(hours=register_hours),
        silence=timedelta(minutes=chain_minutes),
    )
    with _looking(as_json=as_json) as out:
        settings = settings_of(context)
        options = MonitorOptions(
            trust=trust or settings.data_dir / "trust",
            state=state or default_state(settings),
            rpc=tuple(rpc or ()),
            log=log or _own_log(settings),
            database=database,
            registry=registry,
            finality=finality or settings.chain_finality,
            watch=watch,
            policy=policy,
        )
        with (
            open_watchman(settings, options, SystemClock()) as watchman,
            closing(MetricsOut(metrics, listen)) as shown,
        ):
            code = _passes(watchman, out, shown, 0 if once else every)
    raise typer.Exit(code)


@app.command()
def acknowledge(
    context: typer.Context,
    alarms: Annotated[
        list[str] | None, typer.Argument(help="Ids of alarms, as a pass prints them.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All events; conditions end by themselves.")
    ] = False,
    trust: TrustOption = None,
    registry: RegistryOption = "",
    state: StateOption = None,
    as_json: JsonFlag = False,
) -> None:
    """确认 Say that a person has seen these alarms.

    Example: anzheng monitor acknowledge 3f0c2a5d9b7e1c44
    """
    from anzheng.clock import SystemClock
    from licence.errors import Code

    with answering(as_json=as_json) as out:
        if bool(alarms) is everything:
            raise AnzhengError(Code.REQUEST_INVALID, "name alarms, or --all")
        memory = _memory(settings_of(context), trust, registry, state)
        with closing(memory), memory.step() as step:
            count = step.acknowledge(alarms or None, SystemClock().now())
        out.say({"acknowledged": count}, [f"{count} acknowledged"])


@app.command()
def report(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where monitor.svg and monitor.html go.")],
    *,
    trust: TrustOption = None,
    registry: RegistryOption = "",
    state: StateOption = None,
    as_json: JsonFlag = False,
) -> None:
    """监测图 Draw batches, changes of status and alarms over time.

    Example: anzheng monitor report var/report
    """
    from anchor.monitor.report import read_report
    from anchor.monitor.report_html import html_page
    from anchor.monitor.report_svg import svg_picture
    from anzheng.clock import SystemClock
    from anzheng.files import write_durably
    from anzheng.monitoring import choose_registry, read_trust
    from signer.web_font import web_font

    with answering(as_json=as_json) as out:
        settings = settings_of(context)
        now = SystemClock().now()
        place = state or default_state(settings)
        bundle, _ = read_trust(trust or settings.data_dir / "trust", place, now)
        memory = _memory(settings, trust, registry, state)
        with closing(memory):
            drawn = read_report(memory, bundle, choose_registry(bundle, registry), now)
        # Drawn twice: which characters the font needs, only the drawing says.
        font = web_font(html_page(drawn, svg_picture(drawn)))
        picture = svg_picture(drawn, font)
        files = {"monitor.svg": picture, "monitor.html": html_page(drawn, picture)}
        for name, text in files.items():
            write_durably(folder / name, text.encode())
        paths = [str(folder / name) for name in files]
        out.say({"files": paths}, paths)


def default_state(settings: "Settings") -> Path:
    """Return where the state file is unless one is named."""
    return settings.data_dir / "monitor" / "state.sqlite3"


def _own_log(settings: "Settings") -> str:
    """Return the folder of our own public logs; nothing where there is none."""
    own = settings.data_dir / "public" / "log"
    return str(own) if own.is_dir() else ""


@contextmanager
def _looking(*, as_json: bool) -> Iterator[Out]:
    """As `answering`, but that what stops the monitor is 2: nothing could be looked at."""
    out = Out(as_json)
    try:
        yield out
    except AnzhengError as error:
        _tell(out, error)
        raise typer.Exit(EXIT_UNCHECKED) from error


def _passes(watchman: "Watchman", out: Out, shown: "MetricsOut", every: float) -> int:
    """Run one pass and return its exit code; or pass after pass, until a signal ends it."""
    if not every:
        return _pass(watchman, out, shown)
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    code = 0
    while not stop.is_set():
        try:
            code = _pass(watchman, out, shown)
        except AnzhengError as error:
            # A trust folder that is just being replaced, a full disk: the next pass may do better.
            _tell(out, error)
            code = EXIT_UNCHECKED
        stop.wait(every)
    return code


def _pass(watchman: "Watchman", out: Out, shown: "MetricsOut") -> int:
    from anchor.monitor.metrics import metrics
    from anchor.monitor.show import json_lines, text_lines

    outcome = watchman.look()
    _print(json_lines(outcome) if out.as_json else text_lines(outcome))
    shown.show(metrics(outcome))
    return outcome.exit_code


def _tell(out: Out, error: AnzhengError) -> None:
    from licence.formats.canonical import dumps

    if out.as_json:
        facts = dict(error.facts)
        line = {"kind": "error", "code": error.code.value, "message": error.message, "facts": facts}
        _print([dumps(line).decode()])
    else:
        sys.stderr.write(f"{error.code.value}: {in_both(error.code, error.message)}\n")


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _memory(
    settings: "Settings", trust: Path | None, registry: str, state: Path | None
) -> "SqliteMemory":
    from anchor.chain.events import fast_keccak
    from anchor.monitor.memory import SqliteMemory
    from anzheng.clock import SystemClock
    from anzheng.monitoring import choose_registry, read_trust
    from licence.errors import Code

    place = state or default_state(settings)
    if not place.exists():
        raise AnzhengError(Code.NOT_FOUND, f"there is no state file {place}; run a pass first")
    folder = trust or settings.data_dir / "trust"
    bundle, _ = read_trust(folder, place, SystemClock().now())
    return SqliteMemory(place, choose_registry(bundle, registry).id, fast_keccak)
