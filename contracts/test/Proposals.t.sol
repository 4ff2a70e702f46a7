// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryEvents} from "../src/RegistryEvents.sol";
import {RegistryProposals} from "../src/RegistryProposals.sol";
import {RegistryStorage} from "../src/RegistryStorage.sol";
import {Base} from "./Base.sol";

contract ProposalsTest is Base {
    address internal constant SECOND_PROPOSER = address(0xA6);

    function setUp() public override {
        super.setUp();
        registry.setAccount(CITY, SECOND_PROPOSER, registry.RIGHT_PROPOSE());
    }

    function stateOf(bytes32 id, address proposer) internal view returns (uint8 state) {
        (, state) = registry.proposal(CITY, id, proposer);
    }

    function laneOf(bytes32 id, uint256 probe) internal view returns (uint256) {
        bytes32 map = keccak256(abi.encode(CITY, uint256(RegistryStorage.SLOT) + 7));
        return uint256(vm.load(address(registry), keccak256(abi.encode((uint256(id) + probe) % 256, map))));
    }

    /// A decision whose proposal (revoke licence 0 of `word`) has the lane.
    function decisionFor(uint8 lane, uint32 word) internal pure returns (bytes32 decision) {
        while (uint8(uint256(idOf(CITY, 2, one(word, 1), decision))) != lane) {
            decision = bytes32(uint256(decision) + 1);
        }
    }

    function test_idIsWhatTheContractSays() public view {
        assertEq(
            uint256(registry.proposalId(CITY, 2, one(7, 9), DECISION)),
            uint256(idOf(CITY, 2, one(7, 9), DECISION)),
            "id"
        );
    }

    function test_statesOfAProposal() public {
        bytes32 id = idOf(CITY, 2, one(0, 1), DECISION);
        assertEq(stateOf(id, PROPOSER), 0, "none");
        propose(2, 0, 1, DECISION);
        (uint40 time, uint8 state) = registry.proposal(CITY, id, PROPOSER);
        assertEq(time, block.timestamp, "time");
        assertEq(state, registry.PROPOSAL_OPEN(), "open");
        assertEq(stateOf(id, SECOND_PROPOSER), 0, "another account's is none");
        vm.warp(block.timestamp + 1);
        confirm(2, 0, 1, DECISION);
        (time, state) = registry.proposal(CITY, id, PROPOSER);
        assertEq(time, block.timestamp - 1, "it keeps its time");
        assertEq(state, registry.PROPOSAL_CONFIRMED(), "confirmed");
    }

    function test_laneIsNeverEmptied() public {
        bytes32 id = idOf(CITY, 2, one(0, 1), DECISION);
        propose(2, 0, 1, DECISION);
        uint256 open = laneOf(id, 0);
        require(open != 0, "taken");
        confirm(2, 0, 1, DECISION);
        uint256 settled = laneOf(id, 0);
        assertEq(settled >> 48, open >> 48, "the digest stays");
        assertEq(uint8(settled >> 40), 2, "confirmed");
    }

    function test_confirmNamesTheProposer() public {
        propose(2, 0, 1, DECISION);
        bytes32 id = idOf(CITY, 2, one(0, 1), DECISION);
        vm.prank(CONFIRMER);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        registry.confirm(2, one(0, 1), DECISION, SECOND_PROPOSER);
        vm.prank(CONFIRMER);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.SameAccount.selector, CONFIRMER));
        registry.confirm(2, one(0, 1), DECISION, CONFIRMER);
    }

    function test_theSameProposalOfTwoAccountsStandsInTwoLanes() public {
        propose(2, 0, 1, DECISION);
        vm.prank(SECOND_PROPOSER);
        registry.propose(2, one(0, 1), DECISION);
        bytes32 id = idOf(CITY, 2, one(0, 1), DECISION);
        require(laneOf(id, 0) != 0 && laneOf(id, 1) != 0, "two lanes");
        vm.prank(CONFIRMER);
        registry.confirm(2, one(0, 1), DECISION, SECOND_PROPOSER);
        assertEq(stateOf(id, PROPOSER), 1, "the first is open");
        uint256 old = registry.statusWord(CITY, 0);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.Transition.selector, 0, old, 2));
        confirm(2, 0, 1, DECISION);
    }

    function test_eightProposalsOfOneLaneStandBesideEachOtherAndTheNinthWaits() public {
        bytes32[] memory decisions = new bytes32[](9);
        for (uint32 i = 0; i < 9; ++i) {
            decisions[i] = decisionFor(250, i);
        }
        for (uint32 i = 0; i < 8; ++i) {
            propose(2, i, 1, decisions[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.LaneBusy.selector, 250));
        propose(2, 8, 1, decisions[8]);
        confirm(2, 7, 1, decisions[7]);
        propose(2, 8, 1, decisions[8]);
        confirm(2, 8, 1, decisions[8]);
        for (uint32 i = 0; i < 7; ++i) {
            confirm(2, i, 1, decisions[i]);
            assertEq(registry.statusOf(CITY, 64 * i), 2, "each is confirmed");
        }
    }

    function test_lapsedProposalGivesItsLane() public {
        bytes32 first = decisionFor(9, 0);
        propose(2, 0, 1, first);
        vm.warp(block.timestamp + 7 days);
        bytes32 id = idOf(CITY, 2, one(0, 1), first);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.ProposalExists.selector, id));
        propose(2, 0, 1, first);
        vm.warp(block.timestamp + 1);
        propose(2, 1, 1, decisionFor(9, 1));
        assertEq(stateOf(id, PROPOSER), 0, "overwritten");
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        confirm(2, 0, 1, first);
    }

    function test_openProposalIsToldBeforeASettledOneOfTheSameContent() public {
        bytes32 other = decisionFor(9, 1);
        bytes32 again = decisionFor(9, 0);
        propose(2, 1, 1, other);
        propose(2, 0, 1, again); // in the second lane
        bytes32 id = idOf(CITY, 2, one(0, 1), again);
        vm.prank(PROPOSER);
        registry.dropProposal(idOf(CITY, 2, one(1, 1), other), PROPOSER);
        propose(2, 0, 1, again); // and in the first, which is free again
        confirm(2, 0, 1, again);
        assertEq(stateOf(id, PROPOSER), 1, "the other one is open");
        vm.prank(PROPOSER);
        registry.dropProposal(id, PROPOSER);
        assertEq(stateOf(id, PROPOSER), 2, "the first lane tells");
    }

    function test_proposalOfACollegueIsDropped() public {
        propose(2, 0, 1, DECISION);
        bytes32 id = idOf(CITY, 2, one(0, 1), DECISION);
        vm.prank(SECOND_PROPOSER);
        registry.dropProposal(id, PROPOSER);
        assertEq(stateOf(id, PROPOSER), registry.PROPOSAL_DROPPED(), "dropped");
    }

    function testFuzz_onlyTheExactProposalIsConfirmed(
        uint8 status,
        uint96 change,
        bytes32 decision,
        address proposer
    ) public {
        propose(2, 3, 5, DECISION);
        uint96[] memory changes = new uint96[](1);
        changes[0] = change;
        bool same = status == 2 && change == (uint96(3) << 64) + 5 && decision == DECISION && proposer == PROPOSER;
        vm.prank(CONFIRMER);
        (bool done,) = address(registry).call(
            abi.encodeCall(registry.confirm, (status, changes, decision, proposer))
        );
        require(done == same, "only this one");
    }
}
