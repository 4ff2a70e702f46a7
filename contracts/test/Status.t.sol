// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryEvents} from "../src/RegistryEvents.sol";
import {RegistryAdministration} from "../src/RegistryAdministration.sol";
import {RegistryProposals} from "../src/RegistryProposals.sol";
import {Base} from "./Base.sol";

contract StatusTest is Base {
    uint64 internal constant ALL = type(uint64).max;

    function test_suspendedAndGivenBackByOneAccount() public {
        suspend(3, bit(5));
        assertEq(registry.statusOf(CITY, 3 * 64 + 5), 1, "suspended");
        assertEq(registry.statusOf(OTHER, 3 * 64 + 5), 0, "the other authority has its own words");
        reinstate(3, bit(5));
        assertEq(registry.statusWord(CITY, 3), 0, "given back");
    }

    function test_finalChangeNeedsTwoAccounts() public {
        propose(2, 0, bit(7), DECISION);
        assertEq(registry.statusOf(CITY, 7), 0, "a proposal changes nothing");
        confirm(2, 0, bit(7), DECISION);
        assertEq(registry.statusOf(CITY, 7), 2, "revoked");
    }

    function test_proposerHasNoRightToConfirmAndViceVersa() public {
        propose(2, 0, 15, DECISION);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, PROPOSER, 4));
        registry.confirm(2, one(0, 15), DECISION, PROPOSER);
        vm.prank(CONFIRMER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, CONFIRMER, 2));
        registry.propose(2, one(0, 15), keccak256("x"));
    }

    function test_oneAccountCannotConfirmItsOwnProposalEvenWithNewRights() public {
        propose(2, 0, 15, DECISION);
        registry.setAccount(CITY, PROPOSER, 4);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.SameAccount.selector, PROPOSER));
        registry.confirm(2, one(0, 15), DECISION, PROPOSER);
    }

    function test_confirmerOfAnotherAuthorityFindsNoProposal() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(OTHER, 2, one(0, 15), DECISION);
        vm.prank(OTHER_CONFIRMER);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        registry.confirm(2, one(0, 15), DECISION, PROPOSER);
    }

    function test_confirmWithOtherContentFindsNoProposal() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 3, one(0, 15), DECISION);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        confirm(3, 0, 15, DECISION);
    }

    function test_proposalIsConfirmedOnce() public {
        propose(5, 0, 15, DECISION);
        confirm(5, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 5, one(0, 15), DECISION);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        confirm(5, 0, 15, DECISION);
        propose(5, 0, 15, DECISION);
        uint256 old = registry.statusWord(CITY, 0);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.Transition.selector, 0, old, 5));
        confirm(5, 0, 15, DECISION);
    }

    function test_proposalExpiresAndMayBeMadeAgain() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 2, one(0, 15), DECISION);
        vm.warp(block.timestamp + 7 days + 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        confirm(2, 0, 15, DECISION);
        propose(2, 0, 15, DECISION);
        confirm(2, 0, 15, DECISION);
    }

    function test_droppedProposalIsGone() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 2, one(0, 15), DECISION);
        vm.prank(PROPOSER);
        registry.dropProposal(id, PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        confirm(2, 0, 15, DECISION);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        registry.dropProposal(id, PROPOSER);
    }

    function testFuzz_onlyFinalStatusesAreProposed(uint8 status) public {
        if (status >= 2 && status <= 5) return;
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.NotFinal.selector, status));
        propose(status, 0, 15, DECISION);
    }

    function test_dailyCapCountsLicencesAndStartsAgainNextDay() public {
        registry.setDailyCap(CITY, 65);
        propose(2, 0, ALL, "a");
        confirm(2, 0, ALL, "a");
        propose(2, 1, bit(0) | bit(1), "b");
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.DailyCapReached.selector, 65));
        confirm(2, 1, bit(0) | bit(1), "b");
        vm.warp(block.timestamp + 1 days);
        confirm(2, 1, bit(0) | bit(1), "b");
        assertEq(registry.authorityOf(CITY).capUsed, 2, "used");
    }

    function test_badChangesAreRefused() public {
        uint96[] memory none = new uint96[](0);
        uint96[] memory twice = new uint96[](2);
        twice[0] = (1 << 64) | 15;
        twice[1] = (1 << 64) | 15;
        uint96[] memory many = new uint96[](257);
        for (uint32 i = 0; i < 257; ++i) {
            many[i] = (uint96(i) << 64) | 15;
        }
        refused(none);
        refused(twice);
        refused(many);
        refused(one(0, 0));
    }

    function refused(uint96[] memory changes) internal {
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.BadChanges.selector));
        registry.suspend(changes, DECISION);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.BadChanges.selector));
        registry.propose(2, changes, DECISION);
    }

    function testFuzz_finalNeverReturns(uint64 bits, uint8 status) public {
        status = 2 + status % 4;
        if (bits == 0) return;
        propose(status, 0, bits, DECISION);
        confirm(status, 0, bits, DECISION);
        uint256 old = registry.statusWord(CITY, 0);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.Transition.selector, 0, old, 0));
        reinstate(0, bits);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.Transition.selector, 0, old, 1));
        suspend(0, bits);
        assertEq(registry.statusWord(CITY, 0), old, "unchanged");
    }

    /// Any call data for `changes`: either refused, or exactly the named licences are suspended.
    function testFuzz_suspendTakesOnlyProperChanges(uint256 first, uint256 second, uint8 shape) public {
        if (shape & 1 == 0) first = uint96(first);
        if (shape & 2 == 0) second = uint96(second);
        if (shape & 12 == 0) second = uint64(second) | (first >> 64 << 64);
        bytes memory data = abi.encodeWithSelector(registry.suspend.selector, 0x40, DECISION, 2, first, second);
        bool proper = first >> 96 == 0 && second >> 96 == 0 && uint64(first) != 0 && uint64(second) != 0
            && first >> 64 < second >> 64;
        vm.prank(PROPOSER);
        (bool done,) = address(registry).call(data);
        require(done == proper, "taken or refused");
        if (!done) return;
        assertEq(registry.statusWord(CITY, uint32(first >> 64)), onesOf(uint64(first)), "first");
        assertEq(registry.statusWord(CITY, uint32(second >> 64)), onesOf(uint64(second)), "second");
    }
}
