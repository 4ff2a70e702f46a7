"""Verifies licences: offline with a trust folder alone, online with a registry and a chain node.

    from verifier import STRICT, load_trust, verify

    trust = load_trust(folder, now=now)
    report = verify(pdf, trust, policy=STRICT, now=now)
    report.require()

It has no key and no database, and it imports nothing of the other folders but `licence`. What
stands here is loaded when it is first asked for: whoever only wants a part below, as the public
registry does, loads no library that reads PDF files.
"""

from verifier.lazy import exports

__all__ = [
    "BATCH",
    "INSPECTOR",
    "STRICT",
    "Artefact",
    "Ask",
    "CopyFile",
    "Memory",
    "NumberText",
    "PdfFile",
    "Policy",
    "QrText",
    "Referee",
    "ReportFile",
    "Source",
    "TrustStore",
    "load_trust",
    "recognise",
    "recognise_text",
    "update_trust",
    "verify",
    "verify_and_learn",
    "verify_artefact",
    "verify_many",
]

__getattr__ = exports(__name__)
