// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryHistory} from "./RegistryHistory.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// Authorities, their accounts, pausing, and the contract that takes over.
///
/// The administrator (one account with a two-step, delayed hand-over) registers authorities and
/// gives their accounts rights, and can neither anchor nor change a status.
abstract contract RegistryAdministration is RegistryHistory {
    uint8 public constant RIGHT_ANCHOR = 1;
    uint8 public constant RIGHT_PROPOSE = 2;
    uint8 public constant RIGHT_CONFIRM = 4;
    uint8 public constant RIGHT_PAUSE = 8;

    event AuthorityRegistered(
        bytes18 indexed authority, uint64 indexed sequence, uint32 dailyCap, address account
    );
    event AccountSet(
        bytes18 indexed authority, address indexed subject, uint64 indexed sequence, uint8 rights, address account
    );
    event DailyCapSet(bytes18 indexed authority, uint64 indexed sequence, uint32 dailyCap, address account);
    event AuthorityPaused(bytes18 indexed authority, uint64 indexed sequence, bool paused, address account);
    event Paused(uint64 indexed sequence, bool paused, address account);
    event SuccessorSet(address indexed successor, uint64 indexed sequence, address account);

    error Frozen();
    error ContractPaused();
    error AuthorityIsPaused(bytes18 authority);
    error NotEntitled(address account, uint8 right);
    error UnknownAuthority(bytes18 authority);
    error AuthorityExists(bytes18 authority);
    error AccountTaken(address account);
    error BadRights(uint8 rights);
    error NoContract(address successor);
    error AlreadySo();

    function registerAuthority(bytes18 authority, uint32 dailyCap) external onlyRole(DEFAULT_ADMIN_ROLE) {
        RegistryStorage.Authority storage entry = RegistryStorage.state().authorities[authority];
        if (authority == 0) revert UnknownAuthority(authority);
        if (entry.registeredAt != 0) revert AuthorityExists(authority);
        entry.registeredAt = uint40(block.timestamp);
        entry.dailyCap = dailyCap;
        uint64 sequence = _append(Kind.AuthorityRegistered, authority, bytes32(uint256(dailyCap)));
        emit AuthorityRegistered(authority, sequence, dailyCap, msg.sender);
    }

    /// Gives `subject` exactly these rights; 0 takes all away. One account never proposes AND confirms.
    function setAccount(bytes18 authority, address subject, uint8 rights) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireAuthority(authority);
        bool both = rights & RIGHT_PROPOSE != 0 && rights & RIGHT_CONFIRM != 0;
        if (both || rights > (RIGHT_ANCHOR | RIGHT_PROPOSE | RIGHT_CONFIRM | RIGHT_PAUSE)) revert BadRights(rights);
        RegistryStorage.Account storage entry = RegistryStorage.state().accounts[subject];
        if (subject == address(0) || (entry.authority != 0 && entry.authority != authority)) {
            revert AccountTaken(subject);
        }
        entry.authority = authority;
        entry.rights = rights;
        uint64 sequence = _append(Kind.AccountSet, authority, keccak256(abi.encode(subject, rights)));
        emit AccountSet(authority, subject, sequence, rights, msg.sender);
    }

    function setDailyCap(bytes18 authority, uint32 dailyCap) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireAuthority(authority).dailyCap = dailyCap;
        uint64 sequence = _append(Kind.DailyCapSet, authority, bytes32(uint256(dailyCap)));
        emit DailyCapSet(authority, sequence, dailyCap, msg.sender);
    }

    /// Stops one authority: its own pause account does, or the administrator.
    function pauseAuthority(bytes18 authority) external {
        RegistryStorage.Account storage entry = RegistryStorage.state().accounts[msg.sender];
        bool own = entry.authority == authority && entry.rights & RIGHT_PAUSE != 0;
        if (!own && !hasRole(DEFAULT_ADMIN_ROLE, msg.sender)) revert NotEntitled(msg.sender, RIGHT_PAUSE);
        _setAuthorityPaused(authority, true);
    }

    function unpauseAuthority(bytes18 authority) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setAuthorityPaused(authority, false);
    }

    /// Stops every authority; reading goes on.
    function pause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setPaused(true);
    }

    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _setPaused(false);
    }

    /// Names the contract that takes over, and freezes this one for ever.
    function setSuccessor(address next) external onlyRole(DEFAULT_ADMIN_ROLE) {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        if (s.frozenAt != 0) revert Frozen();
        if (next.code.length == 0) revert NoContract(next);
        s.frozenAt = uint40(block.timestamp);
        s.successor = next;
        uint64 sequence = _append(Kind.SuccessorSet, 0, bytes32(uint256(uint160(next))));
        emit SuccessorSet(next, sequence, msg.sender);
    }

    function accountOf(address subject) external view returns (bytes18 authority, uint8 rights) {
        RegistryStorage.Account storage entry = RegistryStorage.state().accounts[subject];
        return (entry.authority, entry.rights);
    }

    function authorityOf(bytes18 authority) external view returns (RegistryStorage.Authority memory) {
        return RegistryStorage.state().authorities[authority];
    }

    function paused() external view returns (bool) {
        return RegistryStorage.state().paused;
    }

    /// The contract that took over and since when; (0, 0) = none.
    function successor() external view returns (address next, uint40 frozenAt) {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        return (s.successor, s.frozenAt);
    }

    /// Checks that the sender may do this now, and tells for which authority.
    function _enter(uint8 right) internal view returns (bytes18 authority) {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        if (s.frozenAt != 0) revert Frozen();
        if (s.paused) revert ContractPaused();
        RegistryStorage.Account storage entry = s.accounts[msg.sender];
        if (entry.rights & right == 0) revert NotEntitled(msg.sender, right);
        authority = entry.authority;
        // The counter saves a cold read while nobody is paused, which is nearly always.
        if (s.pausedAuthorities != 0 && s.authorities[authority].paused) revert AuthorityIsPaused(authority);
    }

    function _requireAuthority(bytes18 authority) private view returns (RegistryStorage.Authority storage entry) {
        entry = RegistryStorage.state().authorities[authority];
        if (entry.registeredAt == 0) revert UnknownAuthority(authority);
    }

    function _setAuthorityPaused(bytes18 authority, bool value) private {
        RegistryStorage.Authority storage entry = _requireAuthority(authority);
        RegistryStorage.Layout storage s = RegistryStorage.state();
        if (entry.paused == value) revert AlreadySo();
        entry.paused = value;
        s.pausedAuthorities = value ? s.pausedAuthorities + 1 : s.pausedAuthorities - 1;
        uint64 sequence = _append(Kind.AuthorityPaused, authority, bytes32(uint256(value ? 1 : 0)));
        emit AuthorityPaused(authority, sequence, value, msg.sender);
    }

    function _setPaused(bool value) private {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        if (s.paused == value) revert AlreadySo();
        s.paused = value;
        uint64 sequence = _append(Kind.Paused, 0, bytes32(uint256(value ? 1 : 0)));
        emit Paused(sequence, value, msg.sender);
    }
}
