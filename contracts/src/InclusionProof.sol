// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Inclusion proofs of RFC 9162 (Certificate Transparency 2.0) with SHA-256, section 2.1.3.2
library InclusionProof {
    /// A tree of `size` <= 2^32 - 1 leaves has no longer path.
    uint256 internal constant MAX_PATH = 32;

    /// @return Whether `leaf` (already hashed) stands at `index` of the tree of `size` leaves with `root`.
    function verify(bytes32 leaf, uint256 index, uint256 size, bytes32[] calldata path, bytes32 root)
        internal
        pure
        returns (bool)
    {
        if (index >= size || path.length > MAX_PATH) return false;
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 node = leaf;
        for (uint256 i = 0; i < path.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 == 1 || fn == sn) {
                node = sha256(abi.encodePacked(uint8(1), path[i], node));
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                node = sha256(abi.encodePacked(uint8(1), node, path[i]));
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && node == root;
    }
}
