// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {InclusionProof} from "./InclusionProof.sol";
import {RegistryAdministration} from "./RegistryAdministration.sol";
import {RegistryStorage} from "./RegistryStorage.sol";
import {StatusRules} from "./StatusRules.sol";

/// Anchors batches of licences and keeps the status of every licence, for many authorities.
///
/// Only digests stand here: no number, no name, no scope. The code can never be changed: a later
/// version is another contract, which `setSuccessor` names while it freezes this one.
///
/// Who may do what: the administrator (one account with a two-step, delayed hand-over) registers
/// authorities and gives their accounts rights, and can neither anchor nor change a status. An
/// account acts only for its own authority.
///
/// Every accepted call appends one entry to the history: a number without gaps and `head`,
///   head' = keccak256(abi.encode(head, sequence, kind, authority, account, time, payload)),
/// so that whoever replays the events knows whether one was hidden or put in.
contract LicenceRegistry is RegistryAdministration {
    /// Licences `64 * word` to `64 * word + 63` whose nibble in `mask` is 0xF.
    struct Change {
        uint32 word;
        uint256 mask;
    }

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

    uint8 public constant PROPOSAL_OPEN = 1;
    uint8 public constant PROPOSAL_CONFIRMED = 2;
    uint8 public constant PROPOSAL_DROPPED = 3;

    /// A proposal that nobody confirmed in this time is void.
    uint256 public constant PROPOSAL_LIFETIME = 7 days;

    /// Words, or successions, in one call, so that it fits into a block.
    uint256 public constant MAX_CHANGES = 256;

    event Anchored(
        bytes18 indexed authority,
        bytes32 indexed root,
        uint64 indexed sequence,
        uint32 size,
        bytes32 manifest,
        address account
    );
    event StatusChanged(
        bytes18 indexed authority,
        bytes32 indexed decision,
        uint64 indexed sequence,
        uint8 status,
        Change[] changes,
        address account
    );
    event Superseded(
        bytes18 indexed authority,
        bytes32 indexed decision,
        uint64 indexed sequence,
        uint32 index,
        bytes32 leaf,
        address account
    );
    event Proposed(
        bytes18 indexed authority,
        bytes32 indexed decision,
        uint64 indexed sequence,
        bytes32 proposal,
        uint8 status,
        Change[] changes,
        address account
    );
    event ProposalDropped(
        bytes18 indexed authority, bytes32 indexed proposal, uint64 indexed sequence, address account
    );

    error BadBatch();
    error AlreadyAnchored(bytes32 key);
    error UnknownBatch(bytes32 key);
    error BadChanges();
    error NotFinal(uint8 status);
    error Transition(uint32 word, uint256 old, uint8 status);
    error ProposalExists(bytes32 proposal);
    error NoOpenProposal(bytes32 proposal);
    error SameAccount(address account);
    error DailyCapReached(uint32 dailyCap);
    error NotIncluded(bytes32 leaf);
    error SuccessorUsed(bytes32 leaf);

    /// @param adminDelay Seconds before a new administrator can take over.
    constructor(uint48 adminDelay, address admin) AccessControlDefaultAdminRules(adminDelay, admin) {}

    // -- anchoring

    /// Stores when the batch was anchored, under its key and the sender's authority.
    ///
    /// The key binds root, size and manifest; another authority's batch of the same root is
    /// another slot, so nobody can occupy it. A second send reverts.
    function anchor(bytes32 root, uint32 size, bytes32 manifest) external {
        bytes18 authority = _enter(RIGHT_ANCHOR);
        if (root == 0 || manifest == 0 || size == 0) revert BadBatch();
        bytes32 key = keccak256(abi.encode(root, size, manifest));
        mapping(bytes32 => RegistryStorage.Batch) storage batches = RegistryStorage.state().batches[authority];
        if (batches[key].time != 0) revert AlreadyAnchored(key);
        uint64 sequence = _append(Kind.Anchored, authority, key);
        batches[key] = RegistryStorage.Batch(uint64(block.timestamp), sequence);
        emit Anchored(authority, root, sequence, size, manifest, msg.sender);
    }

    // -- status

    /// Suspends licences 暂扣; reversible, so one account does.
    function suspend(Change[] calldata changes, bytes32 decision) external {
        _changeAtOnce(StatusRules.SUSPENDED, changes, decision);
    }

    /// Gives suspended licences back 发还.
    function reinstate(Change[] calldata changes, bytes32 decision) external {
        _changeAtOnce(StatusRules.NONE, changes, decision);
    }

    /// Proposes a final status (revoked, rescinded, withdrawn or cancelled).
    function propose(uint8 status, Change[] calldata changes, bytes32 decision) external {
        bytes18 authority = _enter(RIGHT_PROPOSE);
        _checkFinal(status);
        _checkChanges(changes);
        bytes32 id = proposalId(authority, status, changes, decision);
        RegistryStorage.Proposal storage item = RegistryStorage.state().proposals[authority][id];
        if (item.state == PROPOSAL_CONFIRMED || _isOpen(item)) revert ProposalExists(id);
        RegistryStorage.state().proposals[authority][id] =
            RegistryStorage.Proposal(msg.sender, uint48(block.timestamp), PROPOSAL_OPEN);
        uint64 sequence = _append(Kind.Proposed, authority, id);
        emit Proposed(authority, decision, sequence, id, status, changes, msg.sender);
    }

    /// Confirms what another account proposed, and makes the change; counted by the daily cap.
    function confirm(uint8 status, Change[] calldata changes, bytes32 decision) external {
        bytes18 authority = _enter(RIGHT_CONFIRM);
        bytes32 id = proposalId(authority, status, changes, decision);
        RegistryStorage.Proposal storage item = RegistryStorage.state().proposals[authority][id];
        if (!_isOpen(item)) revert NoOpenProposal(id);
        if (item.proposer == msg.sender) revert SameAccount(msg.sender);
        item.state = PROPOSAL_CONFIRMED;
        // The masks were checked when the proposal was made.
        _useCap(authority, _change(authority, id, status, changes, decision));
    }

    /// Takes a proposal of one's own authority back.
    function dropProposal(bytes32 id) external {
        bytes18 authority = _enter(RIGHT_PROPOSE);
        RegistryStorage.Proposal storage item = RegistryStorage.state().proposals[authority][id];
        if (!_isOpen(item)) revert NoOpenProposal(id);
        item.state = PROPOSAL_DROPPED;
        uint64 sequence = _append(Kind.ProposalDropped, authority, id);
        emit ProposalDropped(authority, id, sequence, msg.sender);
    }

    /// Marks licences as superseded 换发, each by a leaf that is proved to be anchored.
    ///
    /// The proof stands in for the second account: whoever holds only this right can supersede no
    /// more licences than the authority has anchored, for a leaf serves once.
    function supersede(Succession[] calldata successions, bytes32 decision) external {
        bytes18 authority = _enter(RIGHT_PROPOSE);
        if (successions.length == 0 || successions.length > MAX_CHANGES) revert BadChanges();
        for (uint256 i = 0; i < successions.length; ++i) {
            _supersede(authority, successions[i], decision);
        }
    }

    // -- reading

    /// When and under which number a batch was anchored; (0, 0) = never.
    function batch(bytes18 authority, bytes32 key) external view returns (uint64 time, uint64 sequence) {
        RegistryStorage.Batch storage slot = RegistryStorage.state().batches[authority][key];
        return (slot.time, slot.sequence);
    }

    /// The statuses of licences `64 * word` to `64 * word + 63`, one nibble each.
    function statusWord(bytes18 authority, uint32 word) external view returns (uint256) {
        return RegistryStorage.state().status[authority][word];
    }

    function statusOf(bytes18 authority, uint32 index) external view returns (uint8) {
        return uint8((RegistryStorage.state().status[authority][index / 64] >> ((index % 64) * 4)) & 15);
    }

    function proposal(bytes18 authority, bytes32 id) external view returns (RegistryStorage.Proposal memory) {
        return RegistryStorage.state().proposals[authority][id];
    }

    /// Whether a leaf of an anchored batch has served as a successor.
    function isSuccessor(bytes18 authority, bytes32 key, uint32 leafIndex) external view returns (bool) {
        return (RegistryStorage.state().successors[authority][key][leafIndex >> 8] >> (leafIndex & 255)) & 1 == 1;
    }

    /// Names a change of status: the id of its proposal, and what the history commits to.
    function proposalId(bytes18 authority, uint8 status, Change[] calldata changes, bytes32 decision)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(authority, status, changes, decision));
    }

    // -- inner parts

    function _changeAtOnce(uint8 status, Change[] calldata changes, bytes32 decision) private {
        bytes18 authority = _enter(RIGHT_PROPOSE);
        _checkChanges(changes);
        _change(authority, proposalId(authority, status, changes, decision), status, changes, decision);
    }

    /// Changes words and appends one entry; returns how many licences changed.
    function _change(bytes18 authority, bytes32 id, uint8 status, Change[] calldata changes, bytes32 decision)
        private
        returns (uint256 licences)
    {
        mapping(uint256 => uint256) storage words = RegistryStorage.state().status[authority];
        for (uint256 i = 0; i < changes.length; ++i) {
            _setWord(words, changes[i].word, changes[i].mask, status);
            licences += StatusRules.count(changes[i].mask);
        }
        uint64 sequence = _append(Kind.StatusChanged, authority, id);
        emit StatusChanged(authority, decision, sequence, status, changes, msg.sender);
    }

    function _setWord(mapping(uint256 => uint256) storage words, uint32 word, uint256 mask, uint8 status) private {
        uint256 old = words[word];
        if (!StatusRules.mayChange(old, mask, status)) revert Transition(word, old, status);
        words[word] = StatusRules.changed(old, mask, status);
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
        _setWord(s.status[authority], item.index / 64, uint256(15) << ((item.index % 64) * 4), StatusRules.SUPERSEDED);
        bytes32 payload = keccak256(abi.encode(item.index, item.leaf, decision));
        uint64 sequence = _append(Kind.Superseded, authority, payload);
        emit Superseded(authority, decision, sequence, item.index, item.leaf, msg.sender);
    }

    /// A final status that a proposal may ask for: 2 to 5.
    function _checkFinal(uint8 status) private pure {
        if (status <= StatusRules.SUSPENDED || status >= StatusRules.SUPERSEDED) revert NotFinal(status);
    }

    /// Some words, not too many, each once and in order, each with a proper mask.
    function _checkChanges(Change[] calldata changes) private pure {
        if (changes.length == 0 || changes.length > MAX_CHANGES) revert BadChanges();
        for (uint256 i = 0; i < changes.length; ++i) {
            if (!StatusRules.isMask(changes[i].mask)) revert BadChanges();
            if (i != 0 && changes[i].word <= changes[i - 1].word) revert BadChanges();
        }
    }

    function _isOpen(RegistryStorage.Proposal storage item) private view returns (bool) {
        // A validator can shift the time by seconds; the limit is days.
        // forge-lint: disable-next-line(block-timestamp)
        return item.state == PROPOSAL_OPEN && block.timestamp <= item.proposedAt + PROPOSAL_LIFETIME;
    }

    function _useCap(bytes18 authority, uint256 licences) private {
        RegistryStorage.Authority storage entry = RegistryStorage.state().authorities[authority];
        uint32 day = uint32(block.timestamp / 1 days);
        uint256 used = entry.capDay == day ? entry.capUsed + licences : licences;
        if (used > entry.dailyCap) revert DailyCapReached(entry.dailyCap);
        entry.capDay = day;
        // forge-lint: disable-next-line(unsafe-typecast): not above the cap, which is a uint32
        entry.capUsed = uint32(used);
    }
}
