"""`anzheng alarms`: what is wrong and not over yet."""

import typer

from anzheng.commands.common import EXIT_FAILED, JsonFlag, answering, settings_of
from licence.error_words import in_both


def alarms(context: typer.Context, *, as_json: JsonFlag = False) -> None:
    """告警 Show every alarm that is not over; docs/anchoring.md and docs/nodes.md say what to do.

    Exit code 0 when there is none, else 1.

    Example: anzheng alarms --json
    """
    from anzheng.wiring import open_store_base

    with answering(as_json=as_json) as out, open_store_base(settings_of(context)) as base:
        with base.store.read() as unit:
            found = unit.alarms.all()
        out.say(
            [
                {
                    "about": each.key,
                    "code": each.code.value,
                    "since": each.since.isoformat(timespec="seconds"),
                    "message": each.message,
                }
                for each in found
            ],
            [
                f"{each.since:%Y-%m-%d %H:%M}Z {each.code.value} {each.key}: "
                f"{in_both(each.code, each.message)}"
                for each in found
            ]
            or ["no alarms"],
        )
        if found:
            raise typer.Exit(EXIT_FAILED)
