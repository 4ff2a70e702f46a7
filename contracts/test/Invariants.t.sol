// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenceRegistry} from "../src/LicenceRegistry.sol";
import {Handler} from "./Handler.sol";
import {Replay} from "./Replay.sol";

/// What stays true whatever is called in whatever order. That a final nibble never returns, nobody
/// writes another authority's word, a change has two accounts and the cap holds is checked after
/// every call, in Handler and Replay.
contract InvariantsTest {
    Handler internal handler;

    function setUp() public {
        handler = new Handler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// The handler must get every function through, or the invariants are about nothing.
    function test_handlerGetsEverythingThrough() public {
        for (uint256 i = 0; i < 400; ++i) {
            uint256 seed = uint256(keccak256(abi.encode(i)));
            (uint256 who, uint256 whose) = (seed >> 100, seed >> 200);
            handler.anchor(who, whose, seed);
            handler.suspend(who, whose, seed);
            handler.reinstate(who, whose, seed);
            handler.propose(who, whose, seed);
            handler.confirm(who, whose, seed);
            handler.drop(who, whose, seed);
            handler.supersede(who, whose, seed);
            handler.delegate(who, whose, uint8(seed), uint32(seed >> 64));
            handler.restoreAccount(who, whose);
            if (i % 16 == 0) handler.pauseAuthority(who);
            handler.letGo(who);
            handler.setCap(who, uint32(seed >> 20));
            if (i % 8 == 0) handler.warp(uint32(seed >> 64));
            if (i % 32 == 0) handler.setAccount(who, whose, uint8(seed));
            if (i % 32 == 0) handler.revokeDelegation(who, whose);
            handler.hand(seed);
        }
        LicenceRegistry registry = handler.registry();
        bytes4[20] memory selectors = [
            registry.anchor.selector,
            registry.anchorFor.selector,
            registry.suspend.selector,
            registry.suspendFor.selector,
            registry.reinstate.selector,
            registry.reinstateFor.selector,
            registry.propose.selector,
            registry.proposeFor.selector,
            registry.confirm.selector,
            registry.confirmFor.selector,
            registry.dropProposal.selector,
            registry.dropProposalFor.selector,
            registry.supersede.selector,
            registry.supersedeFor.selector,
            registry.delegate.selector,
            registry.revokeDelegation.selector,
            registry.pauseAuthority.selector,
            registry.unpauseAuthority.selector,
            registry.setDailyCap.selector,
            registry.beginDefaultAdminTransfer.selector
        ];
        for (uint256 i = 0; i < selectors.length; ++i) {
            if (handler.accepted(selectors[i]) == 0) revert Never(i);
        }
        require(handler.replay().finals() > 0, "no final change");
        this.invariant_numberHasNoGapAndHeadRecomputes();
        this.invariant_wordsAreWhatTheEventsSay();
        this.invariant_capsAreWhatTheEventsSay();
    }

    error Never(uint256 place);

    function invariant_numberHasNoGapAndHeadRecomputes() public view {
        (uint64 sequence, bytes32 head) = handler.registry().head();
        require(sequence == handler.replay().sequence(), "sequence");
        require(head == handler.replay().head(), "head");
    }

    function invariant_wordsAreWhatTheEventsSay() public view {
        LicenceRegistry registry = handler.registry();
        Replay replay = handler.replay();
        for (uint256 i = 0; i < 3; ++i) {
            for (uint32 j = 0; j < 3; ++j) {
                require(registry.statusWord(handler.authority(i), j) == replay.words(handler.authority(i), j), "word");
            }
        }
    }

    function invariant_capsAreWhatTheEventsSay() public view {
        for (uint256 i = 0; i < 3; ++i) {
            bytes18 name = handler.authority(i);
            Replay replay = handler.replay();
            uint256 day = handler.registry().authorityOf(name).capDay;
            require(handler.registry().authorityOf(name).capUsed == replay.used(name, day), "used");
            require(handler.registry().authorityOf(name).dailyCap == replay.cap(name), "cap");
        }
    }
}
