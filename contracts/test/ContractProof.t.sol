// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryStorage} from "../src/RegistryStorage.sol";
import {StatusRules} from "../src/StatusRules.sol";
import {Base} from "./Base.sol";

/// What halmos proves of the whole contract: any word in storage, any choice of licences.
contract ContractProof is Base {
    function put(uint256 seed) internal returns (uint256 word) {
        word = seed & (StatusRules.ONES * 7);
        word ^= word & (word >> 1) & (word >> 2) & StatusRules.ONES; // 7 becomes 6
        bytes32 map = keccak256(abi.encode(CITY, uint256(RegistryStorage.SLOT) + 6));
        vm.store(address(registry), keccak256(abi.encode(uint256(0), map)), bytes32(word));
    }

    function ask(address from, bytes memory data) internal returns (bool done) {
        vm.prank(from);
        (done,) = address(registry).call(data);
    }

    /// Licence `place` went from `old` to `now_`; `asked`: the call was accepted and named it.
    function follow(uint256 old, uint8 place, bool asked, uint8 status) internal view {
        uint256 now_ = registry.statusWord(CITY, 0);
        uint256 shift = 4 * uint256(place);
        uint256 before = (old >> shift) & 15;
        uint256 next = (now_ >> shift) & 15;
        if (asked) {
            assert(next == status);
            assert((0x035F0363030102 >> (8 * uint256(status) + before)) & 1 == 1);
        } else {
            assert(next == before);
        }
    }

    function check_suspend(uint256 seed, uint64 bits, uint8 place) public {
        if (place >= 64) return;
        uint256 old = put(seed);
        bool done = ask(PROPOSER, abi.encodeCall(registry.suspend, (one(0, bits), DECISION)));
        follow(old, place, done && (bits >> place) & 1 == 1, 1);
    }

    function check_reinstate(uint256 seed, uint64 bits, uint8 place) public {
        if (place >= 64) return;
        uint256 old = put(seed);
        bool done = ask(PROPOSER, abi.encodeCall(registry.reinstate, (one(0, bits), DECISION)));
        follow(old, place, done && (bits >> place) & 1 == 1, 0);
    }

    function check_finalChange(uint256 seed, uint64 bits, uint8 status, uint8 place) public {
        if (place >= 64) return;
        uint256 old = put(seed);
        bool proposed = ask(PROPOSER, abi.encodeCall(registry.propose, (status, one(0, bits), DECISION)));
        assert(!proposed || (status >= 2 && status <= 5));
        follow(old, place, false, status);
        bool done =
            ask(CONFIRMER, abi.encodeCall(registry.confirm, (status, one(0, bits), DECISION, PROPOSER)));
        assert(proposed || !done);
        follow(old, place, done && (bits >> place) & 1 == 1, status);
    }

    /// False on purpose: halmos must find a change that is confirmed.
    function wrong_nothingIsConfirmed(uint64 bits, uint8 status) public {
        ask(PROPOSER, abi.encodeCall(registry.propose, (status, one(0, bits), DECISION)));
        bool done =
            ask(CONFIRMER, abi.encodeCall(registry.confirm, (status, one(0, bits), DECISION, PROPOSER)));
        assert(!done);
    }
}
