// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// The history: a number without gaps and one hash over every accepted call.
///
/// Every accepted call appends one entry,
///   head' = keccak256(abi.encode(head, sequence, kind, authority, account, time, payload)),
/// so that whoever replays the events knows whether one was hidden or put in.
abstract contract RegistryHistory is AccessControlDefaultAdminRules {
    /// What an entry of the history is about; never renumbered.
    enum Kind {
        None,
        Anchored,
        StatusChanged,
        Superseded,
        Proposed,
        ProposalDropped,
        AuthorityRegistered,
        AccountSet,
        DailyCapSet,
        AuthorityPaused,
        Paused,
        SuccessorSet,
        Administration
    }

    event Administration(uint64 indexed sequence, bytes32 what, bytes32 subject, uint256 value, address account);

    /// How many entries the history has, and the hash over all of them.
    function head() external view returns (uint64 sequence, bytes32 hash) {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        return (s.sequence, s.head);
    }

    /// Appends one entry to the history and returns its number.
    function _append(Kind kind, bytes18 authority, bytes32 payload) internal returns (uint64 sequence) {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        sequence = ++s.sequence;
        s.head = keccak256(abi.encode(s.head, sequence, kind, authority, msg.sender, block.timestamp, payload));
    }

    // -- the administrator's own changes belong to the history as well

    function _record(bytes32 what, bytes32 subject, uint256 value) private {
        uint64 sequence = _append(Kind.Administration, 0, keccak256(abi.encode(what, subject, value)));
        emit Administration(sequence, what, subject, value, msg.sender);
    }

    function _toWord(address subject) private pure returns (bytes32) {
        return bytes32(uint256(uint160(subject)));
    }

    function _grantRole(bytes32 role, address subject) internal override returns (bool granted) {
        granted = super._grantRole(role, subject);
        if (granted) _record("grantRole", role, uint160(subject));
    }

    function _revokeRole(bytes32 role, address subject) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, subject);
        if (revoked) _record("revokeRole", role, uint160(subject));
    }

    function _beginDefaultAdminTransfer(address next) internal override {
        super._beginDefaultAdminTransfer(next);
        _record("beginTransfer", _toWord(next), 0);
    }

    function _cancelDefaultAdminTransfer() internal override {
        super._cancelDefaultAdminTransfer();
        _record("cancelTransfer", 0, 0);
    }

    function _changeDefaultAdminDelay(uint48 delay) internal override {
        super._changeDefaultAdminDelay(delay);
        _record("changeDelay", 0, delay);
    }

    function _rollbackDefaultAdminDelay() internal override {
        super._rollbackDefaultAdminDelay();
        _record("rollbackDelay", 0, 0);
    }
}
