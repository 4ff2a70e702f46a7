"""Our own offline verifier as the anchorer's judge: no batch is done before it accepts."""

from dataclasses import dataclass

from anzheng import alarms
from licence.errors import AnzhengError, Code
from licence.formats import evidence as formats
from licence.formats.trust_types import TrustBundle
from licence.ids import Leaf
from verifier.checks.c06_anchor import judge_evidence


@dataclass(frozen=True, slots=True)
class BundleJudge:
    """Judges fresh evidence as any verifier with this bundle would; `anchor.ports.EvidenceJudge`.

    Args:
        bundle: What verifiers believe.
    """

    bundle: TrustBundle

    def accept(self, leaf: Leaf, evidence: bytes) -> None:
        """Return if the evidence proves the leaf.

        Raises:
            AnzhengError: With the code of what is wrong.
        """
        try:
            self._judge(leaf, evidence)
        except AnzhengError as error:
            alarms.sound([error.code], leaf)
            raise

    def _judge(self, leaf: Leaf, evidence: bytes) -> None:
        record = formats.decode(evidence).record
        if self.bundle.authority(record.authority) is None:
            raise AnzhengError(Code.REGISTRY_UNKNOWN, "evidence of an unknown authority")
        judge_evidence(evidence, leaf, record.registry, record.authority, self.bundle)
