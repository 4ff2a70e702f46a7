// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Which status may follow which, for 64 licences at once.
///
/// A status is one nibble; a word holds the nibbles of 64 licences, licence `i` of a word in bits
/// `4 * i` to `4 * i + 3`. A mask has 0xF in the nibble of each licence that changes.
///
///   0 none          no negative event
///   1 suspended     暂扣 (reversible)
///   2 revoked       吊销
///   3 rescinded     撤销
///   4 withdrawn     撤回
///   5 cancelled     注销
///   6 superseded    换发
///   7 to 15         refused
///
///   from \ to   0  1  2  3  4  5  6
///   none        .  x  x  x  x  x  x
///   suspended   x  .  x  x  x  x  x
///   revoked     .  .  .  .  .  x  .
///   rescinded   .  .  .  .  .  x  .
///   withdrawn   .  .  .  .  .  x  .
///   cancelled   .  .  .  x  .  .  .
///   superseded  .  .  .  x  .  x  .
///
/// The same table stands in licence/domain/status.py; a test compares the two cell by cell.
library StatusRules {
    uint8 internal constant NONE = 0;
    uint8 internal constant SUSPENDED = 1;
    uint8 internal constant RESCINDED = 3;
    uint8 internal constant CANCELLED = 5;
    uint8 internal constant SUPERSEDED = 6;

    /// The lowest bit of every nibble.
    uint256 internal constant ONES = 0x1111111111111111111111111111111111111111111111111111111111111111;

    /// Whether `mask` is made of whole nibbles, and of at least one.
    function isMask(uint256 mask) internal pure returns (bool) {
        return mask != 0 && mask == (mask & ONES) * 15;
    }

    /// Whether every licence of `mask` may go from its nibble in `old` to `status`.
    function mayChange(uint256 old, uint256 mask, uint8 status) internal pure returns (bool) {
        uint256 bit0 = old & ONES;
        uint256 bit1 = (old >> 1) & ONES;
        uint256 bit2 = (old >> 2) & ONES;
        // 0 and 1 are the only words without bit 1 and bit 2 (bit 3 is never set).
        uint256 open = ~(bit1 | bit2);
        uint256 allowed;
        if (status == NONE) {
            allowed = open & bit0;
        } else if (status == SUSPENDED) {
            allowed = open & ~bit0;
        } else if (status == RESCINDED) {
            allowed = open | (bit2 & (bit0 ^ bit1)); // also from 5 (101) and 6 (110)
        } else if (status == CANCELLED) {
            allowed = ~(bit2 & bit0); // from everything but 5 (101)
        } else if (status <= SUPERSEDED) {
            allowed = open;
        } // 7 to 15: nothing is allowed
        return mask & ONES & ~allowed == 0;
    }

    /// `old` with `status` in the nibbles of `mask`.
    function changed(uint256 old, uint256 mask, uint8 status) internal pure returns (uint256) {
        unchecked {
            return (old & ~mask) | ((ONES * status) & mask);
        }
    }

    /// How many licences `mask` names: at most 64.
    function count(uint256 mask) internal pure returns (uint256) {
        unchecked {
            uint256 ones = mask & ONES;
            // Add neighbouring nibbles to bytes, then let the multiplication sum the 32 bytes.
            ones = (ones + (ones >> 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            return (ones * 0x0101010101010101010101010101010101010101010101010101010101010101) >> 248;
        }
    }
}
