// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryAdministration} from "./RegistryAdministration.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// @title What one authority may do in another's name 委托
/// @notice A province (the principal) lets a city (the deputy) anchor, propose or confirm in the
/// province's name until a day. Each right works only through an account of the deputy that has
/// the same right at home, so nobody gets more than the administrator gave. What a deputy does is
/// the principal's: its batches, its words, its daily cap. A deputy cannot pass a right on.
abstract contract RegistryDelegation is RegistryAdministration {
    /// @notice An authority may do exactly this in another's name from now on.
    /// @param authority The principal, in whose name.
    /// @param deputy Who may.
    /// @param sequence Number in the history.
    /// @param rights Sum of anchor, propose and confirm; 0 = nothing any more.
    /// @param until Last second of it.
    /// @param account Who did it.
    event Delegated(
        bytes18 indexed authority,
        bytes18 indexed deputy,
        uint64 indexed sequence,
        uint8 rights,
        uint40 until,
        address account
    );

    /// @notice The deputy may not do this in the principal's name, or no longer.
    /// @param principal In whose name.
    /// @param deputy Who tried.
    /// @param right What it would need.
    error NotDelegated(bytes18 principal, bytes18 deputy, uint8 right);
    /// @notice Nobody can give this: to oneself, a right that is not to be given, or for a time that is over.
    error BadDelegation();

    /// @notice Lets another authority act in one's own name, or ends it at once.
    /// @param deputy Who may; a registered authority, not one's own.
    /// @param rights Sum of anchor, propose and confirm; 0 takes all back.
    /// @param until Last second of it; 0 when all is taken back.
    function delegate(bytes18 deputy, uint8 rights, uint40 until) external {
        bytes18 principal = _enter(RIGHT_DELEGATE);
        _requireAuthority(deputy);
        if (deputy == principal || rights > (RIGHT_ANCHOR | RIGHT_PROPOSE | RIGHT_CONFIRM)) revert BadDelegation();
        // A validator can shift the time by seconds; a delegation runs for months.
        // forge-lint: disable-next-line(block-timestamp)
        bool open = until >= block.timestamp;
        if (rights == 0 ? until != 0 : !open) revert BadDelegation();
        _setDelegation(principal, deputy, rights, until);
    }

    /// @notice Ends a delegation: the administrator does, when the principal's own account cannot.
    /// @param principal In whose name the deputy acts.
    /// @param deputy Who may do nothing any more.
    function revokeDelegation(bytes18 principal, bytes18 deputy) external onlyRole(DEFAULT_ADMIN_ROLE) whileLive {
        if (RegistryStorage.state().delegations[principal][deputy].rights == 0) revert AlreadySo();
        _setDelegation(principal, deputy, 0, 0);
    }

    /// @notice Tells what a deputy may do in a principal's name.
    /// @param principal In whose name.
    /// @param deputy Who may.
    /// @return rights Sum of the rights, also when they ran out.
    /// @return until Last second of it.
    function delegationOf(bytes18 principal, bytes18 deputy) external view returns (uint8 rights, uint40 until) {
        RegistryStorage.Delegation storage entry = RegistryStorage.state().delegations[principal][deputy];
        return (entry.rights, entry.until);
    }

    /// @dev Checks that the sender may do this now in the principal's name.
    /// @param principal In whose name.
    /// @param right What it needs, at home and by delegation.
    function _enterFor(bytes18 principal, uint8 right) internal view {
        bytes18 deputy = _enter(right);
        RegistryStorage.Delegation storage entry = RegistryStorage.state().delegations[principal][deputy];
        // forge-lint: disable-next-line(block-timestamp)
        if (entry.rights & right == 0 || block.timestamp > entry.until) {
            revert NotDelegated(principal, deputy, right);
        }
        if (RegistryStorage.stops() != 0) _requireNotStopped(principal);
    }

    function _setDelegation(bytes18 principal, bytes18 deputy, uint8 rights, uint40 until) private {
        RegistryStorage.state().delegations[principal][deputy] = RegistryStorage.Delegation(until, rights);
        uint64 sequence = _append(Kind.Delegated, principal, keccak256(abi.encode(deputy, rights, until)));
        emit Delegated(principal, deputy, sequence, rights, until, msg.sender);
    }
}
