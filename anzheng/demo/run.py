"""Runs the demo: makes the world, tells the chapters in order, keeps everything in one folder."""

from pathlib import Path
from time import perf_counter

from rich.console import Console

from anzheng import wiring
from anzheng.api import create_app
from anzheng.demo import chapters_change, chapters_check, chapters_issue
from anzheng.demo.story import Story
from anzheng.demo.world import World, clean, demo_settings, free_port, sample_rows
from anzheng.server import serving
from anzheng.trial import set_up_in, specs_of

CHAPTERS = (
    chapters_issue.authorities,
    chapters_issue.rosters,
    chapters_issue.release,
    chapters_issue.issue,
    chapters_check.hold,
    chapters_check.check,
    chapters_change.change,
    chapters_change.survive,
)


def tell(folder: Path, console: Console) -> Story:
    """Tell the whole story; what it leaves behind lies in `folder`.

    Raises:
        AnzhengError: When the story cannot go on at all; a verdict that is not as expected is no
            error, it stands in the table.
    """
    story = Story(console)
    started = perf_counter()
    console.print("[bold]安证 anzheng · 演示 demo[/] · 示例, 无法律效力 sample, no legal effect")
    clean(folder)
    settings = demo_settings(folder, free_port())
    with wiring.open_base(settings) as base:
        rows = sample_rows("roster.json", base.clock.now())
        set_up_in(base, specs_of(rows))
        with wiring.attach(base) as installation:
            app = create_app(installation.api_parts())
            with serving(app, settings.listen_host, settings.listen_port) as url:
                world = World(folder, story, installation, url, rows)
                for chapter in CHAPTERS:
                    chapter(world)
                world.tidy_trust()
    story.table()
    seconds = perf_counter() - started
    verdict = "[green]一切如预期 all as expected[/]" if story.as_expected else "[red]不如预期[/]"
    console.print(f"{verdict} · {seconds:.1f} s · {folder}")
    return story


def as_json(story: Story) -> dict[str, object]:
    """Return the table as JSON."""
    return {
        "as_expected": story.as_expected,
        "scenes": [
            {
                "chapter": scene.chapter,
                "zh": scene.zh,
                "en": scene.en,
                "expected": scene.expected,
                "found": scene.found,
                "seconds": round(scene.seconds, 3),
            }
            for scene in story.scenes
        ],
    }
