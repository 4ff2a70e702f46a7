// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title All state of the registry in one struct at a fixed slot (ERC-7201)
/// @notice The slots that storage proofs name do not move when the library under the contract
/// changes. Members keep their places for ever; a new one comes at the end.
library RegistryStorage {
    /// keccak256(abi.encode(uint256(keccak256("anzheng.licence-registry.v1")) - 1)) & ~0xff
    bytes32 internal constant SLOT = 0xfe6519dd57477636225d178802b78b9f46804b3e27f9c18ff9349d88dc332d00;

    /// An account belongs to one authority for ever; its rights may be taken away.
    struct Account {
        bytes18 authority;
        uint8 rights;
    }

    /// `capDay` and `capUsed` count the final changes of one UTC day.
    struct Authority {
        uint40 registeredAt;
        bool paused;
        uint32 dailyCap;
        uint32 capDay;
        uint32 capUsed;
    }

    /// When a batch was anchored, and under which number; `time` 0 = never.
    struct Batch {
        uint64 time;
        uint64 sequence;
    }

    /// What another authority may do in one's name, up to and with the second `until`.
    struct Delegation {
        uint40 until;
        uint8 rights;
    }

    /// `lanes` holds proposals, see RegistryProposals: time, state and digest in one word.
    /// @custom:storage-location erc7201:anzheng.licence-registry.v1
    struct Layout {
        uint64 sequence;
        uint40 frozenAt;
        bool paused;
        uint32 pausedAuthorities;
        bytes32 head;
        address successor;
        mapping(address account => Account) accounts;
        mapping(bytes18 authority => Authority) authorities;
        mapping(bytes18 authority => mapping(bytes32 key => Batch)) batches;
        mapping(bytes18 authority => mapping(uint256 word => uint256)) status;
        mapping(bytes18 authority => mapping(uint256 lane => uint256)) lanes;
        mapping(bytes18 authority => mapping(bytes32 key => mapping(uint256 word => uint256))) successors;
        mapping(bytes18 principal => mapping(bytes18 deputy => Delegation)) delegations;
    }

    /// @return flags What stands beside `sequence` in its slot: 0 = nothing is frozen or paused.
    function stops() internal view returns (uint256 flags) {
        bytes32 slot = SLOT;
        assembly ("memory-safe") {
            flags := shr(64, sload(slot))
        }
    }

    /// @return slot Where a mapping keeps the value of a key.
    /// @return value What stands there.
    function find(mapping(uint256 => uint256) storage map, uint256 key)
        internal
        view
        returns (bytes32 slot, uint256 value)
    {
        assembly ("memory-safe") {
            mstore(0, key)
            mstore(0x20, map.slot)
            slot := keccak256(0, 0x40)
            value := sload(slot)
        }
    }

    /// @dev Writes the word in a slot.
    function store(bytes32 slot, uint256 value) internal {
        assembly ("memory-safe") {
            sstore(slot, value)
        }
    }

    /// @return s The registry's state.
    function state() internal pure returns (Layout storage s) {
        bytes32 slot = SLOT;
        assembly ("memory-safe") {
            s.slot := slot
        }
    }
}

/// @title Never deployed: lets the compiler print the layout of the struct, relative to SLOT
contract RegistryStorageLayout {
    RegistryStorage.Layout internal members;
}
