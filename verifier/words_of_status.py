"""What codes about anchor, status, validity, holder and trust say; see `verifier.words`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from licence.errors import Code
from verifier.words_of_acts import Act, Advice

ADVICE: Final[Mapping[Code, Advice]] = MappingProxyType(
    {
        # check 6: anchor
        Code.ANCHOR_ABSENT: Advice(
            "文件不含上链证据,也没有从别处得到",
            "no anchor evidence in the file, beside it or online",
            Act.CONNECT,
        ),
        Code.ANCHOR_PENDING: Advice("刚签发,尚未上链", "just issued, not anchored yet", Act.LATER),
        Code.ANCHOR_OVERDUE: Advice(
            "超过 72 小时仍未上链", "not anchored for more than 72 hours", Act.ASK_AUTHORITY
        ),
        Code.ANCHOR_PROOF_MISMATCH: Advice(
            "上链证据证明不了这个文件", "the anchor evidence does not prove this file", Act.CONNECT
        ),
        Code.ANCHOR_WITNESS: Advice(
            "见证方对上链的证明不足", "too few witnesses vouch for the anchor", Act.CONNECT
        ),
        Code.ANCHOR_CHAIN_MISMATCH: Advice(
            "上链证据说的是另一条链",
            "the anchor evidence speaks of another chain",
            Act.ASK_AUTHORITY,
        ),
        Code.UNREGISTERED: Advice(
            "登记库没有此证照", "the registry does not know this licence", Act.ASK_AUTHORITY
        ),
        Code.EVIDENCE_SYNTAX: Advice(
            "上链证据无法读取", "the anchor evidence cannot be read", Act.CONNECT
        ),
        Code.EVIDENCE_TYPE_UNSUPPORTED: Advice(
            "上链证据的种类尚不支持",
            "anchor evidence of a kind not supported yet",
            Act.UPDATE_PROGRAM,
        ),
        Code.TREE_PROOF: Advice(
            "上链证据的路径不成立", "the path in the anchor evidence does not hold", Act.CONNECT
        ),
        Code.CHECKPOINT_SYNTAX: Advice(
            "日志检查点无法读取", "the log's checkpoint cannot be read", Act.CONNECT
        ),
        Code.MANIFEST_SYNTAX: Advice(
            "批次清单无法读取", "the manifest of the batch cannot be read", Act.CONNECT
        ),
        Code.RLP_SYNTAX: Advice(
            "链上数据无法读取", "data of the chain cannot be read", Act.CONNECT
        ),
        Code.TRIE_PROOF: Advice(
            "链上状态的证明不成立", "the proof of the chain's state does not hold", Act.CONNECT
        ),
        Code.BLOCK_HEADER: Advice(
            "区块头不属于该链", "the block header is not of this chain", Act.CONNECT
        ),
        Code.BLOCK_SEALS: Advice(
            "区块签章不足或不可信", "the block is not sealed by who must seal it", Act.CONNECT
        ),
        # check 7: status
        Code.STATUS_SUSPENDED: Advice("已暂扣", "suspended", Act.REFUSE_NOW),
        Code.STATUS_REVOKED: Advice("已吊销", "revoked", Act.REFUSE_ENDED),
        Code.STATUS_RESCINDED: Advice(
            "已撤销,自始不作数", "rescinded, for every date", Act.REFUSE_ENDED
        ),
        Code.STATUS_WITHDRAWN: Advice("已撤回", "withdrawn", Act.REFUSE_ENDED),
        Code.STATUS_CANCELLED: Advice("已注销", "cancelled", Act.REFUSE_ENDED),
        Code.STATUS_SUPERSEDED: Advice(
            "已换发,请查新证", "replaced by another version; check that one", Act.REFUSE_ENDED
        ),
        Code.STATUS_FINAL: Advice("已失效", "no longer in force", Act.REFUSE_ENDED),
        Code.STATUS_AGEING: Advice(
            "状态数据不是最新,仍在允许期内",
            "the status data is not the newest, but may still be used",
            Act.NOTHING,
        ),
        Code.STATUS_STALE: Advice("状态数据过旧", "the status data is too old", Act.CONNECT),
        Code.STATUS_NOT_AVAILABLE: Advice("没有状态数据", "there is no status data", Act.CONNECT),
        Code.STATUS_LIST_REFUSED: Advice(
            "状态数据不可信,没有采用",
            "the status data is not trusted and was not used",
            Act.CONNECT,
        ),
        Code.STATUS_UNKNOWN_VALUE: Advice(
            "状态数据有未知的值", "the status data has an unknown value", Act.UPDATE_PROGRAM
        ),
        Code.STATUS_CONFLICT: Advice(
            "两处状态互相矛盾", "two sources of status contradict each other", Act.ASK_AUTHORITY
        ),
        Code.STATUS_BY_CHAIN_PROOF: Advice(
            "状态由链上证明给出,以其区块时间为准",
            "the chain proves the status, as of its block",
            Act.NOTHING,
        ),
        Code.CHAIN_PROOF_SYNTAX: Advice(
            "链上状态证明无法读取", "the status proof cannot be read", Act.CONNECT
        ),
        Code.CHAIN_PROOF_REFUSED: Advice(
            "链上状态证明不成立", "the status proof does not hold", Act.CONNECT
        ),
        Code.CHAIN_PROOF_OTHER: Advice(
            "链上状态证明不涉及此证",
            "the status proof says nothing about this licence",
            Act.CONNECT,
        ),
        Code.VALIDATORS_NOT_PINNED: Advice(
            "信任数据未列明该链的验证节点",
            "the trust data names no validators of this chain",
            Act.UPDATE_TRUST,
        ),
        Code.CHAIN_UNAVAILABLE: Advice(
            "区块链节点没有应答", "the chain's node does not answer", Act.NOTHING
        ),
        Code.CHAIN_WRONG: Advice(
            "问到的是另一条链", "another chain than expected answered", Act.NOTHING
        ),
        Code.CLOCK_SUSPECT: Advice(
            "本机时钟不准", "this device's clock looks wrong", Act.SET_CLOCK
        ),
        Code.TRUST_BUNDLE_OLD: Advice(
            "信任数据过旧", "the trust data is too old", Act.UPDATE_TRUST
        ),
        Code.TRUST_BUNDLE_REFUSED: Advice(
            "信任数据不可信,没有采用",
            "the trust data is not trusted and was not used",
            Act.UPDATE_TRUST,
        ),
        Code.TRUST_UNAVAILABLE: Advice(
            "信任数据没有取到", "the trust data could not be fetched", Act.CONNECT
        ),
        # check 8: validity
        Code.EXPIRED: Advice("已过有效期", "expired", Act.REFUSE_ENDED),
        Code.NOT_YET_VALID: Advice("尚未到有效期", "not yet valid", Act.REFUSE_NOW),
        Code.SAMPLE_LICENCE: Advice("样本", "a sample", Act.REFUSE_SAMPLE),
        # check 9: holder
        Code.HOLDER_PROOF_MISSING: Advice(
            "没有出示持有证明", "no proof of possession was given", Act.PRESENT_AGAIN
        ),
        Code.HOLDER_KEY: Advice("不是持证企业的密钥", "not the holder's key", Act.PRESENT_AGAIN),
        Code.HOLDER_NONCE: Advice(
            "口令不符,或应答的不是本次提问",
            "the digits differ, or it answers another question",
            Act.PRESENT_AGAIN,
        ),
        Code.HOLDER_AUDIENCE: Advice(
            "是出示给别人或别的用途的",
            "it was meant for somebody or something else",
            Act.PRESENT_AGAIN,
        ),
        Code.HOLDER_TIME: Advice(
            "出示已过时,或时间在将来", "it is too old, or from the future", Act.PRESENT_AGAIN
        ),
        Code.HOLDER_CERTIFICATE: Advice(
            "持有人证书不属于此证,或已停用",
            "the holder's certificate is not of this licence, or closed",
            Act.PRESENT_AGAIN,
        ),
        Code.HOLDER_SYNTAX: Advice(
            "出示的应答无法读取", "the presenter's answer cannot be read", Act.PRESENT_AGAIN
        ),
        # check 10: limits of a copy
        Code.COPY_EXPIRED: Advice(
            "加注件已过使用期限", "the copy is past its end date", Act.COPY_ANEW
        ),
        Code.COPY_RECIPIENT: Advice(
            "加注件是给别人用的", "the copy was made for somebody else", Act.COPY_ANEW
        ),
        Code.COPY_PURPOSE: Advice(
            "加注件是作别的用途的", "the copy was made for another purpose", Act.COPY_ANEW
        ),
        Code.COPY_SYNTAX: Advice(
            "加注件残缺、被改动,或所写限制不合规定",
            "the copy is damaged, altered, or has limits that no copy may have",
            Act.COPY_ANEW,
        ),
        Code.COPY_BROKEN: Advice(
            "加注件被改动过,或不是持证企业签的",
            "the copy was altered, or the holder did not sign it",
            Act.REFUSE_AND_REPORT,
        ),
        # QR objects
        Code.QR_SYNTAX: Advice(
            "二维码内容残缺或被改动",
            "what the QR code holds is damaged or altered",
            Act.SCAN_AGAIN,
        ),
        Code.QR_SIGNATURE: Advice(
            "二维码不是发证机关签的,或被改动过",
            "the QR code is not signed by the authority, or was altered",
            Act.REFUSE_AND_REPORT,
        ),
    }
)
