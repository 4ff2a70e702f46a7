"""What codes about the data of a licence say to people; see `verifier.words`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from licence.errors import Code
from verifier.words_of_acts import Act, Advice

ADVICE: Final[Mapping[Code, Advice]] = MappingProxyType(
    {
        # check 5: data and page
        Code.DATA_MISSING: Advice(
            "文件不含证照数据", "the file carries no licence data", Act.NOT_OURS
        ),
        Code.DATA_INVALID: Advice(
            "证照数据违反规则", "the licence data breaks a rule", Act.REFUSE_AND_REPORT
        ),
        Code.DATA_DIGEST_MISMATCH: Advice(
            "证照数据不是签名时的数据",
            "the licence data is not what was signed",
            Act.REFUSE_AND_REPORT,
        ),
        Code.DATA_PAGE_MISMATCH: Advice(
            "页面显示的与证照数据不一致",
            "the page does not show what the data says",
            Act.REFUSE_AND_REPORT,
        ),
        Code.GLYPH_UNKNOWN: Advice(
            "页面有本核验程序不认识的字形",
            "the page has a shape that this verifier does not know",
            Act.UPDATE_PROGRAM,
        ),
        Code.TEMPLATE_UNKNOWN: Advice(
            "页面版式比本核验程序新,无法核对",
            "the page has a layout that is newer than this verifier",
            Act.UPDATE_PROGRAM,
        ),
        Code.REGISTRY_UNKNOWN: Advice(
            "登记库不在信任数据中", "its registry is not in the trust data", Act.NOT_OURS
        ),
        Code.SCHEMA_UNKNOWN: Advice(
            "证照数据的格式版本未知", "the licence data has an unknown format", Act.NOT_OURS
        ),
        Code.ENVIRONMENT_MISMATCH: Advice(
            "测试环境与正式环境混用",
            "a test piece in a real setting, or the reverse",
            Act.REFUSE_SAMPLE,
        ),
        Code.JSON_SYNTAX: Advice(
            "证照数据无法读取", "the licence data cannot be read", Act.REFUSE_AND_REPORT
        ),
        Code.JSON_NOT_CANONICAL: Advice(
            "证照数据的写法不唯一",
            "the licence data is not in its one spelling",
            Act.REFUSE_AND_REPORT,
        ),
        # rules of single fields
        Code.FIELD_MISSING: Advice(
            "证照数据缺少必有的一项",
            "the licence data lacks a required entry",
            Act.REFUSE_AND_REPORT,
        ),
        Code.FIELD_UNKNOWN: Advice(
            "证照数据多出不该有的一项",
            "the licence data has an entry that should not be there",
            Act.REFUSE_AND_REPORT,
        ),
        Code.FIELD_TYPE: Advice(
            "证照数据有一项类型不对",
            "an entry of the licence data has the wrong type",
            Act.REFUSE_AND_REPORT,
        ),
        Code.FIELD_LENGTH: Advice(
            "证照数据有一项长度不对",
            "an entry of the licence data has the wrong length",
            Act.REFUSE_AND_REPORT,
        ),
        Code.FIELD_VALUE: Advice(
            "证照数据有一项的值不允许",
            "an entry of the licence data has a value that is not allowed",
            Act.REFUSE_AND_REPORT,
        ),
        Code.TEXT_NOT_NFC: Advice(
            "文字有另一种写法,不是唯一的",
            "a text could be written in two ways",
            Act.REFUSE_AND_REPORT,
        ),
        Code.TEXT_CONTROL_CHARACTER: Advice(
            "文字含有控制字符", "a text has a control character", Act.REFUSE_AND_REPORT
        ),
        Code.TEXT_PRIVATE_USE: Advice(
            "文字含有自造字编码", "a text has a private-use character", Act.REFUSE_AND_REPORT
        ),
        Code.TEXT_CHARACTER_REFUSED: Advice(
            "文字含有不可见或不允许的字符",
            "a text has an invisible or refused character",
            Act.REFUSE_AND_REPORT,
        ),
        Code.GLYPH_OUTLINE: Advice(
            "生僻字字形不合规定",
            "the outline of a rare character breaks the rules",
            Act.REFUSE_AND_REPORT,
        ),
        Code.USCC_FORMAT: Advice(
            "统一社会信用代码的格式不对",
            "the unified social credit code is not well formed",
            Act.TYPE_AGAIN,
        ),
        Code.USCC_CHECK_DIGIT: Advice(
            "统一社会信用代码的校验位不对",
            "the credit code's check character is wrong",
            Act.TYPE_AGAIN,
        ),
        Code.ELICENCE_ID_FORMAT: Advice(
            "电子证照标识的格式不对", "the e-licence identifier is not well formed", Act.TYPE_AGAIN
        ),
        Code.ELICENCE_ID_CHECK: Advice(
            "电子证照标识的校验位不对",
            "the e-licence identifier's check character is wrong",
            Act.TYPE_AGAIN,
        ),
        Code.ELICENCE_ID_VERSION: Advice(
            "电子证照标识的版本与证照不符",
            "the e-licence identifier is of another version",
            Act.REFUSE_AND_REPORT,
        ),
        Code.ELICENCE_ID_ISSUER: Advice(
            "电子证照标识的机关与证照不符",
            "the e-licence identifier is of another authority",
            Act.REFUSE_AND_REPORT,
        ),
        Code.LICENCE_NO_FORMAT: Advice(
            "证照编号的写法不对", "the licence number is not spelt as it must be", Act.TYPE_AGAIN
        ),
        Code.LICENCE_NO_INDUSTRY: Advice(
            "编号中的行业与证照不符", "the number is of another industry", Act.REFUSE_AND_REPORT
        ),
        Code.LICENCE_NO_TYPE: Advice(
            "编号与证照种类不符", "the number is of another type of licence", Act.REFUSE_AND_REPORT
        ),
        Code.ADDRESS_REGISTERED: Advice(
            "注册地址不是恰好一个",
            "there is not exactly one registered address",
            Act.REFUSE_AND_REPORT,
        ),
        Code.DATE_FORMAT: Advice(
            "日期写法不对或不存在",
            "a date is not well formed or does not exist",
            Act.REFUSE_AND_REPORT,
        ),
        Code.DATE_ORDER: Advice(
            "日期先后颠倒", "dates are the wrong way round", Act.REFUSE_AND_REPORT
        ),
        Code.VALIDITY_LENGTH: Advice(
            "有效期长短不合规定",
            "the validity is not as long as the rules demand",
            Act.REFUSE_AND_REPORT,
        ),
        Code.VERSION_CHAIN: Advice(
            "版本和前后关系不符",
            "version and predecessor do not fit together",
            Act.REFUSE_AND_REPORT,
        ),
        Code.KIND_RULE: Advice(
            "违反此类证照的规则", "a rule of this kind of licence is broken", Act.REFUSE_AND_REPORT
        ),
    }
)
