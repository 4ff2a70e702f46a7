// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RegistryDelegation} from "./RegistryDelegation.sol";
import {RegistryStorage} from "./RegistryStorage.sol";

/// @title Proposals that wait for a second account, in a fixed number of lanes
/// @notice An authority has 256 lanes. A proposal takes the lane that the last byte of its id
/// names, or one of the seven after it if that one is occupied. A lane is never emptied: a
/// proposal that was confirmed, dropped or forgotten leaves a word that the next one overwrites,
/// which costs a quarter of what a new word costs.
///
/// A lane's word, from the low end: time (40 bits), state (8), digest (208) of id, proposer and
/// time. To find a collision of two proposals takes 2^104 hashes, and to use it a second account.
abstract contract RegistryProposals is RegistryDelegation {
    /// @notice Waits for a second account.
    uint8 public constant PROPOSAL_OPEN = 1;
    /// @notice Was confirmed; the lane may tell it until another proposal takes it.
    uint8 public constant PROPOSAL_CONFIRMED = 2;
    /// @notice Was taken back.
    uint8 public constant PROPOSAL_DROPPED = 3;

    /// @notice A proposal that nobody confirmed in this time is void.
    uint256 public constant PROPOSAL_LIFETIME = 7 days;

    /// @notice How many lanes an authority has.
    uint256 public constant LANES = 256;
    /// @notice In how many lanes from its own a proposal can stand.
    uint256 public constant PROBES = 8;

    uint256 private constant TIME_BITS = 40;
    uint256 private constant DIGEST_SHIFT = 48;
    uint256 private constant TIME_MASK = (1 << TIME_BITS) - 1;

    /// @notice The same account has proposed the same, and it is open.
    /// @param proposal Its id.
    error ProposalExists(bytes32 proposal);
    /// @notice This account has no such open proposal.
    /// @param proposal Its id.
    error NoOpenProposal(bytes32 proposal);
    /// @notice The lane and those after it are occupied by open proposals; try again later.
    /// @param lane The first.
    error LaneBusy(uint8 lane);

    /// @notice Tells what became of a proposal, while no other has taken its lane.
    /// @param authority In whose name.
    /// @param id What `proposalId` says.
    /// @param proposer The account that proposed it.
    /// @return proposedAt When.
    /// @return state 0 none (or overwritten), 1 open (void after 7 days), 2 confirmed, 3 dropped.
    function proposal(bytes18 authority, bytes32 id, address proposer)
        external
        view
        returns (uint40 proposedAt, uint8 state)
    {
        mapping(uint256 => uint256) storage lanes = RegistryStorage.state().lanes[authority];
        for (uint256 probe = 0; probe < PROBES; ++probe) {
            uint256 value = lanes[_lane(id, probe)];
            if (!_holds(value, id, proposer)) continue;
            // An older one of the same content may lie in an earlier lane.
            if (state == 0 || _isOpen(value)) (proposedAt, state) = (_time(value), _state(value));
            if (_isOpen(value)) break;
        }
    }

    /// @dev Takes a lane for a proposal of the sender.
    /// @param authority In whose name.
    /// @param id What is proposed.
    function _occupy(bytes18 authority, bytes32 id) internal {
        mapping(uint256 => uint256) storage lanes = RegistryStorage.state().lanes[authority];
        for (uint256 probe = 0; probe < PROBES; ++probe) {
            (bytes32 slot, uint256 value) = RegistryStorage.find(lanes, _lane(id, probe));
            if (!_isOpen(value)) {
                RegistryStorage.store(slot, _word(id, msg.sender, block.timestamp, PROPOSAL_OPEN));
                return;
            }
            if (_holds(value, id, msg.sender)) revert ProposalExists(id);
        }
        revert LaneBusy(uint8(_lane(id, 0)));
    }

    /// @dev Closes an open proposal.
    /// @param authority In whose name.
    /// @param id What was proposed.
    /// @param proposer Who proposed it.
    /// @param state What became of it.
    function _settle(bytes18 authority, bytes32 id, address proposer, uint8 state) internal {
        mapping(uint256 => uint256) storage lanes = RegistryStorage.state().lanes[authority];
        for (uint256 probe = 0; probe < PROBES; ++probe) {
            (bytes32 slot, uint256 value) = RegistryStorage.find(lanes, _lane(id, probe));
            if (_isOpen(value) && _holds(value, id, proposer)) {
                // The state is not in the digest.
                RegistryStorage.store(slot, value ^ (uint256(PROPOSAL_OPEN ^ state) << TIME_BITS));
                return;
            }
        }
        revert NoOpenProposal(id);
    }

    function _lane(bytes32 id, uint256 probe) private pure returns (uint256) {
        unchecked {
            return (uint256(id) + probe) % LANES;
        }
    }

    function _word(bytes32 id, address proposer, uint256 time, uint8 state) private pure returns (uint256) {
        return (_digest(id, proposer, time) << DIGEST_SHIFT) | (uint256(state) << TIME_BITS) | time;
    }

    /// @dev keccak256(abi.encode(id, proposer, time)), without memory of its own.
    function _digest(bytes32 id, address proposer, uint256 time) private pure returns (uint256 digest) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, id)
            mstore(add(start, 0x20), proposer)
            mstore(add(start, 0x40), time)
            digest := keccak256(start, 0x60)
        }
    }

    function _time(uint256 value) private pure returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast): the mask has 40 bits
        return uint40(value & TIME_MASK);
    }

    function _state(uint256 value) private pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast): the time is shifted away, the digest cut off
        return uint8(value >> TIME_BITS);
    }

    function _holds(uint256 value, bytes32 id, address proposer) private pure returns (bool) {
        return value >> DIGEST_SHIFT == (_digest(id, proposer, _time(value)) << DIGEST_SHIFT) >> DIGEST_SHIFT;
    }

    function _isOpen(uint256 value) private view returns (bool) {
        // A validator can shift the time by seconds; the limit is days.
        // forge-lint: disable-next-line(block-timestamp)
        return _state(value) == PROPOSAL_OPEN && block.timestamp <= _time(value) + PROPOSAL_LIFETIME;
    }
}
