"""What somebody at a counter should do, one sentence for each case, and how a code names its own.

Codes share these sentences: a person learns a few, not a hundred.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from types import MappingProxyType
from typing import Final

from licence.formats.verdict import Assurance, Words


@unique
class Act(Enum):
    """What to do about a code."""

    COMPARE = Words(
        "可以采信;请再核对企业名称、统一社会信用代码和编号是否与手中材料一致。",
        "You may rely on it; compare name, credit code and number with what you have in hand.",
    )
    NOTHING = Words("不影响结论,无需处理。", "It does not change the verdict; nothing to do.")
    NOT_OURS = Words(
        "请确认是否拿错文件,或此证由其他系统签发;本系统无法判断其真伪。",
        "See whether it is the wrong file or another system's licence; we cannot judge it.",
    )
    REFUSE_AND_REPORT = Words(
        "不要采信;请索取签发时的原始文件再查,并可向发证机关反映。",
        "Do not rely on it; ask for the file as it was issued, and tell the issuing authority.",
    )
    ASK_ORIGINAL = Words(
        "不要采信这个文件;请索取签发时的原始文件(未经另存、批注、合并)再查。",
        "Do not rely on this file; ask for the original, not saved anew, annotated or merged.",
    )
    REFUSE_ENDED = Words(
        "不要采信;此证已不再有效,如有疑问请联系发证机关。",
        "Do not rely on it; it is no longer in force. Ask the issuing authority if in doubt.",
    )
    REFUSE_NOW = Words(
        "目前不要采信;请按页面列出的日期或原因,在条件满足后再查。",
        "Do not rely on it at present; check again when the date or reason shown has passed.",
    )
    REFUSE_SAMPLE = Words(
        "样本或测试件没有法律效力,不要当作证照使用。",
        "A sample or test piece has no legal effect; do not take it for a licence.",
    )
    PRESENT_AGAIN = Words(
        "请出示人当面重新出示;仍不通过的,不要认定其为持证企业。",
        "Ask the presenter to present again; if it fails again, do not take them for the holder.",
    )
    COPY_ANEW = Words(
        "不要采信这份加注件;请持证企业为本次用途重新出具。",
        "Do not rely on this copy; ask the enterprise for one made for this purpose.",
    )
    TYPE_AGAIN = Words(
        "若是手工输入,请对照纸面重新输入;若来自文件,请联系发证机关。",
        "If it was typed, compare with the paper and type again; else ask the issuing authority.",
    )
    CHECK_FILE = Words(
        "请索取证照文件本身重新核验;报告只说明当时的结果。",
        "Ask for the licence file itself and check that; a report only says what was found then.",
    )
    SCAN_AGAIN = Words(
        "请重新扫描;仍读不出的,请改用文件核验。",
        "Scan it again; if it still cannot be read, ask for the file instead.",
    )
    CONNECT = Words(
        "请在联网时再查,已联网的请稍后再查;在此之前既不能认定有效,也不能认定有问题。",
        "Check again with a network, or later if you have one; until then it is neither good nor "
        "bad.",
    )
    CHECK_ONLINE = Words(
        "请在有网络时到联网查验页面再查这个文件;在此之前既不能认定有效,也不能认定有问题。",
        "Check this file on the online page too; until then it is neither good nor bad.",
    )
    UPDATE_TRUST = Words(
        "请更新信任数据后再查,用网页查的请稍后再查;在此之前既不能认定有效,也不能认定有问题。",
        "Update the trust data and check again, on a web page later; until then it is neither good "
        "nor bad.",
    )
    UPDATE_PROGRAM = Words(
        "请更新核验程序后再查,用网页查的请稍后再查;在此之前既不能认定有效,也不能认定有问题。",
        "Update the verifier itself and check again, on a web page later; until then it is neither "
        "good nor bad.",
    )
    SET_CLOCK = Words(
        "请校准本机的日期和时间后再查。", "Set this device's date and time right and check again."
    )
    LATER = Words(
        "请过一段时间再查;急用时请联系发证机关。",
        "Check again later; if it is urgent, ask the issuing authority.",
    )
    AGAIN = Words(
        "请再查一次;仍然如此的,请联系发证机关或核验服务的维护人员。",
        "Check once more; if it stays so, ask the issuing authority or whoever runs this verifier.",
    )
    ASK_AUTHORITY = Words(
        "请联系发证机关核实;在此之前既不能认定有效,也不能认定有问题。",
        "Ask the issuing authority; until then it is neither good nor bad.",
    )


VALID_TODO: Final[Mapping[Assurance, Words]] = MappingProxyType(
    {
        Assurance.FULL: Act.COMPARE.value,
        Assurance.DATA: Words(
            "只能由注明的对象、按注明的用途、在期限内采信;请核对对象、用途和企业名称。",
            "Rely on it only as the recipient, for the purpose and until the day it names; "
            "compare these and the name.",
        ),
        Assurance.PRESENTER: Words(
            "出示人此刻持有此证;请核对企业名称、用途和口令,要采信证照内容请再核验文件。",
            "Whoever presents it holds this licence now; compare name, purpose and spoken digits, "
            "and check the file where its content matters.",
        ),
        Assurance.PRINT: Words(
            "码中的数据属实;请与纸面逐字对照,有一处不一致就不要采信这张纸。",
            "The data in the code is true; compare the paper character by character, and do not "
            "rely on the paper if one differs.",
        ),
        Assurance.REGISTRY_WORD: Words(
            "登记机构有此证;请与手中材料逐字对照,有一处不一致就不要采信,重要事项请核验文件。",
            "The registry knows this licence; compare what you have character by character, do not "
            "rely on it if one differs, and check the file where it matters.",
        ),
        Assurance.REPORT: Words(
            "报告属实,只说明当时的结果;要知道现在的状态,请核验证照文件本身。",
            "The report is genuine and says what was found then; check the licence file itself for "
            "its status now.",
        ),
    }
)
"""What to do about a valid one, by how much that says."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a code means, in Chinese and English, and what to do."""

    zh: str
    en: str
    act: Act

    @property
    def meaning(self) -> Words:
        """What the code says."""
        return Words(self.zh, self.en)

    @property
    def todo(self) -> Words:
        """What to do about it."""
        return self.act.value
