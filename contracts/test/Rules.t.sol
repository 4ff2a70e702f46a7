// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StatusRules} from "../src/StatusRules.sol";
import {Base} from "./Base.sol";

/// The rule for 64 licences at once against a table and against loops. forge tries it with many
/// words, halmos (the functions named check) proves it for all of them.
contract RulesTest is Base {
    /// Bit `i` of each entry: may a licence come from status `i`? The same table as in StatusRules.
    function allowed(uint256 old, uint256 status) internal pure returns (bool) {
        if (old > 6 || status > 6) return false;
        uint256 table = 0x035F0363030102; // 7 entries of 8 bits, the one of status 0 lowest
        return (table >> (8 * status + old)) & 1 == 1;
    }

    function test_transitionTable() public pure {
        uint8[7] memory to = [0x02, 0x01, 0x03, 0x63, 0x03, 0x5F, 0x03];
        for (uint8 status = 0; status < 16; ++status) {
            for (uint256 old = 0; old < 7; ++old) {
                bool want = status < 7 && (to[status] >> old) & 1 == 1;
                require(allowed(old, status) == want, "the two spellings of the table");
                for (uint256 place = 0; place < 64; place += 21) {
                    bool got = StatusRules.mayChange(old << (4 * place), uint256(1) << (4 * place), status);
                    require(got == want, "cell");
                }
            }
        }
    }

    function testFuzz_spread(uint64 bits) public pure {
        assertEq(StatusRules.spread(bits), onesOf(bits), "spread");
    }

    function testFuzz_changeTouchesOnlyTheNamed(uint256 old, uint64 bits, uint8 status) public pure {
        status = status % 7;
        uint256 ones = onesOf(bits);
        uint256 next = StatusRules.changed(old, ones, status);
        assertEq(next & ~(ones * 15), old & ~(ones * 15), "outside");
        assertEq(next & (ones * 15), ones * status, "inside");
    }

    function testFuzz_count(uint64 bits) public pure {
        uint256 want;
        for (uint256 i = 0; i < 64; ++i) {
            want += (bits >> i) & 1;
        }
        assertEq(StatusRules.count(onesOf(bits)), want, "count");
    }

    function testFuzz_mayChangeIsTheTableForEach(uint256 seed, uint64 bits, uint8 status) public pure {
        uint256 old = wellFormed(seed);
        bool want = true;
        for (uint256 i = 0; i < 64; ++i) {
            if ((bits >> i) & 1 == 1 && !allowed((old >> (4 * i)) & 15, status)) want = false;
        }
        require(StatusRules.mayChange(old, onesOf(bits), status) == want, "may change");
    }

    /// A word with nibbles 0 to 6, as the contract has them.
    function wellFormed(uint256 seed) internal pure returns (uint256 word) {
        word = seed & (StatusRules.ONES * 7);
        uint256 seven = word & (word >> 1) & (word >> 2) & StatusRules.ONES;
        word ^= seven; // 7 becomes 6
    }

    // -- proofs, for every word, every choice of licences and every status

    /// Bit `place` of 64 becomes nibble `place`, and nothing else is set.
    function check_spread(uint64 bits, uint8 place) public pure {
        if (place >= 64) return;
        uint256 ones = StatusRules.spread(bits);
        assert((ones >> (4 * uint256(place))) & 15 == (uint256(bits) >> place) & 1);
    }

    /// What may change is what the table allows, for each licence that is named.
    function check_onlyAllowedTransitions(uint256 seed, uint64 bits, uint8 status, uint8 place) public pure {
        if (place >= 64 || (bits >> place) & 1 == 0) return;
        uint256 old = wellFormed(seed);
        if (!StatusRules.mayChange(old, StatusRules.spread(bits), status)) return;
        assert(allowed((old >> (4 * uint256(place))) & 15, status));
    }

    /// What the table allows is not refused.
    function check_allowedTransitionIsTaken(uint256 seed, uint8 status, uint8 place) public pure {
        if (place >= 64) return;
        uint256 old = wellFormed(seed);
        bool may = StatusRules.mayChange(old, uint256(1) << (4 * uint256(place)), status);
        assert(may == allowed((old >> (4 * uint256(place))) & 15, status));
    }

    /// The named licences get the status, the others keep theirs.
    function check_changed(uint256 old, uint64 bits, uint8 status, uint8 place) public pure {
        if (place >= 64 || status > 15) return;
        uint256 next = StatusRules.changed(old, StatusRules.spread(bits), status);
        uint256 nibble = (next >> (4 * uint256(place))) & 15;
        if ((bits >> place) & 1 == 1) assert(nibble == status);
        else assert(nibble == (old >> (4 * uint256(place))) & 15);
    }

    /// No accepted change leads from final (2 to 6) to 0 or 1, whatever the word.
    function check_finalNeverReturns(uint256 seed, uint64 bits, uint8 status, uint8 place) public pure {
        if (place >= 64) return;
        uint256 old = wellFormed(seed);
        uint256 ones = StatusRules.spread(bits);
        if (!StatusRules.mayChange(old, ones, status)) return;
        uint256 shift = 4 * uint256(place);
        uint256 next = (StatusRules.changed(old, ones, status) >> shift) & 15;
        if ((old >> shift) & 15 >= 2) assert(next >= 2);
        assert(next <= 6);
    }

    /// False on purpose: halmos must find that a suspended licence can be given back.
    function wrong_suspendedNeverReturns(uint256 seed, uint64 bits) public pure {
        uint256 old = wellFormed(seed);
        uint256 ones = StatusRules.spread(bits);
        if (!StatusRules.mayChange(old, ones, 0)) return;
        assert(ones == 0);
    }
}
