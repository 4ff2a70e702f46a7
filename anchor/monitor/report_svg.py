"""The report as one SVG: three panels over one axis of time. Text and shapes only, nothing loaded.

Colours are told apart without red and green alone (Okabe and Ito), and every one has at least 3:1
against white; words have more.

Standard: SVG 1.1; WCAG 2.2, 1.4.3 and 1.4.11.
"""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from html import escape
from math import ceil, log10
from typing import Final

from anchor.monitor.alarms import KeptAlarm
from anchor.monitor.report import Bars, Report
from anchor.monitor.report_words import STATUS, code_word, minute
from licence.errors import Code

WIDTH: Final = 1120
_LEFT, _RIGHT, _TOP = 250, 40, 96
_BARS: Final = 120
_GAP: Final = 66
_ROW: Final = 30
_LEGEND: Final = 68
_NAME: Final = 16
_TICKS: Final = 4
_INK, _QUIET, _GRID = "#1b1b1b", "#4a4a4a", "#d5d5d5"
_BATCH: Final = "#0b5c8e"
_OPEN, _OVER = "#a8320a", "#6b6b6b"
_COLOURS: Final = {
    "none": "#2f7d32",
    "suspended": "#9a6a00",
    "superseded": "#0b5c8e",
    "cancelled": "#595959",
    "withdrawn": "#7a4fa3",
    "revoked": "#a8320a",
    "rescinded": "#8b1a5c",
}
FONT: Final = "Anzheng Report"
"""Name of the font that the report carries along."""
_FONTS: Final = f"'{FONT}','Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei',sans-serif"


def svg_picture(report: Report, font: bytes = b"") -> str:
    """Return the picture.

    Args:
        report: What it shows.
        font: WOFF font to carry along, for machines without a Chinese one.
    """
    rows = _rows(report.alarms)
    tops = [_TOP + at * (_BARS + _GAP) for at in range(4)]
    # The names of the statuses stand beneath each other and may need more room than the bars.
    tops[3] = max(tops[3], tops[2] + _LEGEND + len(report.statuses) * _NAME + 44)
    height = tops[3] + max(len(rows), 1) * _ROW + 50
    parts = [
        *_head(report, height, font),
        *_panel(tops[0], "上链批次", "Batches anchored", (report.batches,), report),
        *_panel(tops[1], "批次内证照", "Licences in them", (report.licences,), report),
        *_panel(tops[2], "状态变更", "Changes of status", report.statuses, report),
        *_legend(tops[2], report.statuses),
        *_alarm_panel(tops[3], rows, report),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _head(report: Report, height: int, font: bytes) -> Iterator[str]:
    title = f"监测报告 {report.registry}"
    looked = "从未" if report.last_pass is None else minute(report.last_pass)
    open_ = sum(each.closed_at is None for each in report.alarms)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" lang="zh-CN" font-family="{_FONTS}">'
    )
    yield f"<title>{escape(title)}</title>"
    if font:
        yield f"<style>{font_face(font)}</style>"
    yield f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    yield _text(_LEFT, 40, f"{title}  Monitor report", 22, weight="600")
    said = f"未消除告警 {open_} 项 open alarms · 最近一次监测 last pass {looked} UTC"
    yield _text(_LEFT, 66, said, 14, colour=_OPEN if open_ else _QUIET)


def font_face(font: bytes) -> str:
    """Return the style rule that brings a font along."""
    data = b64encode(font).decode("ascii")
    return f"@font-face{{font-family:'{FONT}';src:url(data:font/woff;base64,{data})}}"


def _panel(
    top: int, chinese: str, english: str, series: Sequence[Bars], report: Report
) -> Iterator[str]:
    bottom, count = top + _BARS, len(report.starts)
    totals = [sum(bars.values[at] for bars in series) for at in range(count)]
    most = _round_up(max(totals, default=0))
    yield _text(24, top + 16, chinese, 16, weight="600")
    yield _text(24, top + 36, english, 13, colour=_QUIET)
    yield _text(24, top + 58, f"共 total {sum(totals):,}", 13, colour=_QUIET)
    for tick in range(_TICKS + 1):
        y = bottom - _BARS * tick / _TICKS
        yield _line(_LEFT, y, WIDTH - _RIGHT, y, _GRID)
        yield _text(_LEFT - 10, y + 4, f"{most * tick // _TICKS:,}", 12, anchor="end")
    width = (WIDTH - _LEFT - _RIGHT) / count
    for at in range(count):
        y = float(bottom)
        for bars in series:
            height = _BARS * bars.values[at] / most
            y -= height
            if bars.values[at]:
                yield _bar(_LEFT + at * width, y, width, height, bars, report.starts[at], at)
    yield from _axis(bottom, report)


def _bar(x: float, y: float, width: float, height: float, bars: Bars, start: date, at: int) -> str:
    word = STATUS.get(bars.name)
    said = f"{start.isoformat()} {word[0] + ' ' + word[1] if word else ''} {bars.values[at]:,}"
    inset = min(width * 0.12, 3)
    return (
        f'<rect x="{x + inset:.1f}" y="{y:.1f}" width="{width - 2 * inset:.1f}"'
        f' height="{max(height, 1):.1f}" fill="{_COLOURS.get(bars.name, _BATCH)}">'
        f"<title>{escape(said)}</title></rect>"
    )


def _legend(top: int, series: Sequence[Bars]) -> Iterator[str]:
    for row, bars in enumerate(series):
        chinese, english = STATUS[bars.name]
        y = top + _LEGEND + row * _NAME
        yield f'<rect x="24" y="{y}" width="12" height="12" fill="{_COLOURS[bars.name]}"/>'
        yield _text(42, y + 11, f"{chinese} {english} {sum(bars.values):,}", 12)


def _alarm_panel(
    top: int, rows: Sequence[tuple[Code, Sequence[KeptAlarm]]], report: Report
) -> Iterator[str]:
    yield _text(24, top - 22, "告警", 16, weight="600")
    yield _text(64, top - 22, "Alarms", 13, colour=_QUIET)
    yield _mark(_LEFT, top - 27, filled=True)
    yield _text(_LEFT + 12, top - 22, "未消除 open", 12)
    yield _mark(_LEFT + 120, top - 27, filled=False)
    yield _text(_LEFT + 132, top - 22, "已消除或已确认 over or acknowledged", 12)
    bottom = top + max(len(rows), 1) * _ROW
    for at, (code, alarms) in enumerate(rows):
        y = top + at * _ROW + _ROW / 2
        yield _text(24, y - 1, code_word(code), 13, weight="600")
        yield _text(24, y + 12, code.value, 10, colour=_QUIET)
        yield _line(_LEFT, y, WIDTH - _RIGHT, y, _GRID)
        for kept in alarms:
            yield from _alarm(kept, y, report)
    if not rows:
        yield _text(_LEFT, top + _ROW / 2, "没有告警 none", 14, colour=_QUIET)
    yield from _axis(bottom, report)


def _alarm(kept: KeptAlarm, y: float, report: Report) -> Iterator[str]:
    is_open = kept.closed_at is None
    begin, end = _x(kept.first_at, report), _x(kept.closed_at or report.now, report)
    colour = _OPEN if is_open else _OVER
    if end - begin > 1:
        yield _line(begin, y, end, y, colour, 4)
    said = f"{kept.alarm.code.value} {kept.alarm.message} {minute(kept.first_at)}"
    yield f"<g><title>{escape(said)}</title>{_mark(begin, y, filled=is_open)}</g>"


def _rows(alarms: Sequence[KeptAlarm]) -> list[tuple[Code, list[KeptAlarm]]]:
    by_code: dict[Code, list[KeptAlarm]] = {}
    for kept in alarms:
        by_code.setdefault(kept.alarm.code, []).append(kept)
    return sorted(by_code.items(), key=lambda row: (row[1][0].first_at, row[0].value))


def _axis(bottom: float, report: Report) -> Iterator[str]:
    yield _line(_LEFT, bottom, WIDTH - _RIGHT, bottom, _INK)
    every = ceil(len(report.starts) / 10)
    width = (WIDTH - _LEFT - _RIGHT) / len(report.starts)
    for at in range(0, len(report.starts), every):
        x = _LEFT + at * width
        yield _line(x, bottom, x, bottom + 5, _INK)
        yield _text(x, bottom + 20, report.starts[at].isoformat(), 11, colour=_QUIET)


def _x(moment: datetime, report: Report) -> float:
    part = (moment - report.begin) / (report.end - report.begin)
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * min(max(part, 0), 1)


def _round_up(value: int) -> int:
    """Return the next number that can be divided into ticks and reads well."""
    if value <= _TICKS:
        return _TICKS
    step = 10 ** int(log10(value / _TICKS))
    ladder = [int(factor * step * _TICKS) for factor in (1, 2, 3, 5, 10)]
    return next(each for each in ladder if each >= value)


def _mark(x: float, y: float, *, filled: bool) -> str:
    fill, edge = (_OPEN, _OPEN) if filled else ("#ffffff", _OVER)
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{edge}" stroke-width="2"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"'
        f' stroke-width="{width}"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    size: int,
    *,
    colour: str = _INK,
    weight: str = "400",
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}"'
        f' text-anchor="{anchor}">{escape(text)}</text>'
    )
