// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What LicenceRegistry tells of batches and statuses, and why it refuses
/// @notice `changes` are as in LicenceRegistry: each `word << 64 | bits`.
abstract contract RegistryEvents {
    /// @notice A batch was anchored.
    /// @param authority Whose batch.
    /// @param root Root of its tree.
    /// @param sequence Number in the history.
    /// @param size How many leaves.
    /// @param manifest Digest of its manifest.
    /// @param account Who did it; a deputy's account in the authority's name.
    event Anchored(
        bytes18 indexed authority,
        bytes32 indexed root,
        uint64 indexed sequence,
        uint32 size,
        bytes32 manifest,
        address account
    );
    /// @notice Licences were suspended or given back.
    /// @param authority Whose licences.
    /// @param decision Digest of the decision.
    /// @param sequence Number in the history.
    /// @param status 1 suspended, 0 given back.
    /// @param changes Which licences.
    /// @param account Who did it.
    event StatusChanged(
        bytes18 indexed authority,
        bytes32 indexed decision,
        uint64 indexed sequence,
        uint8 status,
        uint96[] changes,
        address account
    );
    /// @notice A licence was replaced by another.
    /// @param authority Whose licence.
    /// @param decision Digest of the decision.
    /// @param sequence Number in the history.
    /// @param index Status index of the licence.
    /// @param leaf Leaf of the other.
    /// @param account Who did it.
    event Superseded(
        bytes18 indexed authority,
        bytes32 indexed decision,
        uint64 indexed sequence,
        uint32 index,
        bytes32 leaf,
        address account
    );
    /// @notice A final change was proposed.
    /// @param authority Whose licences.
    /// @param decision Digest of the decision.
    /// @param sequence Number in the history.
    /// @param proposal Id of the proposal.
    /// @param status 2 to 5.
    /// @param changes Which licences.
    /// @param account Who did it.
    event Proposed(
        bytes18 indexed authority,
        bytes32 indexed decision,
        uint64 indexed sequence,
        bytes32 proposal,
        uint8 status,
        uint96[] changes,
        address account
    );
    /// @notice A final change was confirmed and made; what it says stands in its proposal's event.
    /// @param authority Whose licences.
    /// @param proposal Id of the proposal.
    /// @param sequence Number in the history.
    /// @param proposer The account that proposed.
    /// @param account Who confirmed.
    event Confirmed(
        bytes18 indexed authority,
        bytes32 indexed proposal,
        uint64 indexed sequence,
        address proposer,
        address account
    );
    /// @notice A proposal was taken back.
    /// @param authority In whose name it was made.
    /// @param proposal Its id.
    /// @param sequence Number in the history.
    /// @param proposer The account that proposed.
    /// @param account Who took it back.
    event ProposalDropped(
        bytes18 indexed authority,
        bytes32 indexed proposal,
        uint64 indexed sequence,
        address proposer,
        address account
    );

    /// @notice A batch without root, manifest or leaves.
    error BadBatch();
    /// @notice The batch is anchored already.
    /// @param key Its key.
    error AlreadyAnchored(bytes32 key);
    /// @notice The authority has anchored no such batch.
    /// @param key Its key.
    error UnknownBatch(bytes32 key);
    /// @notice No changes, too many, not in ascending order, or a mask that is none.
    error BadChanges();
    /// @notice Only 2 to 5 are proposed.
    /// @param status What was to be proposed.
    error NotFinal(uint8 status);
    /// @notice A licence of this word cannot take this status from the one that it has.
    /// @param word Which 64 licences.
    /// @param old Their nibbles.
    /// @param status What was to be written.
    error Transition(uint32 word, uint256 old, uint8 status);
    /// @notice Nobody confirms what the same account proposed.
    /// @param account Who tried.
    error SameAccount(address account);
    /// @notice Today's final changes would be more than the cap.
    /// @param dailyCap The cap.
    error DailyCapReached(uint32 dailyCap);
    /// @notice The path does not lead from the leaf to the root.
    /// @param leaf The leaf.
    error NotIncluded(bytes32 leaf);
    /// @notice The leaf has replaced a licence already.
    /// @param leaf The leaf.
    error SuccessorUsed(bytes32 leaf);
}
