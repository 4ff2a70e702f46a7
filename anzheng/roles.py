"""The processes into which one installation is taken apart, each with its own keys (DESIGN 5)."""

from enum import StrEnum, unique


@unique
class Role(StrEnum):
    """What a worker does; one without a role does it all."""

    SIGNER = "signer"
    """Licence keys, CAs, timestamps of a trial; its own ledger. Sees no chain."""

    ANCHOR = "anchor"
    """Anchor and propose accounts, log, status lists, the online key of the trust repository."""

    CONFIRMER = "confirmer"
    """The confirm account and a database of its own; of the installation's it only reads."""
