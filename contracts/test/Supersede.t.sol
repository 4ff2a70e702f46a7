// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InclusionProof} from "../src/InclusionProof.sol";
import {LicenceRegistry} from "../src/LicenceRegistry.sol";
import {RegistryEvents} from "../src/RegistryEvents.sol";
import {Base} from "./Base.sol";

contract SupersedeTest is Base {
    bytes32 internal constant A = keccak256("a");
    bytes32 internal constant B = keccak256("b");
    bytes32 internal constant C = keccak256("c");

    bytes32 internal ab;
    bytes32 internal top;

    function setUp() public override {
        super.setUp();
        ab = node(A, B);
        top = node(ab, C);
        anchorAs(ANCHORER, top, 3);
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(uint8(1), left, right));
    }

    function succession(uint32 index) internal view returns (LicenceRegistry.Succession[] memory items) {
        bytes32[] memory path = new bytes32[](2);
        path[0] = A;
        path[1] = C;
        items = new LicenceRegistry.Succession[](1);
        items[0] = LicenceRegistry.Succession(index, 1, 3, top, MANIFEST, B, path);
    }

    function supersede(LicenceRegistry.Succession[] memory items) internal {
        vm.prank(PROPOSER);
        registry.supersede(items, DECISION);
    }

    function test_successorThatIsAnchoredNeedsNoSecondAccountAndNoCap() public {
        registry.setDailyCap(CITY, 0);
        supersede(succession(70));
        assertEq(registry.statusOf(CITY, 70), 6, "superseded");
        require(registry.isSuccessor(CITY, keyOf(top, 3, MANIFEST), 1), "leaf is used");
    }

    function test_leafServesOnce() public {
        supersede(succession(70));
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.SuccessorUsed.selector, B));
        supersede(succession(71));
    }

    function test_leafThatIsNotInTheBatchIsRefused() public {
        LicenceRegistry.Succession[] memory items = succession(70);
        items[0].leaf = C;
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.NotIncluded.selector, C));
        supersede(items);
    }

    /// An inner node with the rest of a path leads to the root too, and is no leaf.
    function test_innerNodeIsNoLeaf() public {
        LicenceRegistry.Succession[] memory items = succession(70);
        bytes32[] memory path = new bytes32[](1);
        path[0] = C;
        (items[0].leaf, items[0].leafIndex, items[0].path) = (ab, 0, path);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.NotIncluded.selector, ab));
        supersede(items);
    }

    function test_batchThatIsNotAnchoredIsRefused() public {
        LicenceRegistry.Succession[] memory items = succession(70);
        items[0].size = 4;
        bytes32 key = keyOf(top, 4, MANIFEST);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.UnknownBatch.selector, key));
        supersede(items);
    }

    function test_finalLicenceIsNotSuperseded() public {
        propose(2, 1, bit(6), DECISION);
        confirm(2, 1, bit(6), DECISION);
        uint256 old = registry.statusWord(CITY, 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.Transition.selector, 1, old, 6));
        supersede(succession(70));
    }

    function test_emptyListIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.BadChanges.selector));
        supersede(new LicenceRegistry.Succession[](0));
    }

    function test_supersededMayBeCancelledAndRescindedButNotGivenBack() public {
        supersede(succession(70));
        propose(5, 1, bit(6), DECISION);
        confirm(5, 1, bit(6), DECISION);
        assertEq(registry.statusOf(CITY, 70), 5, "cancelled");
        propose(3, 1, bit(6), DECISION);
        confirm(3, 1, bit(6), DECISION);
        assertEq(registry.statusOf(CITY, 70), 3, "rescinded");
        uint256 old = registry.statusWord(CITY, 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.Transition.selector, 1, old, 0));
        reinstate(1, bit(6));
    }

    function prove(bytes32 leaf, uint256 index, uint256 size, bytes32[] calldata path, bytes32 root)
        external
        pure
        returns (bool)
    {
        return InclusionProof.verify(leaf, index, size, path, root);
    }

    /// A tree of one to 40 leaves: each leaf at its own index, and nowhere else.
    function testFuzz_inclusion(uint8 size, uint8 place, uint8 other) public view {
        uint256 n = 1 + size % 40;
        uint256 index = place % n;
        bytes32[] memory leaves = new bytes32[](n);
        for (uint256 i = 0; i < n; ++i) {
            leaves[i] = keccak256(abi.encode(i));
        }
        bytes32[] memory path = pathOf(leaves, index);
        bytes32 root = rootOf(leaves, 0, n);
        require(this.prove(leaves[index], index, n, path, root), "proof");
        uint256 wrong = other % (n + 2);
        if (wrong != index) require(!this.prove(leaves[index], wrong, n, path, root), "wrong index");
        require(!this.prove(leaves[index], index, n, longer(path), root), "longer path");
    }

    function longer(bytes32[] memory path) internal pure returns (bytes32[] memory made) {
        made = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; ++i) {
            made[i] = path[i];
        }
    }

    /// The recursive definition of RFC 9162, 2.1.1.
    function rootOf(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 middle = from + split(to - from);
        return node(rootOf(leaves, from, middle), rootOf(leaves, middle, to));
    }

    function split(uint256 n) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }

    /// The recursive definition of RFC 9162, 2.1.3.1, made from the top down.
    function pathOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory path) {
        bytes32[] memory down = new bytes32[](8);
        uint256 count;
        uint256 from = 0;
        uint256 to = leaves.length;
        while (to - from > 1) {
            uint256 middle = from + split(to - from);
            if (index < middle) {
                down[count++] = rootOf(leaves, middle, to);
                to = middle;
            } else {
                down[count++] = rootOf(leaves, from, middle);
                from = middle;
            }
        }
        path = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            path[i] = down[count - 1 - i];
        }
    }
}
