"""The words of the report: Chinese first, English second; and how it writes a moment."""

from datetime import datetime
from typing import Final

from licence.errors import Code

STATUS: Final = {
    "none": ("发还", "given back"),
    "suspended": ("暂扣", "suspended"),
    "superseded": ("换发", "superseded"),
    "cancelled": ("注销", "cancelled"),
    "withdrawn": ("撤回", "withdrawn"),
    "revoked": ("吊销", "revoked"),
    "rescinded": ("撤销", "rescinded"),
}
"""Each status, in the order in which the report stacks them."""

CODES: Final = {
    Code.HISTORY_MISMATCH: "事件与链上历史不符",
    Code.NODES_DISAGREE: "节点说法不一",
    Code.CHAIN_REORGANISED: "已确认的区块被替换",
    Code.BLOCK_SEALS: "签区块的不是登记的验证节点",
    Code.VALIDATORS_NOT_PINNED: "没有登记验证节点",
    Code.CHAIN_STALE: "链停止出块",
    Code.CHAIN_WRONG: "节点上是另一条链或另一合约",
    Code.MANIFEST_MISSING: "批次缺少清单",
    Code.MANIFEST_MISMATCH: "清单与批次不符",
    Code.NUMBER_LIVE_TWICE: "同一许可证号重复有效",
    Code.ACCOUNT_UNKNOWN: "未知账户代发证机关行事",
    Code.DECISION_UNDOCUMENTED: "终止状态没有文号",
    Code.CONTRACT_ROLE_CHANGED: "合约权限变更",
    Code.CONTRACT_PAUSED: "合约或机关被暂停、恢复",
    Code.CONTRACT_DELEGATED: "委托变更",
    Code.CONTRACT_SUCCEEDED: "合约被接替",
    Code.LOG_FORKED: "日志分叉或被改写",
    Code.LOG_INCOMPLETE: "日志与链不一致",
    Code.CHECKPOINT_OLD: "见证过久未更新",
    Code.EVENT_UNKNOWN: "未知事件",
    Code.REGISTRY_LACKS_EVENT: "登记库缺少链上事项",
    Code.CHAIN_LACKS_DECISION: "链上缺少登记库事项",
    Code.DATES_BACKWARDS: "日期倒流",
    Code.STATUS_MORE_POSITIVE: "状态列表比链上更好",
    Code.STATUS_STALE: "状态列表已过期",
    Code.STATUS_LIST_REFUSED: "状态列表无效",
    Code.LICENCE_UNEXPECTED: "出现未申请的许可证",
}
"""What each alarm says, in Chinese; the English sentence comes with the alarm."""


def code_word(code: Code) -> str:
    """Return a code's Chinese words, or the code itself."""
    return CODES.get(code, code.value)


def minute(moment: datetime) -> str:
    """Return a moment as the report writes it, to the minute."""
    return moment.strftime("%Y-%m-%d %H:%M")
