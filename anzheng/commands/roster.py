"""`anzheng import`: bring an approved roster in."""

from pathlib import Path
from typing import Annotated

import typer

from anzheng.commands.common import EXIT_FAILED, JsonFlag, answering, read_file, settings_of
from licence.error_words import in_both


def import_(
    context: typer.Context,
    roster: Annotated[Path, typer.Argument(help="名册 Roster: a JSON array or JSON lines.")],
    *,
    profile: Annotated[
        str | None,
        typer.Option(help="Profile of the rows that name none, such as seed-a3 or cn-a4p/2."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """导入名册 Import a roster: good rows go on, bad rows say row, field and code.

    Importing the same roster again changes nothing. Exit code 1 when a row was refused.

    Example: anzheng import samples/roster.json --dry-run
    """
    from anzheng.flows.prepare import Outcome
    from anzheng.flows.profiles import profile as find_profile
    from anzheng.flows.profiles import with_profile
    from anzheng.flows.roster import read_roster
    from anzheng.wiring import open_store_base

    with answering(as_json=as_json) as out, open_store_base(settings_of(context)) as base:
        template = None if profile is None else find_profile(profile)
        rows = with_profile(read_roster(read_file(roster)), template, all_rows=False)
        result = base.preparer().import_roster(rows, dry_run=dry_run)
        counts = {outcome.value: result.count(outcome) for outcome in Outcome}
        out.say(
            {
                "counts": counts,
                "rows": [
                    {
                        "row": row.row,
                        "outcome": row.outcome.value,
                        "licence_no": row.licence_no,
                        "version": row.version,
                        "diff": list(row.diff),
                    }
                    for row in result.rows
                ],
                "problems": [
                    {
                        "row": problem.row,
                        "field": problem.field,
                        "code": problem.code.value,
                        "message": problem.message,
                    }
                    for problem in result.problems
                ],
            },
            [
                *(
                    f"第 {problem.row} 行 row {problem.field}: {problem.code.value} "
                    f"{in_both(problem.code, problem.message)}"
                    for problem in result.problems
                ),
                *(
                    f"row {row.row} {row.licence_no}: changed {', '.join(row.diff)}"
                    for row in result.rows
                    if row.diff
                ),
                " · ".join(f"{name} {count}" for name, count in counts.items()),
            ],
        )
        if result.problems:
            raise typer.Exit(EXIT_FAILED)
