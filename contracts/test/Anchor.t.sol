// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryEvents} from "../src/RegistryEvents.sol";
import {RegistryAdministration} from "../src/RegistryAdministration.sol";
import {RegistryHistory} from "../src/RegistryHistory.sol";
import {RegistryStorage} from "../src/RegistryStorage.sol";
import {Base} from "./Base.sol";

contract AnchorTest is Base {
    function test_anchorStoresTimeAndSequenceUnderTheSendersAuthority() public {
        (uint64 before,) = registry.head();
        anchorAs(ANCHORER, ROOT, 100);
        (uint64 time, uint64 sequence) = registry.batch(CITY, keyOf(ROOT, 100, MANIFEST));
        assertEq(time, block.timestamp, "time");
        assertEq(sequence, before + 1, "sequence");
        (time,) = registry.batch(OTHER, keyOf(ROOT, 100, MANIFEST));
        assertEq(time, 0, "nothing under the other authority");
    }

    function test_sizeIsBoundInTheKey() public {
        anchorAs(ANCHORER, ROOT, 100);
        (uint64 time,) = registry.batch(CITY, keyOf(ROOT, 101, MANIFEST));
        assertEq(time, 0, "another size is another batch");
    }

    function test_nobodyOccupiesAnothersRoot() public {
        anchorAs(OTHER_ANCHORER, ROOT, 100);
        anchorAs(ANCHORER, ROOT, 100);
        (uint64 time,) = registry.batch(CITY, keyOf(ROOT, 100, MANIFEST));
        assertEq(time, block.timestamp, "time");
    }

    function test_secondSendReverts() public {
        anchorAs(ANCHORER, ROOT, 100);
        bytes32 key = keyOf(ROOT, 100, MANIFEST);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.AlreadyAnchored.selector, key));
        anchorAs(ANCHORER, ROOT, 100);
    }

    function test_emptyBatchesAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.BadBatch.selector));
        anchorAs(ANCHORER, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.BadBatch.selector));
        anchorAs(ANCHORER, ROOT, 0);
        vm.prank(ANCHORER);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.BadBatch.selector));
        registry.anchor(ROOT, 1, 0);
    }

    function testFuzz_onlyTheAnchorAccountAnchors(address account) public {
        if (account == ANCHORER || account == OTHER_ANCHORER) return;
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, account, 1));
        anchorAs(account, ROOT, 1);
    }

    function testFuzz_historyHasNoGapAndHeadCommitsToEveryEntry(uint8 count) public {
        (uint64 sequence, bytes32 head) = registry.head();
        for (uint32 i = 1; i <= count % 8; ++i) {
            anchorAs(ANCHORER, ROOT, i);
            bytes32 key = keyOf(ROOT, i, MANIFEST);
            head = keccak256(
                abi.encode(head, ++sequence, RegistryHistory.Kind.Anchored, CITY, ANCHORER, block.timestamp, key)
            );
        }
        (uint64 gotSequence, bytes32 gotHead) = registry.head();
        assertEq(gotSequence, sequence, "sequence");
        assertEq(uint256(gotHead), uint256(head), "head");
    }

    function test_everyAdministrativeCallIsInTheHistory() public {
        (uint64 start,) = registry.head();
        registry.setDailyCap(CITY, 1);
        registry.pause();
        registry.unpause();
        registry.pauseAuthority(CITY);
        registry.unpauseAuthority(CITY);
        registry.grantRole("role", address(1));
        registry.revokeRole("role", address(1));
        registry.beginDefaultAdminTransfer(address(2));
        registry.cancelDefaultAdminTransfer();
        registry.changeDefaultAdminDelay(2 days);
        registry.rollbackDefaultAdminDelay();
        registry.setSuccessor(address(this));
        (uint64 end,) = registry.head();
        assertEq(end - start, 12, "twelve entries");
    }

    function test_storageStandsAtItsErc7201Slot() public pure {
        bytes32 expected =
            keccak256(abi.encode(uint256(keccak256("anzheng.licence-registry.v1")) - 1)) & ~bytes32(uint256(0xff));
        assertEq(uint256(RegistryStorage.SLOT), uint256(expected), "slot");
    }
}
