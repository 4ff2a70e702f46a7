# The types of what `verifier/__init__.py` loads when it is asked for.
from verifier.artefacts import (
    Artefact,
    Ask,
    CopyFile,
    NumberText,
    PdfFile,
    QrText,
    ReportFile,
    recognise,
    recognise_text,
)
from verifier.memory import Memory
from verifier.policy import BATCH, INSPECTOR, STRICT, Policy, Referee
from verifier.trust import TrustStore, load_trust
from verifier.trust_update import Source, update_trust
from verifier.verify import verify, verify_and_learn, verify_artefact, verify_many

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
