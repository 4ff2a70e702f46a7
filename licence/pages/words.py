"""The fixed words of all pages: what citizens, inspectors and courts read.

Words that stand on issued licences never change; other words are another template version.

Source: 安全生产许可证条例 9 and 13; research licence_domain B.3-B.7, C.3, D.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from licence.domain.model import AddressType, ChangeType, Industry, Kind, ReviewResult

TEST_LINE: Final = "示例，无法律效力"
ENGLISH_TEST_LINE: Final = "SPECIMEN WITHOUT LEGAL EFFECT"
ENGLISH_TEST_HEAD: Final = "NO LEGAL EFFECT"
"""The same where a head has to stay on one line."""

MARKS: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.EMERGENCY_TEMPORARY: "应急使用", Kind.SAMPLE: "样本"}
)
ENGLISH_MARKS: Final[Mapping[Kind, str]] = MappingProxyType(
    {Kind.EMERGENCY_TEMPORARY: "For emergency use", Kind.SAMPLE: "SAMPLE"}
)
HIGH_RISK: Final = "【高风险】"
ORDINARY_RISK: Final = "一般"
NOTHING: Final = "—"
ORIGINAL: Final = "正本"
DUPLICATE: Final = "副本"

TRADER: Final = "危险化学品经营企业"
INDUSTRIES: Final[Mapping[Industry, str]] = MappingProxyType(
    {
        Industry.COAL: "煤矿企业",
        Industry.NON_COAL_MINE: "非煤矿矿山企业",
        Industry.HAZARDOUS_CHEMICALS: "危险化学品生产企业",
        Industry.FIREWORKS: "烟花爆竹生产企业",
        Industry.CONSTRUCTION: "建筑施工企业",
        Industry.CIVIL_EXPLOSIVES: "民用爆炸物品生产企业",
        Industry.OTHER: "其他",
    }
)
ENGLISH_INDUSTRIES: Final[Mapping[Industry, str]] = MappingProxyType(
    {
        Industry.COAL: "Coal mining",
        Industry.NON_COAL_MINE: "Mining other than coal",
        Industry.HAZARDOUS_CHEMICALS: "Production of hazardous chemicals",
        Industry.FIREWORKS: "Production of fireworks",
        Industry.CONSTRUCTION: "Construction",
        Industry.CIVIL_EXPLOSIVES: "Production of civil explosives",
        Industry.OTHER: "Other",
    }
)
ADDRESSES: Final[Mapping[AddressType, str]] = MappingProxyType(
    {
        AddressType.REGISTERED: "注册地址",
        AddressType.PRODUCTION: "生产地址",
        AddressType.STORAGE: "储存地址",
        AddressType.MINE: "矿山地址",
        AddressType.TAILINGS: "尾矿库地址",
    }
)
TRADING_ADDRESSES: Final[Mapping[AddressType, str]] = MappingProxyType(
    {
        **ADDRESSES,
        AddressType.REGISTERED: "企业住所",
        AddressType.PRODUCTION: "经营场所",
        AddressType.STORAGE: "储存场所",
    }
)
ENGLISH_ADDRESSES: Final[Mapping[AddressType, str]] = MappingProxyType(
    {
        AddressType.REGISTERED: "Registered address",
        AddressType.PRODUCTION: "Production site",
        AddressType.STORAGE: "Storage site",
        AddressType.MINE: "Mine",
        AddressType.TAILINGS: "Tailings pond",
    }
)
REVIEWS: Final[Mapping[ReviewResult, str]] = MappingProxyType(
    {
        ReviewResult.PASS: "合格",
        ReviewResult.FAIL: "不合格",
        ReviewResult.PENDING: "待复核",
    }
)
CHANGES: Final[Mapping[ChangeType, str]] = MappingProxyType(
    {
        ChangeType.NAME: "企业名称",
        ChangeType.ADDRESS: "地址",
        ChangeType.LEGAL_REP: "法定代表人",
        ChangeType.PRINCIPAL: "主要负责人",
        ChangeType.ECONOMIC_TYPE: "经济类型",
        ChangeType.SCOPE: "许可范围",
        ChangeType.MERGER: "合并重组",
    }
)

SCOPE_COLUMNS: Final = ("序号", "品名", "能力", "类别", "风险")
CHANGE_COLUMNS: Final = ("序号", "变更事项", "变更前", "变更后", "变更日期")
REVIEW_COLUMNS: Final = ("年度", "复核结果", "复核日期", "复核机关")
NO_CHANGES: Final = "本版本签发时无变更记录"
NO_REVIEWS: Final = "本版本签发时无年度复核记录"

CODE_STATUS: Final = "证照状态以扫码结果为准"
NO_COPYING: Final = "禁止复制、伪造、变造"
ENTERPRISE_STAMP: Final = "仅供纸质件加盖企业印章，加盖内容不属于发证机关签发的内容"
LARGE_PRINT_NOTE: Final = "本页为大字版，供低视力者阅读，内容与正面一致。"

# The back page carries the fonts' outlines of each different character: few of them keep it small.
RULES_HEADING: Final = "重要提示"
RULES: Final = (
    "本证以有发证机关电子签名的PDF文件为准，打印件、复印件、图片不能证明本证有效。",
    "禁止复制、伪造、转让本证。",
)
GUIDE_HEADING: Final = "查验步骤"
GUIDE: Final = (
    "扫码：用手机扫描二维码，核对打开的网址是发证机关公布的网址。",
    "不扫码：在发证机关网站的查验页面输入查验码或者编号。",
    "有文件：在查验页面打开PDF文件；不联网的，用查验程序打开。",
    "核对：查验结果的内容应当与本证一致。",
    "结果为有效的，本证方为有效；结果为不能确定的，联网再查，不得认定为有效或者伪造。",
    "内容不一致的，拨打验证热线，或者向发证机关核实。",
)
LIMITS_HEADING: Final = "纸面不能证明的事项"
LIMITS: Final = (
    "不能证明本证现在有效：签发后可以暂扣、吊销、撤销、注销，状态以查验结果为准。",
    "不能以二维码证明真伪：二维码可以复制。",
    "不能以印章、底纹证明真伪：真伪以电子签名为准。",
    "不能证明出示人是持证企业。",
)
HOTLINE: Final = "12350（安全生产举报投诉电话）"

ENGLISH_PREVAILS: Final = "The Chinese text prevails."
CHINESE_PREVAILS: Final = "以中文为准"
ENGLISH_STATUS: Final = "Type the look-up code on the website of the issuing authority."

GAP: Final = "\u3000"
"""Where head and foot may be pulled apart; white space is not compared."""


def chinese_date(day: date) -> str:
    """Return a day as Chinese documents write it."""
    return f"{day.year:04d}年{day.month}月{day.day}日"
