"""What is said to people about a verification: checks, states, and every code a report can carry.

Each code has a meaning and one sentence about what to do, for somebody at a counter. The page, the
command line, the verification report and `docs/checks.md` take their words from here; the words of
verdicts stand in the one table, `licence.formats.verdict`. A code that says only that something
could not be checked never sounds like a reproach.

Standard: DESIGN 4.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from licence.errors import Code
from licence.formats.checks import CheckName, CheckState
from licence.formats.verdict import Assurance, CodeClass, Verdict, Words, class_of
from verifier import words_of_data, words_of_files, words_of_status
from verifier.words_of_acts import VALID_TODO, Act, Advice

__all__ = [
    "ADVICE",
    "CHECKS",
    "QUESTIONS",
    "STATES",
    "UNSAID",
    "VALID_TODO",
    "Act",
    "Advice",
    "Words",
    "advice",
    "what_to_do",
]

CHECKS: Final[Mapping[CheckName, Words]] = MappingProxyType(
    {
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
        CheckName.REPORTED: Words("报告结论", "what the report says"),
    }
)
QUESTIONS: Final[Mapping[CheckName, Words]] = MappingProxyType(
    {
        CheckName.CONTAINER: Words(
            "文件是否与签发时完全一样,没有添加任何内容?",
            "Is the file exactly as it was issued, with nothing added?",
        ),
        CheckName.SIGNATURE: Words(
            "签名是否与文件内容相符?", "Does the signature fit the content of the file?"
        ),
        CheckName.SIGNER: Words(
            "签名人是否为有权颁发此证的机关?",
            "Is the signer an authority that may issue this licence?",
        ),
        CheckName.TIMESTAMP: Words(
            "签名时间是否由可信的时间戳机构证明?",
            "Does a trusted timestamp authority vouch for the time of signing?",
        ),
        CheckName.DATA: Words(
            "证照数据是否合规,页面显示的是否就是这些数据?",
            "Does the data follow the rules, and does the page show just that data?",
        ),
        CheckName.ANCHOR: Words(
            "签发时是否已登记上链?", "Was it put on public record (the chain) when it was issued?"
        ),
        CheckName.STATUS: Words(
            "是否被暂扣、吊销、撤销、撤回、注销或换发?",
            "Was it suspended, revoked, rescinded, withdrawn, cancelled or replaced?",
        ),
        CheckName.VALIDITY: Words(
            "查询日期是否在有效期内?", "Is the day asked about within its validity?"
        ),
        CheckName.HOLDER: Words(
            "出示人是否持有此证自己的密钥?", "Does the presenter hold the licence's own key?"
        ),
        CheckName.COPY: Words(
            "加注件是否用于注明的对象、用途和期限?",
            "Is the copy used by whom, for what and as long as it says?",
        ),
        CheckName.REFEREE: Words(
            "另一套独立软件是否得出同样结论?", "Does independent software come to the same result?"
        ),
        CheckName.REPORTED: Words(
            "核验报告是否足够新,结论是什么?",
            "Is the verification report recent enough, and what does it say?",
        ),
    }
)
STATES: Final[Mapping[CheckState, Words]] = MappingProxyType(
    {
        CheckState.PASSED: Words("通过", "passed"),
        CheckState.FAILED: Words("不通过", "failed"),
        CheckState.INDETERMINATE: Words("无法核验", "could not be checked"),
        CheckState.SKIPPED: Words("未做", "not done"),
    }
)

ADVICE: Final[Mapping[Code, Advice]] = MappingProxyType(
    {**words_of_files.ADVICE, **words_of_data.ADVICE, **words_of_status.ADVICE}
)
"""Every code that a report can carry."""

UNSAID: Final = frozenset(
    {
        # Said to those who import, release, sign and decide.
        Code.DATE_IN_FUTURE,
        Code.DATE_ISSUE_WINDOW,
        Code.GLYPH_MISSING,
        Code.LICENCE_NO_TWICE,
        Code.ROSTER_CONFLICT,
        Code.ROSTER_FORMAT,
        Code.RENDER_FAILED,
        Code.RELEASE_SYNTAX,
        Code.RELEASE_SIGNATURE,
        Code.RELEASE_OFFICER_UNKNOWN,
        Code.RELEASE_TWO_OFFICERS,
        Code.RELEASE_DIGEST_MISMATCH,
        Code.RELEASE_AUTHORITY,
        Code.RELEASE_DAILY_CAP,
        Code.RELEASE_VERSION_TAKEN,
        Code.RELEASE_INDEX_TAKEN,
        Code.PAGE_TEXT_MISMATCH,
        Code.TEMPLATE_CLOSED,
        Code.TEMPLATE_LICENCE_TYPE,
        Code.TEMPLATE_LACKS,
        Code.KEY_URI,
        Code.KEY_LOCKED,
        Code.KEY_REFUSED,
        Code.KEY_NOT_ENTITLED,
        Code.TSA_UNAVAILABLE,
        Code.TSA_ANSWER,
        Code.CSR_INVALID,
        Code.CEREMONY_SYNTAX,
        Code.CEREMONY_SIGNATURE,
        Code.CEREMONY_OFFICER_UNKNOWN,
        Code.CEREMONY_TWO_OFFICERS,
        Code.CEREMONY_UNFINISHED,
        Code.DECISION_SYNTAX,
        Code.DECISION_SIGNATURE,
        Code.DECISION_OFFICER_UNKNOWN,
        Code.DECISION_TWO_OFFICERS,
        Code.DECISION_EARLY,
        Code.STATUS_TRANSITION,
        Code.CLOCK_WRONG,
        # Said to those who claim and hold.
        Code.CLAIM_CODE,
        Code.CLAIM_USED,
        Code.CLAIM_ANSWER,
        Code.CLAIM_UNAVAILABLE,
        Code.HOLDER_DECLINED,
        # Said to those who run chain, witnesses and monitor.
        Code.CHAIN_REVERTED,
        Code.CHAIN_ACCOUNT,
        Code.CHAIN_REORGANISED,
        Code.CHAIN_STALE,
        Code.CHAIN_FUNDS,
        Code.CHAIN_FEES,
        Code.NODE_QUARANTINED,
        Code.WITNESS_REFUSED,
        Code.WITNESS_MEMORY,
        Code.RECONCILE_NEEDED,
        Code.LICENCE_RESERVED,
        Code.HISTORY_MISMATCH,
        Code.NODES_DISAGREE,
        Code.MANIFEST_MISSING,
        Code.MANIFEST_MISMATCH,
        Code.NUMBER_LIVE_TWICE,
        Code.ACCOUNT_UNKNOWN,
        Code.DECISION_UNDOCUMENTED,
        Code.CONTRACT_ROLE_CHANGED,
        Code.CONTRACT_PAUSED,
        Code.CONTRACT_DELEGATED,
        Code.CONTRACT_SUCCEEDED,
        Code.LOG_FORKED,
        Code.LOG_INCOMPLETE,
        Code.CHECKPOINT_OLD,
        Code.EVENT_UNKNOWN,
        Code.REGISTRY_LACKS_EVENT,
        Code.CHAIN_LACKS_DECISION,
        Code.DATES_BACKWARDS,
        Code.STATUS_MORE_POSITIVE,
        Code.LICENCE_UNEXPECTED,
        Code.MONITOR_STATE,
        # Answers to a request, which is then no report.
        Code.SETTINGS_INVALID,
        Code.SETTINGS_UNSAFE,
        Code.CONFLICT,
        Code.IDEMPOTENCY_MISMATCH,
        Code.REQUEST_INVALID,
        Code.NOT_ACCEPTABLE,
        Code.LEASE_LOST,
        Code.TOOL_MISSING,
        Code.RATE_LIMITED,
        Code.QUOTA_EXCEEDED,
        Code.OVERLOADED,
        Code.UPLOAD_TIMED_OUT,
        Code.MEDIA_TYPE_UNSUPPORTED,
        Code.API_KEY_REFUSED,
        Code.API_KEY_SCOPE,
        Code.BATCH_UNFINISHED,
        Code.REPORT_UNAVAILABLE,
    }
)
"""Codes that no report carries; a new code belongs here or into one of the tables."""

_CLASS_ADVICE: Final[Mapping[CodeClass, Advice]] = MappingProxyType(
    {
        CodeClass.FOREIGN: Advice("不是本系统的证照", "not a licence of this system", Act.NOT_OURS),
        CodeClass.FORGERY: Advice("与签发时不符", "not what was issued", Act.REFUSE_AND_REPORT),
        CodeClass.FINAL: Advice("已不再有效", "no longer in force", Act.REFUSE_ENDED),
        CodeClass.UNUSABLE: Advice("现在不能使用", "cannot be used now", Act.REFUSE_NOW),
        CodeClass.MISSING: Advice("有一项无法核验", "something could not be checked", Act.AGAIN),
    }
)


def advice(code: Code) -> Advice:
    """Return what to say about a code; one without words of its own gets those of its class."""
    return ADVICE.get(code) or _CLASS_ADVICE[class_of(code)]


def what_to_do(verdict: Verdict, code: Code, assurance: Assurance) -> Words:
    """Return what somebody should do about a report: of a valid one, as much as it allows."""
    return VALID_TODO[assurance] if verdict is Verdict.VALID else advice(code).todo
