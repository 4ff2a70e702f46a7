"""The report, the metrics and the lines of a pass."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from anchor.chain_ports import Right
from anchor.events import AccountSet, Paused
from anchor.monitor.metrics import metrics
from anchor.monitor.report import Report, read_report
from anchor.monitor.report_html import html_page
from anchor.monitor.report_svg import svg_picture
from anchor.monitor.report_words import CODES, STATUS
from anchor.monitor.show import json_lines, text_lines
from licence.domain.status import StatusWord
from licence.errors import Code
from tests.fakes.monitored import STRANGER, World, item

SVG = "{http://www.w3.org/2000/svg}"
REMOTE = re.compile(r"(?:src|href)=|url\((?!data:font/woff)|@import|<script", re.IGNORECASE)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world in which a good deal has happened."""
    world = World(tmp_path)
    for day in range(5):
        world.anchor(*(item(10 * day + at, 10 * day + at) for at in range(day + 1)))
        world.set_status(StatusWord.SUSPENDED, 10 * day)
        world.tidy()
        world.look()
        world.later(days=1)
    world.emit(AccountSet, subject=STRANGER, rights=Right.ANCHOR)
    world.emit(Paused, paused=True)
    world.tidy()
    world.look()
    return world


def report_of(world: World) -> Report:
    with world.memory() as memory:
        return read_report(memory, world.bundle, world.bundle.registries[0], world.clock.now())


def test_report_counts_what_happened(world: World) -> None:
    report = report_of(world)
    assert sum(report.batches.values) == 5
    assert sum(report.licences.values) == 15
    assert [(bars.name, sum(bars.values)) for bars in report.statuses] == [("suspended", 5)]
    assert {kept.alarm.code for kept in report.alarms} == {
        Code.ACCOUNT_UNKNOWN,
        Code.CONTRACT_ROLE_CHANGED,
        Code.CONTRACT_PAUSED,
    }
    assert report.days == 1
    assert report.licences.values[-6:] == (1, 2, 3, 4, 5, 0)


def test_picture_is_svg_that_loads_nothing(world: World) -> None:
    report = report_of(world)
    picture = svg_picture(report, b"font")
    assert not REMOTE.search(picture)
    root = ET.fromstring(picture)  # noqa: S314 - our own
    titles = [title.text for title in root.iter(f"{SVG}title")]
    drawn = [title for title in titles if title and "暂扣 suspended 1" in title]
    assert len(drawn) == 5, "a bar for each day"
    assert len(list(root.iter(f"{SVG}circle"))) == 2 + len(report.alarms)
    assert svg_picture(report, b"font") == picture


def test_page_says_in_words_what_the_picture_shows(world: World) -> None:
    report = report_of(world)
    page = html_page(report, svg_picture(report))
    assert not REMOTE.search(page)
    assert page.startswith('<!DOCTYPE html>\n<html lang="zh-CN">')
    for kept in report.alarms:
        assert kept.alarm.id in page
        assert CODES[kept.alarm.code] in page


def test_names_from_outside_are_text_and_nothing_else(world: World) -> None:
    report = report_of(world)
    ((authority, seen),) = report.logs

    evil = replace(report, logs=((replace(authority, name="<script>alert(1)</script>"), seen),))
    assert "<script>" not in html_page(evil, svg_picture(evil))


@pytest.mark.parametrize(("days", "step"), [(30, 1), (200, 7), (1_500, 28), (8_000, 91)])
def test_long_histories_are_drawn_in_longer_steps(tmp_path: Path, days: int, step: int) -> None:
    world = World(tmp_path)
    world.anchor(item(1, 1))
    world.tidy()
    world.look()
    world.clock.advance(timedelta(days=days))
    report = report_of(world)
    assert report.days == step
    assert sum(report.batches.values) == 1
    ET.fromstring(svg_picture(report))  # noqa: S314 - our own


def test_nothing_that_ever_happened_is_a_report_too(tmp_path: Path) -> None:
    report = report_of(World(tmp_path))
    assert report.last_pass is None
    assert "没有告警" in svg_picture(report)


def test_every_status_and_alarm_has_chinese_words() -> None:
    assert set(STATUS) == {word.name.lower() for word in StatusWord}
    assert all(not re.search("[A-Za-z]", word) for word in CODES.values())


def test_lines_of_a_pass(world: World) -> None:
    outcome = world.look()
    lines = [json.loads(line) for line in json_lines(outcome)]
    assert [line["kind"] for line in lines] == ["alarm"] * 3 + ["pass"]
    assert lines[-1]["exit_code"] == 1
    assert lines[-1]["contracts"][0]["head"] == world.replay.head.hex()
    assert {line["id"] for line in lines[:-1]} == {kept.alarm.id for kept in outcome.open}
    text = "\n".join(text_lines(outcome))
    assert all(kept.alarm.id in text for kept in outcome.open)


def test_metrics_of_a_pass(world: World) -> None:
    text = metrics(world.look()).decode()
    assert 'anzheng_monitor_alarms{code="CONTRACT_PAUSED"} 1.0' in text
    assert "anzheng_monitor_exit_code 1.0" in text
    block = len(world.blocks) - 1
    assert re.search(rf"^anzheng_monitor_block{{contract=.*}} {block}\.0$", text, re.MULTILINE)
