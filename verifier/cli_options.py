"""The options of the command `verify`: Chinese first, then English, in four groups."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from licence.formats.holder import MAX_REQUEST_LIFE
from verifier.policy import MAX_ACCEPT_STALE_HOURS, Referee

MAX_MINUTES: Final = MAX_REQUEST_LIFE // timedelta(minutes=1)
MAX_WORKERS: Final = 64

_DATE: Final = ["%Y-%m-%d"]
_INPUTS: Final = "核验 What to verify"
_BASIS: Final = "依据 On what basis"
_PRESENTED: Final = "出示 Who presents it"
_OUTPUT: Final = "结果 Results"

Files = Annotated[
    list[Path] | None,
    typer.Argument(
        help="文件、文件夹、通配符、ZIP,或 - 表示标准输入 "
        "Files, folders, patterns, ZIP files, or - for standard input."
    ),
]
Text = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        help="二维码内容、编号或查验码 What a QR code says, a number, or a short code.",
        rich_help_panel=_INPUTS,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MAX_WORKERS,
        help="并行进程数 Child processes; as many as there are processors unless given.",
        rich_help_panel=_INPUTS,
    ),
]
Offline = Annotated[
    bool,
    typer.Option("--offline", help="不联网 Open no socket at all.", rich_help_panel=_BASIS),
]
Trust = Annotated[
    Path,
    typer.Option(help="信任文件夹 Folder of the trust repository.", rich_help_panel=_BASIS),
]
At = Annotated[
    datetime | None,
    typer.Option(
        help="查询日期 The day asked about; today unless given.",
        formats=_DATE,
        rich_help_panel=_BASIS,
    ),
]
AcceptStaleHours = Annotated[
    int,
    typer.Option(
        min=0,
        max=MAX_ACCEPT_STALE_HOURS,
        help="状态数据过期后仍可用的小时数 Hours for which an expired status list still counts.",
        rich_help_panel=_BASIS,
    ),
]
Registry = Annotated[
    str | None,
    typer.Option(help="登记库 URL of the registry.", rich_help_panel=_BASIS),
]
Rpc = Annotated[
    str | None,
    typer.Option(help="链节点 URL of a chain node.", rich_help_panel=_BASIS),
]
AskReferee = Annotated[
    Referee,
    typer.Option(help="第二意见 Whether pyHanko is asked too.", rich_help_panel=_BASIS),
]
ChainProof = Annotated[
    Path | None,
    typer.Option(
        help="链上状态证明 A status proof, as `anzheng status proof` makes it.",
        rich_help_panel=_BASIS,
    ),
]
ReportCert = Annotated[
    list[Path] | None,
    typer.Option(
        help="认可的核验方证书 Certificate of a verifier whose reports are believed.",
        rich_help_panel=_BASIS,
    ),
]
Request = Annotated[
    Path | None,
    typer.Option(help="查验请求 The request that you wrote by --ask.", rich_help_panel=_PRESENTED),
]
Presentation = Annotated[
    Path | None,
    typer.Option(help="亮证应答 The holder's answer to it.", rich_help_panel=_PRESENTED),
]
Challenge = Annotated[
    str | None,
    typer.Option(
        help="四位口令 The digits that you told the holder of a screen code.",
        rich_help_panel=_PRESENTED,
    ),
]
Recipient = Annotated[
    str | None,
    typer.Option(help="加注件对象 Whom a limited copy must be for.", rich_help_panel=_PRESENTED),
]
Ask = Annotated[
    Path | None,
    typer.Option(
        help="写出查验请求 Write a fresh request for the holder into this file.",
        rich_help_panel=_PRESENTED,
    ),
]
Audience = Annotated[str, typer.Option(help="With --ask: who asks.", rich_help_panel=_PRESENTED)]
Purpose = Annotated[
    str,
    typer.Option(
        help="用途 With --ask: what for. Else: what a screen code or copy must be for.",
        rich_help_panel=_PRESENTED,
    ),
]
Minutes = Annotated[
    int,
    typer.Option(
        min=1,
        max=MAX_MINUTES,
        help="With --ask: how long an answer is taken.",
        rich_help_panel=_PRESENTED,
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="每行一份 One JSON report a file and line.", rich_help_panel=_OUTPUT
    ),
]
Details = Annotated[
    bool | None,
    typer.Option(
        "--details/--table",
        help="逐项或汇总 Every check, or one line a file; by number unless given.",
        rich_help_panel=_OUTPUT,
    ),
]
Csv = Annotated[
    Path | None,
    typer.Option(help="表格 Write a table of the results.", rich_help_panel=_OUTPUT),
]
Report = Annotated[
    Path | None,
    typer.Option(
        help="核验报告 Write a signed report (PDF); needs --report-key.",
        rich_help_panel=_OUTPUT,
    ),
]
ReportKey = Annotated[
    Path | None,
    typer.Option(help="报告密钥 Folder made by `report-key init`.", rich_help_panel=_OUTPUT),
]
ReportPassword = Annotated[
    Path | None,
    typer.Option(help="密码文件 File with its password.", rich_help_panel=_OUTPUT),
]
ReportTsa = Annotated[
    str | None,
    typer.Option(help="时间戳 URL of a timestamp authority for it.", rich_help_panel=_OUTPUT),
]
