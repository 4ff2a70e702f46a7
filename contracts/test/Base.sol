// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenceRegistry} from "../src/LicenceRegistry.sol";

/// The cheat codes of forge that we use; forge-std is not needed for more.
interface Vm {
    function prank(address sender) external;
    function warp(uint256 time) external;
    function expectRevert(bytes calldata reason) external;
}

/// One registry with two authorities; each has an account for every right.
abstract contract Base {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bytes18 internal constant CITY = "11210200MB0000001A";
    bytes18 internal constant OTHER = "11210300MB0000002B";
    address internal constant ANCHORER = address(0xA1);
    address internal constant PROPOSER = address(0xA2);
    address internal constant CONFIRMER = address(0xA3);
    address internal constant PAUSER = address(0xA4);
    address internal constant OTHER_ANCHORER = address(0xB1);
    address internal constant OTHER_CONFIRMER = address(0xB3);
    bytes32 internal constant ROOT = keccak256("root");
    bytes32 internal constant MANIFEST = keccak256("manifest");
    bytes32 internal constant DECISION = keccak256("decision");
    uint32 internal constant CAP = 1000;

    LicenceRegistry internal registry;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        registry = new LicenceRegistry(1 days, address(this));
        registry.registerAuthority(CITY, CAP);
        registry.registerAuthority(OTHER, CAP);
        registry.setAccount(CITY, ANCHORER, registry.RIGHT_ANCHOR());
        registry.setAccount(CITY, PROPOSER, registry.RIGHT_PROPOSE());
        registry.setAccount(CITY, CONFIRMER, registry.RIGHT_CONFIRM());
        registry.setAccount(CITY, PAUSER, registry.RIGHT_PAUSE());
        registry.setAccount(OTHER, OTHER_ANCHORER, registry.RIGHT_ANCHOR());
        registry.setAccount(OTHER, OTHER_CONFIRMER, registry.RIGHT_CONFIRM());
    }

    function one(uint32 word, uint256 mask) internal pure returns (LicenceRegistry.Change[] memory changes) {
        changes = new LicenceRegistry.Change[](1);
        changes[0] = LicenceRegistry.Change(word, mask);
    }

    function nibble(uint256 place) internal pure returns (uint256) {
        return uint256(15) << (4 * place);
    }

    function keyOf(bytes32 root, uint32 size, bytes32 manifest) internal pure returns (bytes32) {
        return keccak256(abi.encode(root, size, manifest));
    }

    function anchorAs(address account, bytes32 root, uint32 size) internal {
        vm.prank(account);
        registry.anchor(root, size, MANIFEST);
    }

    function suspend(uint32 word, uint256 mask) internal {
        vm.prank(PROPOSER);
        registry.suspend(one(word, mask), DECISION);
    }

    function reinstate(uint32 word, uint256 mask) internal {
        vm.prank(PROPOSER);
        registry.reinstate(one(word, mask), DECISION);
    }

    function propose(uint8 status, uint32 word, uint256 mask, bytes32 decision) internal {
        vm.prank(PROPOSER);
        registry.propose(status, one(word, mask), decision);
    }

    function confirm(uint8 status, uint32 word, uint256 mask, bytes32 decision) internal {
        vm.prank(CONFIRMER);
        registry.confirm(status, one(word, mask), decision);
    }

    function assertEq(uint256 left, uint256 right, string memory what) internal pure {
        require(left == right, what);
    }
}
