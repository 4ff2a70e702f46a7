"""What codes about a file, its signature and its times say to people; see `verifier.words`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from licence.errors import Code
from verifier.words_of_acts import Act, Advice

ADVICE: Final[Mapping[Code, Advice]] = MappingProxyType(
    {
        # what every check may say
        Code.OK: Advice("通过", "passed", Act.COMPARE),
        Code.NOT_CHECKED: Advice("没有核验到这一项", "this was not checked", Act.AGAIN),
        Code.INTERNAL: Advice(
            "核验软件自身出错,与证照无关", "a fault of the verifier, not of the licence", Act.AGAIN
        ),
        Code.TOO_LARGE: Advice("文件太大,没有读取", "too large to be read", Act.NOT_OURS),
        Code.CHECK_CRASHED: Advice(
            "核验过程意外中断", "checking this file stopped unexpectedly", Act.AGAIN
        ),
        Code.CHECK_TIMED_OUT: Advice(
            "核验用时过长,已停止", "checking took too long and was stopped", Act.AGAIN
        ),
        Code.CHECK_OUT_OF_MEMORY: Advice(
            "核验所需内存过大,已停止", "checking needed too much memory and was stopped", Act.AGAIN
        ),
        Code.NOT_FOUND: Advice(
            "登记库中查不到", "the registry has no such thing", Act.ASK_AUTHORITY
        ),
        Code.STORE_FAILED: Advice(
            "数据无法读取或保存", "data could not be read or kept", Act.AGAIN
        ),
        # check 1: container
        Code.NOT_A_LICENCE: Advice(
            "不是本系统的证照文件", "not a licence file of this system", Act.NOT_OURS
        ),
        Code.CONTAINER_STRUCTURE: Advice(
            "文件结构与签发的证照不同",
            "the file is not built as licences are",
            Act.REFUSE_AND_REPORT,
        ),
        Code.CONTAINER_APPENDED: Advice(
            "签发后文件被追加内容", "bytes were added after it was issued", Act.ASK_ORIGINAL
        ),
        Code.CONTAINER_ACTIVE_CONTENT: Advice(
            "文件含有脚本、链接、表单等证照不该有的内容",
            "it has scripts, links or forms, which no licence has",
            Act.REFUSE_AND_REPORT,
        ),
        # check 2: signature
        Code.SIGNATURE_MISSING: Advice("没有签名", "there is no signature", Act.REFUSE_AND_REPORT),
        Code.SIGNATURE_BROKEN: Advice(
            "签名后文件被改动", "the file was changed after it was signed", Act.REFUSE_AND_REPORT
        ),
        Code.SIGNATURE_NOT_CERTIFIED: Advice(
            "签名没有禁止改动文件", "the signature does not forbid changes", Act.REFUSE_AND_REPORT
        ),
        Code.DER_SYNTAX: Advice(
            "签名数据的写法不对",
            "the signature's data is not spelt properly",
            Act.REFUSE_AND_REPORT,
        ),
        Code.CMS_SYNTAX: Advice(
            "签名数据无法读取", "the signature's data cannot be read", Act.REFUSE_AND_REPORT
        ),
        Code.CMS_NOT_OUR_TEMPLATE: Advice(
            "签名不是本系统写成的样式",
            "the signature is not of the form that we write",
            Act.REFUSE_AND_REPORT,
        ),
        Code.CMS_TOO_LARGE: Advice(
            "签名数据过大", "the signature's data is too large", Act.REFUSE_AND_REPORT
        ),
        Code.LEAF_SYNTAX: Advice(
            "证照指纹的写法不对", "the licence's fingerprint is not well formed", Act.ASK_AUTHORITY
        ),
        Code.ALGORITHM_UNSUPPORTED: Advice(
            "使用了不接受的签名算法",
            "it uses a signature algorithm that is not accepted",
            Act.REFUSE_AND_REPORT,
        ),
        # check 3: signer
        Code.SIGNER_UNTRUSTED: Advice(
            "签名人不受信任", "the signer is not trusted", Act.REFUSE_AND_REPORT
        ),
        Code.SIGNER_POLICY: Advice(
            "签名证书不是用于签发证照的",
            "the signer's certificate is not for licences",
            Act.REFUSE_AND_REPORT,
        ),
        Code.SIGNER_AUTHORITY: Advice(
            "证书、数据和登记库中的机关不一致",
            "certificate, data and registry name different authorities",
            Act.REFUSE_AND_REPORT,
        ),
        Code.SIGNER_NOT_ENTITLED: Advice(
            "该机关无权颁发此类证照",
            "that authority may not issue such a licence",
            Act.REFUSE_AND_REPORT,
        ),
        Code.SIGNER_REVOKED: Advice(
            "签名证书在签发前已吊销",
            "the signer's certificate had been revoked before",
            Act.REFUSE_AND_REPORT,
        ),
        Code.SIGNER_REVOCATION_UNKNOWN: Advice(
            "无法得知签名证书当时是否有效",
            "whether the signer's certificate was good then is not known",
            Act.ASK_AUTHORITY,
        ),
        Code.SIGNER_DISTRUSTED: Advice(
            "签名密钥在签发前已停用",
            "the signing key had been closed before",
            Act.REFUSE_AND_REPORT,
        ),
        Code.KEY_CLOSED_LATER: Advice(
            "密钥后来停用,但锚定证明此证签发在先",
            "the key was closed later; the anchor proves this came before",
            Act.NOTHING,
        ),
        # check 4: timestamp
        Code.TIMESTAMP_MISSING: Advice(
            "没有时间戳", "there is no timestamp", Act.REFUSE_AND_REPORT
        ),
        Code.TIMESTAMP_BROKEN: Advice(
            "时间戳与签名不符", "the timestamp is not of this signature", Act.REFUSE_AND_REPORT
        ),
        Code.TIMESTAMP_UNTRUSTED: Advice(
            "时间戳机构不受信任", "the timestamp authority is not trusted", Act.REFUSE_AND_REPORT
        ),
        Code.TIMESTAMP_AFTER_BLOCK: Advice(
            "时间戳晚于上链时间", "the timestamp is later than the anchoring", Act.REFUSE_AND_REPORT
        ),
        Code.TIMESTAMP_GAP: Advice(
            "签名与上链相隔较久", "much time passed between signing and anchoring", Act.NOTHING
        ),
        # codes and copies that cannot be read
        Code.COSE_SYNTAX: Advice(
            "二维码或令牌无法读取", "the code or token cannot be read", Act.SCAN_AGAIN
        ),
        Code.COSE_SIGNATURE: Advice(
            "二维码或令牌的签名不成立",
            "the signature of the code or token does not hold",
            Act.ASK_AUTHORITY,
        ),
        Code.JWT_SYNTAX: Advice("令牌无法读取", "the token cannot be read", Act.SCAN_AGAIN),
        Code.CBOR_SYNTAX: Advice(
            "编码数据无法读取", "the encoded data cannot be read", Act.ASK_AUTHORITY
        ),
        Code.CBOR_NOT_DETERMINISTIC: Advice(
            "编码数据的写法不唯一", "the encoded data is not in its one spelling", Act.ASK_AUTHORITY
        ),
        Code.REPORT_SIGNER_UNKNOWN: Advice(
            "核验报告由谁签署无法确认",
            "who signed the verification report is not known here",
            Act.CHECK_FILE,
        ),
        Code.REPORT_STALE: Advice(
            "核验报告超过 24 小时", "the verification report is older than allowed", Act.CHECK_FILE
        ),
        Code.REPORT_TIME_UNPROVED: Advice(
            "核验报告的时间没有可信时间戳证明",
            "no trusted timestamp proves the time of the verification report",
            Act.CHECK_FILE,
        ),
        Code.REPORT_OTHER_DATE: Advice(
            "核验报告查的是另一天", "the verification report is about another day", Act.CHECK_FILE
        ),
        Code.REPORT_OF_REPORT: Advice(
            "这是关于另一份核验报告的报告",
            "it is a report about another verification report",
            Act.CHECK_FILE,
        ),
        Code.REPORT_POLICY: Advice(
            "核验报告所用的核验规则比您的宽松",
            "the verification report was made by laxer rules than yours",
            Act.CHECK_FILE,
        ),
        Code.REPORTED_INVALID: Advice(
            "核验报告的结论是“无效”", "the verification report says invalid", Act.REFUSE_AND_REPORT
        ),
        Code.REPORTED_UNDETERMINED: Advice(
            "核验报告的结论是“不能确定”",
            "the verification report says undetermined",
            Act.CHECK_FILE,
        ),
        Code.REPORTED_FOREIGN: Advice(
            "核验报告的结论是“非本系统证照”",
            "the verification report says: not a licence of this system",
            Act.NOT_OURS,
        ),
        Code.REPORT_SYNTAX: Advice(
            "核验报告无法读取", "the verification report cannot be read", Act.ASK_AUTHORITY
        ),
        Code.SHORT_CODE_FORMAT: Advice(
            "查验码的长度或字符不对",
            "the short code has the wrong length or characters",
            Act.TYPE_AGAIN,
        ),
        Code.SHORT_CODE_CHECK: Advice(
            "查验码输错了一位", "a character of the short code was mistyped", Act.TYPE_AGAIN
        ),
        # second opinion
        Code.REFEREE_DISAGREES: Advice(
            "两种核验方法结论不同", "two ways of checking disagree", Act.ASK_AUTHORITY
        ),
        Code.NOT_CHECKED_ON_PHONE: Advice(
            "离线页面不能作这一项核验", "the offline page cannot make this check", Act.CHECK_ONLINE
        ),
    }
)
