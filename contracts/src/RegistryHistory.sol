// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// @title The history: a number without gaps and one hash over every accepted call
/// @notice Every accepted call appends one entry (`supersede` one for each licence),
///   head' = keccak256(abi.encode(head, sequence, kind, authority, account, time, payload)),
/// so that whoever replays the events knows whether one was hidden or put in.
abstract contract RegistryHistory is AccessControlDefaultAdminRules {
    /// What an entry of the history is about; never renumbered, a new one comes at the end.
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
        Administration,
        Delegated,
        Confirmed
    }

    /// @notice The administrator changed a role or began, cancelled or delayed a hand-over.
    /// @param sequence Number in the history.
    /// @param what Which change, in ASCII.
    /// @param subject The role or the account that it is about; 0 = none.
    /// @param value The account, or the seconds.
    /// @param account Who did it.
    event Administration(uint64 indexed sequence, bytes32 what, bytes32 subject, uint256 value, address account);

    /// @notice Tells how many entries the history has, and the hash over all of them.
    /// @return sequence Number of the newest entry.
    /// @return hash What commits to every entry.
    function head() external view returns (uint64 sequence, bytes32 hash) {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        return (s.sequence, s.head);
    }

    /// @dev Appends one entry to the history.
    /// @param kind What it is about.
    /// @param authority In whose name; 0 = the administrator's.
    /// @param payload Commits to all else that the event says.
    /// @return sequence Its number.
    function _append(Kind kind, bytes18 authority, bytes32 payload) internal returns (uint64 sequence) {
        bytes32 slot = RegistryStorage.SLOT;
        // By hand, because every call pays for it: the number stands at the low end of the first
        // slot and cannot overflow (nobody can pay for 2^64 entries), the hash in the second.
        assembly ("memory-safe") {
            let first := add(sload(slot), 1)
            sstore(slot, first)
            sequence := and(first, 0xffffffffffffffff)
            let hash := add(slot, 1)
            let entry := mload(0x40)
            mstore(entry, sload(hash))
            mstore(add(entry, 0x20), sequence)
            mstore(add(entry, 0x40), kind)
            mstore(add(entry, 0x60), authority)
            mstore(add(entry, 0x80), caller())
            mstore(add(entry, 0xa0), timestamp())
            mstore(add(entry, 0xc0), payload)
            sstore(hash, keccak256(entry, 0xe0))
        }
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
