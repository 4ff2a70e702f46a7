// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryHistory} from "./RegistryHistory.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// @title Authorities, their accounts, pausing, and the contract that takes over
/// @notice The administrator (one account with a two-step, delayed hand-over) registers
/// authorities and gives their accounts rights, and can neither anchor nor change a status.
abstract contract RegistryAdministration is RegistryHistory {
    /// @notice May anchor batches.
    uint8 public constant RIGHT_ANCHOR = 1;
    /// @notice May suspend, give back and supersede, and propose final changes.
    uint8 public constant RIGHT_PROPOSE = 2;
    /// @notice May confirm what another account proposed.
    uint8 public constant RIGHT_CONFIRM = 4;
    /// @notice May stop its own authority.
    uint8 public constant RIGHT_PAUSE = 8;
    /// @notice May let another authority act in its own authority's name 委托.
    uint8 public constant RIGHT_DELEGATE = 16;

    /// @notice An authority was registered.
    /// @param authority Unified social credit code, in ASCII.
    /// @param sequence Number in the history.
    /// @param dailyCap Most final changes of a UTC day.
    /// @param account Who did it.
    event AuthorityRegistered(
        bytes18 indexed authority, uint64 indexed sequence, uint32 dailyCap, address account
    );
    /// @notice An account has exactly these rights from now on.
    /// @param authority Whose account.
    /// @param subject The account.
    /// @param sequence Number in the history.
    /// @param rights Sum of its rights; 0 = none.
    /// @param account Who did it.
    event AccountSet(
        bytes18 indexed authority, address indexed subject, uint64 indexed sequence, uint8 rights, address account
    );
    /// @notice An authority has another daily cap.
    /// @param authority Whose cap.
    /// @param sequence Number in the history.
    /// @param dailyCap Most final changes of a UTC day.
    /// @param account Who did it.
    event DailyCapSet(bytes18 indexed authority, uint64 indexed sequence, uint32 dailyCap, address account);
    /// @notice An authority was stopped, or let go.
    /// @param authority Which.
    /// @param sequence Number in the history.
    /// @param paused Whether it is stopped.
    /// @param account Who did it.
    event AuthorityPaused(bytes18 indexed authority, uint64 indexed sequence, bool paused, address account);
    /// @notice All authorities were stopped, or let go.
    /// @param sequence Number in the history.
    /// @param paused Whether they are stopped.
    /// @param account Who did it.
    event Paused(uint64 indexed sequence, bool paused, address account);
    /// @notice Another contract takes over; this one is frozen for ever.
    /// @param successor The contract that takes over.
    /// @param sequence Number in the history.
    /// @param account Who did it.
    event SuccessorSet(address indexed successor, uint64 indexed sequence, address account);

    /// @notice Another contract has taken over.
    error Frozen();
    /// @notice The administrator has stopped everything.
    error ContractPaused();
    /// @notice This authority is stopped.
    /// @param authority Which.
    error AuthorityIsPaused(bytes18 authority);
    /// @notice The account does not have this right.
    /// @param account Who asked.
    /// @param right What it would need.
    error NotEntitled(address account, uint8 right);
    /// @notice Nobody registered this authority.
    /// @param authority Which.
    error UnknownAuthority(bytes18 authority);
    /// @notice The authority is registered already.
    /// @param authority Which.
    error AuthorityExists(bytes18 authority);
    /// @notice The account is none, or belongs to another authority.
    /// @param account Which.
    error AccountTaken(address account);
    /// @notice No account can have these rights together.
    /// @param rights Which.
    error BadRights(uint8 rights);
    /// @notice No contract stands at this address.
    /// @param successor Which.
    error NoContract(address successor);
    /// @notice It was so before.
    error AlreadySo();

    /// @dev After another contract took over nothing changes here but who administers.
    modifier whileLive() {
        _requireLive();
        _;
    }

    /// @notice Registers an authority.
    /// @param authority Unified social credit code, in ASCII.
    /// @param dailyCap Most final changes of a UTC day.
    function registerAuthority(bytes18 authority, uint32 dailyCap) external onlyRole(DEFAULT_ADMIN_ROLE) whileLive {
        RegistryStorage.Authority storage entry = RegistryStorage.state().authorities[authority];
        if (authority == 0) revert UnknownAuthority(authority);
        if (entry.registeredAt != 0) revert AuthorityExists(authority);
        entry.registeredAt = uint40(block.timestamp);
        entry.dailyCap = dailyCap;
        uint64 sequence = _append(Kind.AuthorityRegistered, authority, bytes32(uint256(dailyCap)));
        emit AuthorityRegistered(authority, sequence, dailyCap, msg.sender);
    }

    /// @notice Gives an account exactly these rights. One account never proposes AND confirms.
    /// @param authority Whose account; the same for ever.
    /// @param subject The account.
    /// @param rights Sum of its rights; 0 takes all away.
    function setAccount(bytes18 authority, address subject, uint8 rights)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
        whileLive
    {
        _requireAuthority(authority);
        bool both = rights & RIGHT_PROPOSE != 0 && rights & RIGHT_CONFIRM != 0;
        if (both || rights >= 2 * RIGHT_DELEGATE) revert BadRights(rights);
        RegistryStorage.Account storage entry = RegistryStorage.state().accounts[subject];
        if (subject == address(0) || (entry.authority != 0 && entry.authority != authority)) {
            revert AccountTaken(subject);
        }
        entry.authority = authority;
        entry.rights = rights;
        uint64 sequence = _append(Kind.AccountSet, authority, keccak256(abi.encode(subject, rights)));
        emit AccountSet(authority, subject, sequence, rights, msg.sender);
    }

    /// @notice Sets the daily cap of an authority; what was used today stays used.
    /// @param authority Whose cap.
    /// @param dailyCap Most final changes of a UTC day.
    function setDailyCap(bytes18 authority, uint32 dailyCap) external onlyRole(DEFAULT_ADMIN_ROLE) whileLive {
        _requireAuthority(authority).dailyCap = dailyCap;
        uint64 sequence = _append(Kind.DailyCapSet, authority, bytes32(uint256(dailyCap)));
        emit DailyCapSet(authority, sequence, dailyCap, msg.sender);
    }

    /// @notice Stops one authority: its own pause account does, or the administrator.
    /// @param authority Which; deputies cannot act in its name either.
    function pauseAuthority(bytes18 authority) external whileLive {
        RegistryStorage.Account storage entry = RegistryStorage.state().accounts[msg.sender];
        bool own = entry.authority == authority && entry.rights & RIGHT_PAUSE != 0;
        if (!own && !hasRole(DEFAULT_ADMIN_ROLE, msg.sender)) revert NotEntitled(msg.sender, RIGHT_PAUSE);
        _setAuthorityPaused(authority, true);
    }

    /// @notice Lets an authority go on.
    /// @param authority Which.
    function unpauseAuthority(bytes18 authority) external onlyRole(DEFAULT_ADMIN_ROLE) whileLive {
        _setAuthorityPaused(authority, false);
    }

    /// @notice Stops every authority; reading goes on.
    function pause() external onlyRole(DEFAULT_ADMIN_ROLE) whileLive {
        _setPaused(true);
    }

    /// @notice Lets every authority go on that is not stopped itself.
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) whileLive {
        _setPaused(false);
    }

    /// @notice Names the contract that takes over, and freezes this one for ever.
    /// @param next The contract that takes over.
    function setSuccessor(address next) external onlyRole(DEFAULT_ADMIN_ROLE) whileLive {
        if (next.code.length == 0 || next == address(this)) revert NoContract(next);
        RegistryStorage.Layout storage s = RegistryStorage.state();
        s.frozenAt = uint40(block.timestamp);
        s.successor = next;
        uint64 sequence = _append(Kind.SuccessorSet, 0, bytes32(uint256(uint160(next))));
        emit SuccessorSet(next, sequence, msg.sender);
    }

    /// @notice Tells for whom an account acts.
    /// @param subject The account.
    /// @return authority Whose account; 0 = nobody's.
    /// @return rights Sum of its rights.
    function accountOf(address subject) external view returns (bytes18 authority, uint8 rights) {
        RegistryStorage.Account storage entry = RegistryStorage.state().accounts[subject];
        return (entry.authority, entry.rights);
    }

    /// @notice Tells what is known of an authority.
    /// @param authority Which.
    /// @return The entry; `registeredAt` 0 = not registered.
    function authorityOf(bytes18 authority) external view returns (RegistryStorage.Authority memory) {
        return RegistryStorage.state().authorities[authority];
    }

    /// @notice Tells whether everything is stopped.
    /// @return Whether it is.
    function paused() external view returns (bool) {
        return RegistryStorage.state().paused;
    }

    /// @notice Tells which contract took over, and since when.
    /// @return next The contract; 0 = none.
    /// @return frozenAt Since when nothing changes here; 0 = never.
    function successor() external view returns (address next, uint40 frozenAt) {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        return (s.successor, s.frozenAt);
    }

    /// @dev Checks that the sender may do this now for its own authority.
    /// @param right What it needs.
    /// @return authority The sender's.
    function _enter(uint8 right) internal view returns (bytes18 authority) {
        RegistryStorage.Account memory entry = RegistryStorage.state().accounts[msg.sender];
        if (entry.rights & right == 0) revert NotEntitled(msg.sender, right);
        authority = entry.authority;
        // One word says that nothing at all is stopped, which is nearly always so.
        if (RegistryStorage.stops() != 0) _requireNotStopped(authority);
    }

    /// @dev Refuses when everything is frozen or stopped, or this authority is.
    /// @param authority Which.
    function _requireNotStopped(bytes18 authority) internal view {
        RegistryStorage.Layout storage s = RegistryStorage.state();
        if (s.frozenAt != 0) revert Frozen();
        if (s.paused) revert ContractPaused();
        if (s.authorities[authority].paused) revert AuthorityIsPaused(authority);
    }

    /// @dev Refuses an authority that nobody registered.
    /// @param authority Which.
    /// @return entry Its entry.
    function _requireAuthority(bytes18 authority) internal view returns (RegistryStorage.Authority storage entry) {
        entry = RegistryStorage.state().authorities[authority];
        if (entry.registeredAt == 0) revert UnknownAuthority(authority);
    }

    function _requireLive() private view {
        if (RegistryStorage.state().frozenAt != 0) revert Frozen();
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
