"""What every report file says of itself: headings, labels and standing sentences of layout 1.

These words are part of the format: a reader compares them with the pages. They never change; a
wording that must change becomes layout 2 with a schema of its own. What is said about codes comes
with the file (`licence.formats.report_contents`).
"""

from typing import Final

from licence.formats.verdict import Words

TITLE: Final = Words("核验报告", "Verification report")
SUBTITLE: Final = Words(
    "由核验方自动生成并签名,不是许可证", "made and signed by a verifier; it is not a licence"
)
REPORT_ID: Final = Words("报告编号", "report id")

COMPARE: Final = Words("请与手中材料核对", "Compare with what you have in hand")
NAME: Final = Words("企业名称", "enterprise")
USCC: Final = Words("统一社会信用代码", "credit code")
NUMBER: Final = Words("证书编号", "licence number")
KIND: Final = Words("证照名称", "licence")
VALIDITY: Final = Words("有效期", "validity")
ISSUER: Final = Words("发证机关", "issuing authority")
UNPROVED: Final = Words(
    "未能证实证照数据,因此不列出企业名称和编号。",
    "No licence data was proved, so no name and no number stand here.",
)

SUBJECT: Final = Words("核验对象", "What was checked")
FILE: Final = Words("文件名", "file name")
SHA256: Final = Words("文件 SHA-256", "SHA-256 of the file")
LEAF: Final = Words("证照指纹", "fingerprint of the licence")

HOW: Final = Words("核验条件", "How it was checked")
CHECKED_AT: Final = Words("核验时间", "checked at")
ON: Final = Words("查询日期", "date asked about")
TRUST: Final = Words("信任包版本", "trust bundle version")
ENVIRONMENT: Final = Words("环境", "environment")
POLICY: Final = Words("核验规则", "policy")
FACTS: Final = Words("其他事实", "further facts")

CHECKS: Final = Words("逐项核验", "Each check")
NUMBER_HEAD: Final = Words("序号", "no.")
CHECK_HEAD: Final = Words("项目", "check")
RESULT_HEAD: Final = Words("结果", "result")
FINDING_HEAD: Final = Words("说明", "what was found")
NOTE: Final = Words("注意", "note")

PICTURE: Final = Words(
    "被核验文件的第一页(缩小图,仅供比对);红框(如有)标出与数据不符之处",
    "Page one of the file, reduced, for comparison only; red frames, if any, show where it "
    "differs from the data",
)
PICTURE_ALT: Final = Words(
    "被核验文件第一页的缩小图,上面盖有本次核验的结论",
    "reduced picture of page one of the file, with the verdict printed across",
)

SUMMARY: Final = Words("结果汇总", "Summary")
COUNT: Final = Words("文件数", "files")
VERDICT_HEAD: Final = Words("结论", "verdict")
EACH: Final = Words("各文件的结果", "Each file")

LIMITS: Final = Words("本报告不能证明什么", "What this report does not prove")
LIMIT_LINES: Final = (
    Words(
        "只说明核验当时的结果;此后证照可能被暂扣、吊销或换发。超过 24 小时请重新核验。",
        "It says what was found at that time; the licence may have been suspended, revoked or "
        "replaced since. After 24 hours check again.",
    ),
    Words(
        "不证明出示文件的人就是持证企业,也不证明企业现场符合安全生产条件。",
        "It does not prove that whoever showed the file is the holder, nor that the site is safe.",
    ),
    Words(
        "截图、复印件和打印件不能替代本文件:请用下列方法核对签名。",
        "A screenshot, copy or print is no substitute for this file: check its signature as below.",
    ),
)
CHECK_THIS: Final = Words("如何核对本报告", "How to check this report")
CHECK_THIS_LINES: Final = (
    Words(
        "在核验页面上传本 PDF,或运行命令 anzheng verify;也可用 PDF 阅读器查看签名和时间戳。",
        "Drop this PDF on the verification page or run the command anzheng verify; a PDF reader "
        "shows signature and timestamp too.",
    ),
    Words(
        "机器可读的报告(JSON)是本 PDF 的附件,页面文字与其逐字一致。",
        "The machine-readable report (JSON) is attached to this PDF; the pages say the same, "
        "character by character.",
    ),
)
MAKER: Final = Words("核验方", "verifier")
CERTIFICATE: Final = Words("签名证书 SHA-256", "SHA-256 of the signing certificate")
MADE_AT: Final = Words("报告生成时间", "report made at")
STAMP: Final = Words("时间戳", "timestamp")
STAMPED: Final = Words("有(RFC 3161,见文件签名)", "yes (RFC 3161, see the signature of the file)")
UNSTAMPED: Final = Words(
    "无:时间仅由核验方自述,本报告不能单独采信",
    "none: the time is the verifier's own word; do not rely on this report alone",
)
CHINA: Final = "+08:00"
