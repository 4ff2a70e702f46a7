// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// All state of the registry in one struct at a fixed slot (ERC-7201), so that the slots which
/// storage proofs name do not move when the library under the contract changes.
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

    /// A final change that waits for a second account.
    struct Proposal {
        address proposer;
        uint48 proposedAt;
        uint8 state;
    }

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
        mapping(bytes18 authority => mapping(bytes32 proposal => Proposal)) proposals;
        mapping(bytes18 authority => mapping(bytes32 key => mapping(uint256 word => uint256))) successors;
    }

    function state() internal pure returns (Layout storage s) {
        bytes32 slot = SLOT;
        assembly ("memory-safe") {
            s.slot := slot
        }
    }
}

/// Never deployed: lets the compiler print the layout of the struct, relative to SLOT.
contract RegistryStorageLayout {
    RegistryStorage.Layout internal members;
}
