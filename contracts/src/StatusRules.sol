// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Which status may follow which, for 64 licences at once
/// @notice A status is one nibble; a word holds the nibbles of 64 licences, licence `i` of a word in bits
/// `4 * i` to `4 * i + 3`. The licences that change are given as `ones`: 1 in the nibble of each.
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
    uint8 internal constant REVOKED = 2;
    uint8 internal constant RESCINDED = 3;
    uint8 internal constant WITHDRAWN = 4;
    uint8 internal constant CANCELLED = 5;
    uint8 internal constant SUPERSEDED = 6;

    /// The lowest bit of every nibble.
    uint256 internal constant ONES = 0x1111111111111111111111111111111111111111111111111111111111111111;

    /// @param bits At most 64.
    /// @return ones The lowest bit of nibble `i` for each bit `i`.
    function spread(uint256 bits) internal pure returns (uint256 ones) {
        // The upper half of every group moves away by three times its length, six times over.
        ones = bits;
        ones = (ones | (ones << 96)) & 0x000000000000000000000000ffffffff000000000000000000000000ffffffff;
        ones = (ones | (ones << 48)) & 0x000000000000ffff000000000000ffff000000000000ffff000000000000ffff;
        ones = (ones | (ones << 24)) & 0x000000ff000000ff000000ff000000ff000000ff000000ff000000ff000000ff;
        ones = (ones | (ones << 12)) & 0x000f000f000f000f000f000f000f000f000f000f000f000f000f000f000f000f;
        ones = (ones | (ones << 6)) & 0x0303030303030303030303030303030303030303030303030303030303030303;
        ones = (ones | (ones << 3)) & ONES;
    }

    /// @return Whether every licence of `ones` may go from its nibble in `old` to `status`.
    function mayChange(uint256 old, uint256 ones, uint8 status) internal pure returns (bool) {
        uint256 bit0 = old;
        uint256 bit1 = old >> 1;
        uint256 bit2 = old >> 2;
        // 0 and 1 are the only words without bit 1 and bit 2 (bit 3 is never set).
        uint256 open = ~(bit1 | bit2);
        uint256 allowed = 0; // 7 to 15: nothing
        if (status == REVOKED || status == WITHDRAWN || status == SUPERSEDED) {
            allowed = open;
        } else if (status == RESCINDED) {
            allowed = open | (bit2 & (bit0 ^ bit1)); // also from 5 (101) and 6 (110)
        } else if (status == CANCELLED) {
            allowed = ~(bit2 & bit0); // from everything but 5 (101)
        } else if (status == SUSPENDED) {
            allowed = open & ~bit0;
        } else if (status == NONE) {
            allowed = open & bit0;
        }
        // `ones` has the lowest bit of a nibble only, so what the shifts brought in does not count.
        return ones & ~allowed == 0;
    }

    /// @return The word `old` with `status` in the nibbles of `ones`.
    function changed(uint256 old, uint256 ones, uint8 status) internal pure returns (uint256) {
        // A nibble of `ones` times at most 15 stays in its nibble.
        unchecked {
            return (old & ~(ones * 15)) | (ones * status);
        }
    }

    /// @return How many nibbles `ones` names: at most 64.
    function count(uint256 ones) internal pure returns (uint256) {
        unchecked {
            // Add neighbouring nibbles to bytes, then let the multiplication sum the 32 bytes.
            uint256 pairs = (ones + (ones >> 4)) & 0x0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f;
            return (pairs * 0x0101010101010101010101010101010101010101010101010101010101010101) >> 248;
        }
    }
}
