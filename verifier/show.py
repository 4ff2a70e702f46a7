"""A report as text for people: Chinese first, then English, every check with its facts.

All words about verdicts come from the one table; the words here name checks, states and reasons.
"""

from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.text import Text

from licence.errors import Code, Fact
from licence.formats.checks import CheckName, CheckResult, CheckState
from licence.formats.report import Report
from licence.formats.verdict import ASSURANCE_WORDS, TABLE, Verdict, Words

CHECKS: Final[Mapping[CheckName, Words]] = {
    CheckName.CONTAINER: Words("文件结构", "container"),
    CheckName.SIGNATURE: Words("签名", "signature"),
    CheckName.SIGNER: Words("发证机关", "signer"),
    CheckName.TIMESTAMP: Words("时间戳", "timestamp"),
    CheckName.DATA: Words("数据与页面", "data and page"),
    CheckName.ANCHOR: Words("链上锚定", "anchor"),
    CheckName.STATUS: Words("状态", "status"),
    CheckName.VALIDITY: Words("有效期", "validity"),
    CheckName.HOLDER: Words("持有人", "holder"),
    CheckName.COPY: Words("加注件限制", "limits of a copy"),
    CheckName.REFEREE: Words("第二意见", "second opinion"),
}
STATES: Final[Mapping[CheckState, tuple[str, Words, str]]] = {
    CheckState.PASSED: ("✓", Words("通过", "passed"), "green"),
    CheckState.FAILED: ("✗", Words("不通过", "failed"), "red"),
    CheckState.INDETERMINATE: ("?", Words("无法核验", "could not be checked"), "yellow"),
    CheckState.SKIPPED: ("-", Words("未做", "not done"), "bright_black"),
}
REASONS: Final[Mapping[Code, Words]] = {
    Code.NOT_A_LICENCE: Words("不是本系统的证照文件", "no file of this system"),
    Code.REGISTRY_UNKNOWN: Words("登记库不在信任包中", "its registry is not in the trust bundle"),
    Code.CONTAINER_APPENDED: Words("签发后文件被追加内容", "bytes were added after it was issued"),
    Code.SIGNATURE_BROKEN: Words("签名后文件被改动", "the file was changed after it was signed"),
    Code.SIGNATURE_MISSING: Words("没有签名", "there is no signature"),
    Code.SIGNER_UNTRUSTED: Words("签名人不受信任", "the signer is not trusted"),
    Code.SIGNER_REVOKED: Words("签名证书已吊销", "the signer's certificate was revoked"),
    Code.SIGNER_DISTRUSTED: Words("签名密钥已停用", "the signing key was closed before that"),
    Code.ANCHOR_ABSENT: Words("文件不含锚定证据", "the file carries no anchor evidence"),
    Code.ANCHOR_PENDING: Words("尚未锚定,请稍后再查", "not anchored yet; check again later"),
    Code.ANCHOR_OVERDUE: Words("超过 72 小时未锚定", "not anchored for more than 72 hours"),
    Code.ANCHOR_PROOF_MISMATCH: Words("锚定证据与文件不符", "the evidence is not of this file"),
    Code.UNREGISTERED: Words("登记库没有此证照", "the registry does not know it"),
    Code.STATUS_SUSPENDED: Words("已暂扣", "suspended"),
    Code.STATUS_REVOKED: Words("已吊销", "revoked"),
    Code.STATUS_RESCINDED: Words("已撤销", "rescinded"),
    Code.STATUS_WITHDRAWN: Words("已撤回", "withdrawn"),
    Code.STATUS_CANCELLED: Words("已注销", "cancelled"),
    Code.STATUS_SUPERSEDED: Words("已换发", "superseded by another version"),
    Code.STATUS_FINAL: Words("已失效", "no longer in force"),
    Code.STATUS_AGEING: Words("应有更新的状态列表", "a newer status list should exist"),
    Code.STATUS_STALE: Words(
        "状态列表已过期,请联网再查", "the status list is too old; connect and check again"
    ),
    Code.STATUS_NOT_AVAILABLE: Words("没有状态列表", "there is no status list"),
    Code.STATUS_LIST_REFUSED: Words("状态列表不可信", "the status list was refused"),
    Code.STATUS_BY_CHAIN_PROOF: Words(
        "状态由链上证明给出,以其区块时间为准", "the chain proves the status, as of its block"
    ),
    Code.CHAIN_PROOF_SYNTAX: Words("链上状态证明无法读取", "the status proof cannot be read"),
    Code.CHAIN_PROOF_REFUSED: Words("链上状态证明不成立", "the status proof does not hold"),
    Code.CHAIN_PROOF_OTHER: Words(
        "链上状态证明不涉及本证照", "the status proof says nothing about this licence"
    ),
    Code.BLOCK_SEALS: Words("区块签名不足或不可信", "the block is not sealed by who must seal it"),
    Code.VALIDATORS_NOT_PINNED: Words(
        "信任包未列明该链的验证节点", "the trust bundle names no validators of this chain"
    ),
    Code.STATUS_CONFLICT: Words("链上状态与列表不一致", "the chain contradicts the status list"),
    Code.CLOCK_SUSPECT: Words("本机时钟不准", "this device's clock looks wrong"),
    Code.TRUST_BUNDLE_OLD: Words("信任包已过期,请更新", "the trust bundle is too old; update it"),
    Code.EXPIRED: Words("已过有效期", "expired"),
    Code.NOT_YET_VALID: Words("尚未生效", "not yet valid"),
    Code.SAMPLE_LICENCE: Words("样本", "a sample"),
    Code.REFEREE_DISAGREES: Words("两种核验方法结论不同", "two ways of checking disagree"),
}
"""What a code says to somebody at a counter; codes that are not here are shown as they are."""


def show(console: Console, name: str, report: Report) -> None:
    """Print one report.

    Args:
        console: Where.
        name: What the file is called.
        report: What was found.
    """
    row = TABLE[report.verdict]
    colour = {"amber": "yellow", "grey": "bright_black"}.get(row.colour, row.colour)
    console.print(Text(printable(name), style="bold"))
    console.print(Text(f"{row.words.zh}  {row.words.en}", style=f"bold {colour}"))
    console.print(Text(f"  {_reason(report)}"))
    if report.notice is not None:
        console.print(Text(f"  {report.notice}", style="magenta"))
    for line in _licence(report):
        console.print(Text(f"  {line}"))
    for check in report.checks:
        _check(console, check)
    policy = ", ".join(f"{key}={printable(value)}" for key, value in report.policy)
    console.print(Text(f"  核验规则 policy: {policy}; 日期 on: {report.on.isoformat()}"))
    console.print()


def _reason(report: Report) -> str:
    if report.verdict is Verdict.VALID:
        words = ASSURANCE_WORDS[report.assurance]
    else:
        words = REASONS.get(report.code, Words("原因代码", "reason"))
    return f"{words.zh}  {words.en}  [{report.code.value}]"


def _licence(report: Report) -> list[str]:
    if report.licence is None:
        return []
    draft = report.licence.draft
    return [
        f"企业名称 enterprise: {draft.enterprise_name}  {draft.uscc}",
        f"编号 number: {draft.licence_no}  (v{draft.version})",
        f"发证机关 issuer: {draft.issuer}",
    ]


def _check(console: Console, check: CheckResult) -> None:
    mark, words, colour = STATES[check.state]
    name = CHECKS[check.name]
    code = "" if check.code is Code.OK else f"  {check.code.value}"
    line = Text(f"  {mark} {name.zh} {name.en}: {words.zh} {words.en}{code}", style=colour)
    console.print(line)
    facts = [f"{key}={printable(value)}" for key, value in check.facts if value is not None]
    if facts:
        console.print(Text(f"      {'; '.join(facts)}", style="bright_black"))
    for note in check.notes:
        told = REASONS.get(note, Words("注意", "note"))
        console.print(Text(f"      注意 note: {told.zh} {told.en} [{note.value}]", style="yellow"))


def printable(value: Fact) -> str:
    """Return a fact as text without control characters: it may come from a stranger's file."""
    return "".join(char if char.isprintable() else "\ufffd" for char in str(value))
