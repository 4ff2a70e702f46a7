// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenceRegistry} from "../src/LicenceRegistry.sol";

/// The cheat codes of forge that we use; forge-std is not needed for more.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function prank(address sender) external;
    function warp(uint256 time) external;
    function expectRevert(bytes calldata reason) external;
    function load(address target, bytes32 slot) external view returns (bytes32);
    function store(address target, bytes32 slot, bytes32 value) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
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
    address internal constant OTHER_PROPOSER = address(0xB2);
    address internal constant OTHER_CONFIRMER = address(0xB3);
    address internal constant OTHER_DELEGATOR = address(0xB5);
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
        registry.setAccount(OTHER, OTHER_PROPOSER, registry.RIGHT_PROPOSE());
        registry.setAccount(OTHER, OTHER_CONFIRMER, registry.RIGHT_CONFIRM());
        registry.setAccount(OTHER, OTHER_DELEGATOR, registry.RIGHT_DELEGATE());
    }

    /// One change: the licences of `bits` in `word`.
    function one(uint32 word, uint64 bits) internal pure returns (uint96[] memory changes) {
        changes = new uint96[](1);
        changes[0] = (uint96(word) << 64) | bits;
    }

    function bit(uint256 place) internal pure returns (uint64) {
        return uint64(1) << uint64(place);
    }

    /// The lowest bit of nibble `i` for each bit `i`, the slow and plain way.
    function onesOf(uint64 bits) internal pure returns (uint256 ones) {
        for (uint256 i = 0; i < 64; ++i) {
            if ((bits >> i) & 1 == 1) ones |= uint256(1) << (4 * i);
        }
    }

    function idOf(bytes18 authority, uint8 status, uint96[] memory changes, bytes32 decision)
        internal
        pure
        returns (bytes32)
    {
        bytes memory words;
        for (uint256 i = 0; i < changes.length; ++i) {
            words = bytes.concat(words, bytes32(uint256(changes[i])));
        }
        return keccak256(abi.encode(authority, status, decision, keccak256(words)));
    }

    function keyOf(bytes32 root, uint32 size, bytes32 manifest) internal pure returns (bytes32) {
        return keccak256(abi.encode(root, size, manifest));
    }

    function anchorAs(address account, bytes32 root, uint32 size) internal {
        vm.prank(account);
        registry.anchor(root, size, MANIFEST);
    }

    function suspend(uint32 word, uint64 bits) internal {
        vm.prank(PROPOSER);
        registry.suspend(one(word, bits), DECISION);
    }

    function reinstate(uint32 word, uint64 bits) internal {
        vm.prank(PROPOSER);
        registry.reinstate(one(word, bits), DECISION);
    }

    function propose(uint8 status, uint32 word, uint64 bits, bytes32 decision) internal {
        vm.prank(PROPOSER);
        registry.propose(status, one(word, bits), decision);
    }

    function confirm(uint8 status, uint32 word, uint64 bits, bytes32 decision) internal {
        vm.prank(CONFIRMER);
        registry.confirm(status, one(word, bits), decision, PROPOSER);
    }

    function assertEq(uint256 left, uint256 right, string memory what) internal pure {
        require(left == right, what);
    }
}
