"""The report as one page: the picture, and beneath it in words what it shows. Loads nothing.

Standard: HTML; WCAG 2.2 AA (a table says what the picture shows).
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from anchor.monitor.alarms import KeptAlarm
from anchor.monitor.report import Report
from anchor.monitor.report_words import STATUS, code_word, minute

MOST_ALARMS: Final = 500
"""Most alarms in the table, the newest; the state file has them all."""

_STYLE: Final = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 1120px; padding: 16px; color: #1b1b1b; background: #ffffff;
  font: 16px/1.5 'Anzheng Report','Noto Sans SC','Noto Sans CJK SC','Microsoft YaHei',
  'PingFang SC',sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.en { color: #4a4a4a; font-weight: 400; }
figure { margin: 0; overflow-x: auto; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { border-bottom: 1px solid #b5b5b5; padding: 6px 8px; text-align: left;
  vertical-align: top; }
td.facts { overflow-wrap: anywhere; min-width: 16rem; }
code { font-size: .8125rem; overflow-wrap: anywhere; }
code.word { white-space: nowrap; }
.open { color: #a8320a; font-weight: 600; }
.good { color: #1f6b2b; font-weight: 600; }
"""


def html_page(report: Report, picture: str) -> str:
    """Return the page.

    Args:
        report: What it shows.
        picture: The same as SVG; the page uses the font that it carries.
    """
    parts = [
        '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>监测报告 {escape(report.registry)}</title>",
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>监测报告 {escape(report.registry)} {_en('Monitor report')}</h1>",
        *_summary(report),
        f"<figure>{picture}</figure>",
        *_alarms(report.alarms),
        *_contracts(report),
        *_logs(report),
        *_numbers(report),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _summary(report: Report) -> Iterator[str]:
    open_ = sum(each.closed_at is None for each in report.alarms)
    kind = "open" if open_ else "good"
    said = f"未消除告警 {open_} 项" if open_ else "没有未消除的告警"
    yield f'<p class="{kind}">{said} {_en(f"{open_} open alarms")}</p>'
    looked = "从未 never" if report.last_pass is None else minute(report.last_pass)
    yield (
        f"<p>最近一次监测 {_en('last pass')} {looked} UTC · 信任包版本 {_en('trust bundle')}"
        f" {report.bundle_version} · 报告时间 {_en('report made')} {minute(report.now)} UTC</p>"
    )


def _alarms(alarms: Sequence[KeptAlarm]) -> Iterator[str]:
    yield f"<h2>告警 {_en('Alarms')}</h2>"
    if not alarms:
        yield f"<p>没有 {_en('none')}</p>"
        return
    ordered = sorted(alarms, key=lambda each: (each.closed_at is not None, -_seconds(each)))
    rows = [_alarm(each) for each in ordered[:MOST_ALARMS]]
    heads = (
        ("状态", "State"),
        ("代码", "Code"),
        ("说明", "What"),
        ("发证机关", "Authority"),
        ("区块", "Block"),
        ("首次", "First"),
        ("编号与细节", "Id and facts"),
    )
    yield _table("告警一览 List of alarms", heads, rows)


def _alarm(kept: KeptAlarm) -> Sequence[str]:
    alarm = kept.alarm
    state = (
        '<span class="open">未消除 open</span>'
        if kept.closed_at is None
        else f"已消除 over {minute(kept.closed_at)}"
    )
    facts = "; ".join(f"{name} {value}" for name, value in alarm.facts if value is not None)
    return (
        state,
        f'<code class="word">{alarm.code.value}</code>',
        f"{escape(code_word(alarm.code))}<br>{_en(escape(alarm.message))}",
        f'<code class="word">{escape(alarm.authority or "")}</code>',
        "" if alarm.block is None else str(alarm.block),
        minute(kept.first_at),
        f"<code>{alarm.id}</code><br><code>{escape(facts)}</code>",
    )


def _contracts(report: Report) -> Iterator[str]:
    yield f"<h2>合约 {_en('Contracts')}</h2>"
    heads = (
        ("合约", "Contract"),
        ("已核验区块", "Verified block"),
        ("区块时间", "Block time"),
        ("历史条目", "Entries"),
        ("批次", "Batches"),
        ("历史摘要", "Head"),
    )
    rows = [
        (
            f"<code>{escape(each.contract)}</code>",
            str(each.block_number),
            minute(each.block_time),
            str(each.sequence),
            str(each.batches),
            f"<code>{each.head.hex()}</code>",
        )
        for each in report.contracts
    ]
    yield _table("各合约核验进度 How far each contract is verified", heads, rows)


def _logs(report: Report) -> Iterator[str]:
    yield f"<h2>公开日志 {_en('Public logs')}</h2>"
    heads = (("发证机关", "Authority"), ("条目", "Records"), ("最近见证", "Last witnessed"))
    rows = [
        (
            f"{escape(authority.name)}<br><code>{escape(authority.id)}</code>",
            "—" if seen is None else str(seen.size),
            "—" if seen is None or seen.cosigned_at is None else minute(seen.cosigned_at),
        )
        for authority, seen in report.logs
    ]
    yield _table("各机关日志 The log of each authority", heads, rows)


def _numbers(report: Report) -> Iterator[str]:
    yield f"<h2>数字 {_en('Numbers')}</h2>"
    heads = [("日期起", "From"), ("批次", "Batches"), ("证照", "Licences")]
    heads += [STATUS[bars.name] for bars in report.statuses]
    rows = []
    for at, start in enumerate(report.starts):
        values = [report.batches.values[at], report.licences.values[at]]
        values += [bars.values[at] for bars in report.statuses]
        if any(values):
            rows.append((start.isoformat(), *(f"{value:,}" for value in values)))
    what = f"每 {report.days} 天 Every {report.days} days"
    yield _table(what, heads, rows)


def _table(caption: str, heads: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{zh} {_en(en)}</th>' for zh, en in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><caption class="en">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _en(text: str) -> str:
    return f'<span class="en" lang="en">{text}</span>'


def _seconds(kept: KeptAlarm) -> float:
    return kept.first_at.timestamp()
