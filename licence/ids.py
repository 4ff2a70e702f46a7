"""Names for what would otherwise be "just bytes" or "just a string": a mix-up is a type error."""

from typing import NewType

Digest = NewType("Digest", bytes)
"""A SHA-256 digest, 32 bytes."""

Leaf = NewType("Leaf", bytes)
"""The identity of an anchored thing: SHA-256(0x00 || leaf data), 32 bytes; in hex a public id."""

MerkleRoot = NewType("MerkleRoot", bytes)
"""Root of an RFC 9162 tree, 32 bytes."""

LicenceNo = NewType("LicenceNo", str)
"""A licence number in canonical form, such as `（辽）WH安许证字〔2024〕0127`."""

AuthorityId = NewType("AuthorityId", str)
"""The 18-character unified social credit code of an issuing authority."""

RegistryId = NewType("RegistryId", str)
"""Name of a status registry; the trust bundle maps it to chains and contracts."""

OfficerId = NewType("OfficerId", str)
"""Name of an officer whose public key the signer has pinned."""

StatusIndex = NewType("StatusIndex", int)
"""Place of a version in the status words and lists of one (registry, authority); never reused."""

ChainId = NewType("ChainId", int)
"""EIP-155 chain id."""

Address = NewType("Address", bytes)
"""Address of an account or contract, 20 bytes."""

BlockHash = NewType("BlockHash", bytes)
"""Hash of a block as the node reports it, 32 bytes."""

BatchId = NewType("BatchId", str)
"""Id of a release or anchor batch, unique in one installation."""
