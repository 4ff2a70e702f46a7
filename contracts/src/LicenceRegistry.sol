// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {InclusionProof} from "./InclusionProof.sol";
import {RegistryEvents} from "./RegistryEvents.sol";
import {RegistryProposals} from "./RegistryProposals.sol";
import {RegistryStorage} from "./RegistryStorage.sol";
import {StatusRules} from "./StatusRules.sol";

/// @title Anchors batches of licences and keeps the status of every licence, for many authorities
/// @notice Only digests stand here: no number, no name, no scope. The code can never be changed: a
/// later version is another contract, which `setSuccessor` names while it freezes this one.
///
/// Who may do what: the administrator (one account with a two-step, delayed hand-over) registers
/// authorities and gives their accounts rights, and can neither anchor nor change a status. An
/// account acts for its own authority, and through the functions named `...For` for another that
/// delegated this to its own.
///
/// Which licences change is said by `changes`, each `word << 64 | bits`: licence `64 * word + i` for
/// each bit `i`. Every accepted call is an entry of the history, see RegistryHistory.
contract LicenceRegistry is RegistryProposals, RegistryEvents {
    /// Licence `index` is replaced by `leaf`, which stands at `leafIndex` of an anchored batch.
    struct Succession {
        uint32 index;
        uint32 leafIndex;
        uint32 size;
        bytes32 root;
        bytes32 manifest;
        bytes32 leaf;
        bytes32[] path;
    }

    /// @notice Most words, or successions, in one call, so that it fits into a block.
    uint256 public constant MAX_CHANGES = 256;

    /// The bits of a change that name licences; the word stands above them.
    uint256 private constant LICENCES = type(uint64).max;

    /// @param adminDelay Seconds before a new administrator can take over.
    /// @param admin The first administrator.
    constructor(uint48 adminDelay, address admin) AccessControlDefaultAdminRules(adminDelay, admin) {}

    // -- for one's own authority

    /// @notice Anchors a batch: stores when, under its key and the sender's authority.
    /// @dev The key binds root, size and manifest; another authority's batch of the same root is
    /// another slot, so nobody can occupy it. A second send reverts.
    /// @param root Root of the batch's tree (RFC 9162, SHA-256).
    /// @param size How many leaves.
    /// @param manifest Digest of the batch's manifest.
    function anchor(bytes32 root, uint32 size, bytes32 manifest) external {
        _anchor(_enter(RIGHT_ANCHOR), root, size, manifest);
    }

    /// @notice Suspends licences 暂扣; reversible, so one account does.
    /// @param changes Which.
    /// @param decision Digest of the decision.
    function suspend(uint96[] calldata changes, bytes32 decision) external {
        _changeAtOnce(_enter(RIGHT_PROPOSE), StatusRules.SUSPENDED, changes, decision);
    }

    /// @notice Gives suspended licences back 发还.
    /// @param changes Which.
    /// @param decision Digest of the decision.
    function reinstate(uint96[] calldata changes, bytes32 decision) external {
        _changeAtOnce(_enter(RIGHT_PROPOSE), StatusRules.NONE, changes, decision);
    }

    /// @notice Proposes a final status.
    /// @param status 2 revoked, 3 rescinded, 4 withdrawn or 5 cancelled.
    /// @param changes Which licences.
    /// @param decision Digest of the decision.
    function propose(uint8 status, uint96[] calldata changes, bytes32 decision) external {
        _propose(_enter(RIGHT_PROPOSE), status, changes, decision);
    }

    /// @notice Confirms what another account proposed, and makes the change; the daily cap counts it.
    /// @param status As proposed.
    /// @param changes As proposed.
    /// @param decision As proposed.
    /// @param proposer The account that proposed.
    function confirm(uint8 status, uint96[] calldata changes, bytes32 decision, address proposer) external {
        _confirm(_enter(RIGHT_CONFIRM), status, changes, decision, proposer);
    }

    /// @notice Takes a proposal back that was made in the name of one's own authority.
    /// @param id Its id.
    /// @param proposer The account that proposed.
    function dropProposal(bytes32 id, address proposer) external {
        _drop(_enter(RIGHT_PROPOSE), id, proposer);
    }

    /// @notice Marks licences as superseded 换发, each by a leaf that is proved to be anchored.
    /// @dev The proof stands in for the second account: whoever holds only this right can supersede
    /// no more licences than the authority has anchored, for a leaf serves once.
    /// @param successions Which licence is replaced by which leaf.
    /// @param decision Digest of the decision.
    function supersede(Succession[] calldata successions, bytes32 decision) external {
        _supersedeAll(_enter(RIGHT_PROPOSE), successions, decision);
    }

    // -- in the name of another authority, which delegated it to the sender's

    /// @notice Anchors a batch of another authority.
    /// @param principal In whose name.
    /// @param root Root of the batch's tree.
    /// @param size How many leaves.
    /// @param manifest Digest of the batch's manifest.
    function anchorFor(bytes18 principal, bytes32 root, uint32 size, bytes32 manifest) external {
        _enterFor(principal, RIGHT_ANCHOR);
        _anchor(principal, root, size, manifest);
    }

    /// @notice Suspends licences of another authority.
    /// @param principal In whose name.
    /// @param changes Which.
    /// @param decision Digest of the decision.
    function suspendFor(bytes18 principal, uint96[] calldata changes, bytes32 decision) external {
        _enterFor(principal, RIGHT_PROPOSE);
        _changeAtOnce(principal, StatusRules.SUSPENDED, changes, decision);
    }

    /// @notice Gives suspended licences of another authority back.
    /// @param principal In whose name.
    /// @param changes Which.
    /// @param decision Digest of the decision.
    function reinstateFor(bytes18 principal, uint96[] calldata changes, bytes32 decision) external {
        _enterFor(principal, RIGHT_PROPOSE);
        _changeAtOnce(principal, StatusRules.NONE, changes, decision);
    }

    /// @notice Proposes a final status of another authority's licences.
    /// @param principal In whose name.
    /// @param status 2 revoked, 3 rescinded, 4 withdrawn or 5 cancelled.
    /// @param changes Which licences.
    /// @param decision Digest of the decision.
    function proposeFor(bytes18 principal, uint8 status, uint96[] calldata changes, bytes32 decision) external {
        _enterFor(principal, RIGHT_PROPOSE);
        _propose(principal, status, changes, decision);
    }

    /// @notice Confirms in another authority's name what another account proposed in its name.
    /// @dev An account of the principal, or of any deputy, may have proposed it; never this one.
    /// @param principal In whose name.
    /// @param status As proposed.
    /// @param changes As proposed.
    /// @param decision As proposed.
    /// @param proposer The account that proposed.
    function confirmFor(
        bytes18 principal,
        uint8 status,
        uint96[] calldata changes,
        bytes32 decision,
        address proposer
    ) external {
        _enterFor(principal, RIGHT_CONFIRM);
        _confirm(principal, status, changes, decision, proposer);
    }

    /// @notice Takes a proposal back that was made in another authority's name.
    /// @param principal In whose name.
    /// @param id Its id.
    /// @param proposer The account that proposed.
    function dropProposalFor(bytes18 principal, bytes32 id, address proposer) external {
        _enterFor(principal, RIGHT_PROPOSE);
        _drop(principal, id, proposer);
    }

    /// @notice Marks licences of another authority as superseded.
    /// @param principal In whose name.
    /// @param successions Which licence is replaced by which leaf.
    /// @param decision Digest of the decision.
    function supersedeFor(bytes18 principal, Succession[] calldata successions, bytes32 decision) external {
        _enterFor(principal, RIGHT_PROPOSE);
        _supersedeAll(principal, successions, decision);
    }

    // -- reading

    /// @notice Tells when and under which number a batch was anchored.
    /// @param authority Whose batch.
    /// @param key keccak256(abi.encode(root, size, manifest)).
    /// @return time When; 0 = never.
    /// @return sequence Number in the history.
    function batch(bytes18 authority, bytes32 key) external view returns (uint64 time, uint64 sequence) {
        RegistryStorage.Batch storage slot = RegistryStorage.state().batches[authority][key];
        return (slot.time, slot.sequence);
    }

    /// @notice Tells the statuses of licences `64 * word` to `64 * word + 63`.
    /// @param authority Whose licences.
    /// @param word Which 64.
    /// @return One nibble each, from the low end.
    function statusWord(bytes18 authority, uint32 word) external view returns (uint256) {
        return RegistryStorage.state().status[authority][word];
    }

    /// @notice Tells the status of one licence.
    /// @param authority Whose licence.
    /// @param index Its status index.
    /// @return 0 none, 1 suspended, 2 revoked, 3 rescinded, 4 withdrawn, 5 cancelled, 6 superseded.
    function statusOf(bytes18 authority, uint32 index) external view returns (uint8) {
        return uint8((RegistryStorage.state().status[authority][index / 64] >> ((index % 64) * 4)) & 15);
    }

    /// @notice Tells whether a leaf of an anchored batch has replaced a licence.
    /// @param authority Whose batch.
    /// @param key Key of the batch.
    /// @param leafIndex Place of the leaf.
    /// @return Whether it has.
    function isSuccessor(bytes18 authority, bytes32 key, uint32 leafIndex) external view returns (bool) {
        return (RegistryStorage.state().successors[authority][key][leafIndex >> 8] >> (leafIndex & 255)) & 1 == 1;
    }

    /// @notice Names a change of status: the id of its proposal, and what the history commits to.
    /// @param authority Whose licences.
    /// @param status What they become.
    /// @param changes Which licences.
    /// @param decision Digest of the decision.
    /// @return keccak256(abi.encode(authority, status, decision, keccak256(changes))), each change
    /// being 32 bytes.
    function proposalId(bytes18 authority, uint8 status, uint96[] calldata changes, bytes32 decision)
        external
        pure
        returns (bytes32)
    {
        _checkChanges(changes);
        return _id(authority, status, changes, decision);
    }

    // -- inner parts

    function _anchor(bytes18 authority, bytes32 root, uint32 size, bytes32 manifest) private {
        if (root == 0 || manifest == 0 || size == 0) revert BadBatch();
        bytes32 key = keccak256(abi.encode(root, size, manifest));
        mapping(bytes32 => RegistryStorage.Batch) storage batches = RegistryStorage.state().batches[authority];
        if (batches[key].time != 0) revert AlreadyAnchored(key);
        uint64 sequence = _append(Kind.Anchored, authority, key);
        batches[key] = RegistryStorage.Batch(uint64(block.timestamp), sequence);
        emit Anchored(authority, root, sequence, size, manifest, msg.sender);
    }

    function _changeAtOnce(bytes18 authority, uint8 status, uint96[] calldata changes, bytes32 decision) private {
        _checkChanges(changes);
        _setWords(authority, status, changes);
        uint64 sequence = _append(Kind.StatusChanged, authority, _id(authority, status, changes, decision));
        emit StatusChanged(authority, decision, sequence, status, changes, msg.sender);
    }

    function _propose(bytes18 authority, uint8 status, uint96[] calldata changes, bytes32 decision) private {
        if (status <= StatusRules.SUSPENDED || status >= StatusRules.SUPERSEDED) revert NotFinal(status);
        _checkChanges(changes);
        bytes32 id = _id(authority, status, changes, decision);
        _occupy(authority, id);
        uint64 sequence = _append(Kind.Proposed, authority, id);
        emit Proposed(authority, decision, sequence, id, status, changes, msg.sender);
    }

    function _confirm(
        bytes18 authority,
        uint8 status,
        uint96[] calldata changes,
        bytes32 decision,
        address proposer
    ) private {
        if (proposer == msg.sender) revert SameAccount(msg.sender);
        bytes32 id = _id(authority, status, changes, decision);
        _settle(authority, id, proposer, PROPOSAL_CONFIRMED);
        // Order and masks were checked when it was proposed.
        _useCap(authority, _setWords(authority, status, changes));
        uint64 sequence = _append(Kind.Confirmed, authority, id);
        emit Confirmed(authority, id, sequence, proposer, msg.sender);
    }

    function _drop(bytes18 authority, bytes32 id, address proposer) private {
        _settle(authority, id, proposer, PROPOSAL_DROPPED);
        uint64 sequence = _append(Kind.ProposalDropped, authority, id);
        emit ProposalDropped(authority, id, sequence, proposer, msg.sender);
    }

    /// @dev Writes the words.
    /// @return licences How many licences changed.
    function _setWords(bytes18 authority, uint8 status, uint96[] calldata changes)
        private
        returns (uint256 licences)
    {
        mapping(uint256 => uint256) storage words = RegistryStorage.state().status[authority];
        uint256 length = changes.length;
        // At most MAX_CHANGES words of 64 licences.
        unchecked {
            for (uint256 i = 0; i < length; ++i) {
                uint256 change = _change(changes, i);
                uint256 ones = StatusRules.spread(change & LICENCES);
                _setWord(words, change >> 64, ones, status);
                licences += StatusRules.count(ones);
            }
        }
    }

    function _setWord(mapping(uint256 => uint256) storage words, uint256 word, uint256 ones, uint8 status) private {
        (bytes32 slot, uint256 old) = RegistryStorage.find(words, word);
        if (!StatusRules.mayChange(old, ones, status)) revert Transition(uint32(word), old, status);
        RegistryStorage.store(slot, StatusRules.changed(old, ones, status));
    }

    function _supersedeAll(bytes18 authority, Succession[] calldata successions, bytes32 decision) private {
        if (successions.length == 0 || successions.length > MAX_CHANGES) revert BadChanges();
        for (uint256 i = 0; i < successions.length; ++i) {
            _supersede(authority, successions[i], decision);
        }
    }

    function _supersede(bytes18 authority, Succession calldata item, bytes32 decision) private {
        bytes32 key = keccak256(abi.encode(item.root, item.size, item.manifest));
        RegistryStorage.Layout storage s = RegistryStorage.state();
        if (s.batches[authority][key].time == 0) revert UnknownBatch(key);
        if (!InclusionProof.verify(item.leaf, item.leafIndex, item.size, item.path, item.root)) {
            revert NotIncluded(item.leaf);
        }
        mapping(uint256 => uint256) storage used = s.successors[authority][key];
        uint256 bit = uint256(1) << (item.leafIndex & 255);
        if (used[item.leafIndex >> 8] & bit != 0) revert SuccessorUsed(item.leaf);
        used[item.leafIndex >> 8] |= bit;
        _setWord(s.status[authority], item.index / 64, uint256(1) << ((item.index % 64) * 4), StatusRules.SUPERSEDED);
        bytes32 payload = keccak256(abi.encode(item.index, item.leaf, decision));
        uint64 sequence = _append(Kind.Superseded, authority, payload);
        emit Superseded(authority, decision, sequence, item.index, item.leaf, msg.sender);
    }

    function _useCap(bytes18 authority, uint256 licences) private {
        RegistryStorage.Authority storage stored = RegistryStorage.state().authorities[authority];
        RegistryStorage.Authority memory entry = stored;
        // forge-lint: disable-next-line(unsafe-typecast): enough days for ten million years
        uint32 day = uint32(block.timestamp / 1 days);
        unchecked {
            // A uint32, and at most MAX_CHANGES words of 64 licences.
            uint256 used = entry.capDay < day ? licences : entry.capUsed + licences;
            if (used > entry.dailyCap) revert DailyCapReached(entry.dailyCap);
            // forge-lint: disable-next-line(unsafe-typecast): not above the cap, which is a uint32
            (stored.capDay, stored.capUsed) = (day, uint32(used));
        }
    }

    /// @dev Some words, not too many, each once and in order, each with a licence.
    function _checkChanges(uint96[] calldata changes) private pure {
        uint256 length = changes.length;
        if (length == 0 || length > MAX_CHANGES) revert BadChanges();
        uint256 least = 0;
        unchecked {
            for (uint256 i = 0; i < length; ++i) {
                uint256 change = _change(changes, i);
                if (change < least || change >> 96 != 0 || change & LICENCES == 0) revert BadChanges();
                least = (change | LICENCES) + 1;
            }
        }
    }

    /// @dev Reads a change without the checks that the compiler would repeat: the place is below the
    /// length, and `_checkChanges` refuses a value of more than 96 bits, here or in `propose` (and
    /// so does the event that repeats it).
    function _change(uint96[] calldata changes, uint256 place) private pure returns (uint256 change) {
        assembly ("memory-safe") {
            change := calldataload(add(changes.offset, shl(5, place)))
        }
    }

    /// @dev The bytes of `changes` are hashed as they stand in the call: a value of more than 96
    /// bits is refused, so one content has one spelling.
    function _id(bytes18 authority, uint8 status, uint96[] calldata changes, bytes32 decision)
        private
        pure
        returns (bytes32 id)
    {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let size := shl(5, changes.length)
            calldatacopy(start, changes.offset, size)
            let digest := keccak256(start, size)
            mstore(start, authority)
            mstore(add(start, 0x20), status)
            mstore(add(start, 0x40), decision)
            mstore(add(start, 0x60), digest)
            id := keccak256(start, 0x80)
        }
    }
}
