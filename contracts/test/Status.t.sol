// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenceRegistry} from "../src/LicenceRegistry.sol";
import {RegistryAdministration} from "../src/RegistryAdministration.sol";
import {StatusRules} from "../src/StatusRules.sol";
import {Base} from "./Base.sol";

contract StatusTest is Base {
    uint256 internal constant ALL = type(uint256).max;

    function test_suspendedAndGivenBackByOneAccount() public {
        suspend(3, nibble(5));
        assertEq(registry.statusOf(CITY, 3 * 64 + 5), 1, "suspended");
        assertEq(registry.statusOf(OTHER, 3 * 64 + 5), 0, "the other authority has its own words");
        reinstate(3, nibble(5));
        assertEq(registry.statusWord(CITY, 3), 0, "given back");
    }

    function test_finalChangeNeedsTwoAccounts() public {
        propose(2, 0, nibble(7), DECISION);
        assertEq(registry.statusOf(CITY, 7), 0, "a proposal changes nothing");
        confirm(2, 0, nibble(7), DECISION);
        assertEq(registry.statusOf(CITY, 7), 2, "revoked");
    }

    function test_proposerHasNoRightToConfirmAndViceVersa() public {
        propose(2, 0, 15, DECISION);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, PROPOSER, 4));
        registry.confirm(2, one(0, 15), DECISION);
        vm.prank(CONFIRMER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, CONFIRMER, 2));
        registry.propose(2, one(0, 15), keccak256("x"));
    }

    function test_oneAccountCannotConfirmItsOwnProposalEvenWithNewRights() public {
        propose(2, 0, 15, DECISION);
        registry.setAccount(CITY, PROPOSER, 4);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.SameAccount.selector, PROPOSER));
        registry.confirm(2, one(0, 15), DECISION);
    }

    function test_confirmerOfAnotherAuthorityFindsNoProposal() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(OTHER, 2, one(0, 15), DECISION);
        vm.prank(OTHER_CONFIRMER);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.NoOpenProposal.selector, id));
        registry.confirm(2, one(0, 15), DECISION);
    }

    function test_confirmWithOtherContentFindsNoProposal() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 3, one(0, 15), DECISION);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.NoOpenProposal.selector, id));
        confirm(3, 0, 15, DECISION);
    }

    function test_proposalIsConfirmedOnce() public {
        propose(5, 0, 15, DECISION);
        confirm(5, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 5, one(0, 15), DECISION);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.NoOpenProposal.selector, id));
        confirm(5, 0, 15, DECISION);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.ProposalExists.selector, id));
        propose(5, 0, 15, DECISION);
    }

    function test_proposalExpiresAndMayBeMadeAgain() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 2, one(0, 15), DECISION);
        vm.warp(block.timestamp + 7 days + 1);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.NoOpenProposal.selector, id));
        confirm(2, 0, 15, DECISION);
        propose(2, 0, 15, DECISION);
        confirm(2, 0, 15, DECISION);
    }

    function test_droppedProposalIsGone() public {
        propose(2, 0, 15, DECISION);
        bytes32 id = registry.proposalId(CITY, 2, one(0, 15), DECISION);
        vm.prank(PROPOSER);
        registry.dropProposal(id);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.NoOpenProposal.selector, id));
        confirm(2, 0, 15, DECISION);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.NoOpenProposal.selector, id));
        registry.dropProposal(id);
    }

    function testFuzz_onlyFinalStatusesAreProposed(uint8 status) public {
        if (status >= 2 && status <= 5) return;
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.NotFinal.selector, status));
        propose(status, 0, 15, DECISION);
    }

    function test_dailyCapCountsLicencesAndStartsAgainNextDay() public {
        registry.setDailyCap(CITY, 65);
        propose(2, 0, ALL, "a");
        confirm(2, 0, ALL, "a");
        propose(2, 1, nibble(0) | nibble(1), "b");
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.DailyCapReached.selector, 65));
        confirm(2, 1, nibble(0) | nibble(1), "b");
        vm.warp(block.timestamp + 1 days);
        confirm(2, 1, nibble(0) | nibble(1), "b");
        assertEq(registry.authorityOf(CITY).capUsed, 2, "used");
    }

    function test_badChangesAreRefused() public {
        LicenceRegistry.Change[] memory none = new LicenceRegistry.Change[](0);
        LicenceRegistry.Change[] memory twice = new LicenceRegistry.Change[](2);
        twice[0] = LicenceRegistry.Change(1, 15);
        twice[1] = LicenceRegistry.Change(1, 15);
        LicenceRegistry.Change[] memory many = new LicenceRegistry.Change[](257);
        for (uint32 i = 0; i < 257; ++i) {
            many[i] = LicenceRegistry.Change(i, 15);
        }
        refused(none);
        refused(twice);
        refused(many);
        refused(one(0, 0));
        refused(one(0, 7));
        refused(one(0, 0xF1));
    }

    function refused(LicenceRegistry.Change[] memory changes) internal {
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.BadChanges.selector));
        registry.suspend(changes, DECISION);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.BadChanges.selector));
        registry.propose(2, changes, DECISION);
    }

    function testFuzz_finalNeverReturns(uint256 seed, uint8 status) public {
        status = 2 + status % 4;
        uint256 mask = (seed & StatusRules.ONES) * 15;
        if (mask == 0) return;
        propose(status, 0, mask, DECISION);
        confirm(status, 0, mask, DECISION);
        uint256 old = registry.statusWord(CITY, 0);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.Transition.selector, 0, old, 0));
        reinstate(0, mask);
        vm.expectRevert(abi.encodeWithSelector(LicenceRegistry.Transition.selector, 0, old, 1));
        suspend(0, mask);
        assertEq(registry.statusWord(CITY, 0), old, "unchanged");
    }

    /// The closed form against a table cell by cell, in every place of a word.
    function test_transitionTable() public pure {
        uint8[7] memory to = [0x02, 0x01, 0x03, 0x63, 0x03, 0x5F, 0x03]; // bit i: from status i
        for (uint8 status = 0; status < 16; ++status) {
            for (uint256 old = 0; old < 7; ++old) {
                bool want = status < 7 && (to[status] >> old) & 1 == 1;
                for (uint256 place = 0; place < 64; place += 21) {
                    bool got = StatusRules.mayChange(old << (4 * place), nibble(place), status);
                    require(got == want, "cell");
                }
            }
        }
    }

    function testFuzz_changeTouchesOnlyTheMask(uint256 old, uint256 seed, uint8 status) public pure {
        uint256 mask = (seed & StatusRules.ONES) * 15;
        status = status % 7;
        uint256 next = StatusRules.changed(old, mask, status);
        assertEq(next & ~mask, old & ~mask, "outside");
        assertEq(next & mask, (StatusRules.ONES * status) & mask, "inside");
    }

    function testFuzz_count(uint256 seed) public pure {
        uint256 mask = (seed & StatusRules.ONES) * 15;
        uint256 want;
        for (uint256 i = 0; i < 64; ++i) {
            if ((mask >> (4 * i)) & 15 == 15) ++want;
        }
        assertEq(StatusRules.count(mask), want, "count");
    }
}
