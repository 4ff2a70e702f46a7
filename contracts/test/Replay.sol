// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenceRegistry} from "../src/LicenceRegistry.sol";
import {RegistryEvents} from "../src/RegistryEvents.sol";
import {RegistryAdministration} from "../src/RegistryAdministration.sol";
import {RegistryDelegation} from "../src/RegistryDelegation.sol";
import {RegistryHistory} from "../src/RegistryHistory.sol";
import {StatusRules} from "../src/StatusRules.sol";
import {Vm} from "./Base.sol";

/// What a monitor does: rebuilds number, hash, words, caps and proposals from the events alone.
contract Replay {
    uint64 public sequence;
    bytes32 public head;
    uint256 public finals;
    uint256 public time;

    mapping(bytes18 authority => mapping(uint256 word => uint256)) public words;
    mapping(bytes18 authority => mapping(uint256 day => uint256)) public used;
    mapping(bytes18 authority => uint256) public cap;
    mapping(address account => bytes18) public home;
    mapping(address account => uint8) public rights;
    mapping(bytes18 principal => mapping(bytes18 deputy => uint8)) public delegated;
    mapping(bytes18 principal => mapping(bytes18 deputy => uint40)) public until;

    /// Proposals by authority, id and proposer: how many are open, and when the newest was made.
    mapping(bytes32 proposal => uint256) public open;
    mapping(bytes32 proposal => uint256) public madeAt;
    mapping(bytes32 id => uint8) public statusOf;
    mapping(bytes32 id => uint96[]) internal changesOf;

    function follow(Vm.Log[] memory logs, uint256 now_) external {
        time = now_;
        for (uint256 i = 0; i < logs.length; ++i) {
            Vm.Log memory log = logs[i];
            if (!one(log) && !two(log)) three(log);
        }
    }

    /// Whether an account may do this now, as far as the events say.
    function requireEntitled(address from, bytes18 name, bytes4 selector, uint256 now_) external view {
        uint8 right = 2;
        if (selector == LicenceRegistry.anchor.selector || selector == LicenceRegistry.anchorFor.selector) right = 1;
        if (selector == LicenceRegistry.confirm.selector || selector == LicenceRegistry.confirmFor.selector) right = 4;
        if (selector == RegistryAdministration.pauseAuthority.selector) right = 8;
        if (selector == RegistryDelegation.delegate.selector) right = 16;
        require(rights[from] & right != 0, "has the right at home");
        if (home[from] == name) return;
        require(delegated[name][home[from]] & right != 0, "it was delegated");
        require(now_ <= until[name][home[from]], "and has not run out");
    }

    function enter(RegistryHistory.Kind kind, bytes18 authority, address account, bytes32 payload) internal {
        ++sequence;
        head = keccak256(abi.encode(head, sequence, kind, authority, account, time, payload));
    }

    function number(Vm.Log memory log, uint256 topic) internal view {
        require(uint256(log.topics[topic]) == sequence, "the number has no gap");
    }

    function one(Vm.Log memory log) internal returns (bool) {
        bytes32 topic = log.topics[0];
        bytes18 authority = log.topics.length > 1 ? bytes18(log.topics[1]) : bytes18(0);
        if (topic == RegistryEvents.Anchored.selector) {
            (uint32 size, bytes32 manifest, address account) = abi.decode(log.data, (uint32, bytes32, address));
            bytes32 key = keccak256(abi.encode(log.topics[2], size, manifest));
            enter(RegistryHistory.Kind.Anchored, authority, account, key);
        } else if (topic == RegistryEvents.StatusChanged.selector) {
            (uint8 status, uint96[] memory list, address account) = abi.decode(log.data, (uint8, uint96[], address));
            require(status < 2, "only suspended or given back");
            write(authority, list, status);
            enter(RegistryHistory.Kind.StatusChanged, authority, account, idOf(authority, status, list, log.topics[2]));
        } else if (topic == RegistryEvents.Superseded.selector) {
            (uint32 index, bytes32 leaf, address account) = abi.decode(log.data, (uint32, bytes32, address));
            uint96[] memory list = new uint96[](1);
            list[0] = uint96(uint256(index / 64) << 64 | uint256(1) << (index % 64));
            write(authority, list, 6);
            bytes32 payload = keccak256(abi.encode(index, leaf, log.topics[2]));
            enter(RegistryHistory.Kind.Superseded, authority, account, payload);
        } else {
            return false;
        }
        number(log, 3);
        return true;
    }

    function two(Vm.Log memory log) internal returns (bool) {
        bytes32 topic = log.topics[0];
        bytes18 authority = log.topics.length > 1 ? bytes18(log.topics[1]) : bytes18(0);
        if (topic == RegistryEvents.Proposed.selector) {
            (bytes32 id, uint8 status, uint96[] memory list, address account) =
                abi.decode(log.data, (bytes32, uint8, uint96[], address));
            require(id == idOf(authority, status, list, log.topics[2]), "the id is the content");
            bytes32 proposal = keccak256(abi.encode(authority, id, account));
            ++open[proposal];
            madeAt[proposal] = time;
            statusOf[id] = status;
            changesOf[id] = list;
            enter(RegistryHistory.Kind.Proposed, authority, account, id);
        } else if (topic == RegistryEvents.Confirmed.selector) {
            (address proposer, address account) = abi.decode(log.data, (address, address));
            settle(authority, log.topics[2], proposer, account);
            enter(RegistryHistory.Kind.Confirmed, authority, account, log.topics[2]);
        } else if (topic == RegistryEvents.ProposalDropped.selector) {
            (address proposer, address account) = abi.decode(log.data, (address, address));
            --open[keccak256(abi.encode(authority, log.topics[2], proposer))];
            enter(RegistryHistory.Kind.ProposalDropped, authority, account, log.topics[2]);
        } else if (topic == RegistryDelegation.Delegated.selector) {
            (uint8 given, uint40 last, address account) = abi.decode(log.data, (uint8, uint40, address));
            bytes18 deputy = bytes18(log.topics[2]);
            (delegated[authority][deputy], until[authority][deputy]) = (given, last);
            enter(RegistryHistory.Kind.Delegated, authority, account, keccak256(abi.encode(deputy, given, last)));
        } else {
            return false;
        }
        number(log, 3);
        return true;
    }

    function three(Vm.Log memory log) internal {
        bytes32 topic = log.topics[0];
        uint256 place = 2;
        bytes18 authority = log.topics.length > 2 ? bytes18(log.topics[1]) : bytes18(0);
        if (topic == RegistryAdministration.AuthorityRegistered.selector) {
            (uint32 daily, address account) = abi.decode(log.data, (uint32, address));
            cap[authority] = daily;
            enter(RegistryHistory.Kind.AuthorityRegistered, authority, account, bytes32(uint256(daily)));
        } else if (topic == RegistryAdministration.AccountSet.selector) {
            (uint8 given, address account) = abi.decode(log.data, (uint8, address));
            address subject = address(uint160(uint256(log.topics[2])));
            (home[subject], rights[subject]) = (authority, given);
            enter(RegistryHistory.Kind.AccountSet, authority, account, keccak256(abi.encode(subject, given)));
            place = 3;
        } else if (topic == RegistryAdministration.DailyCapSet.selector) {
            (uint32 daily, address account) = abi.decode(log.data, (uint32, address));
            cap[authority] = daily;
            enter(RegistryHistory.Kind.DailyCapSet, authority, account, bytes32(uint256(daily)));
        } else if (topic == RegistryAdministration.AuthorityPaused.selector) {
            (bool value, address account) = abi.decode(log.data, (bool, address));
            enter(RegistryHistory.Kind.AuthorityPaused, authority, account, bytes32(uint256(value ? 1 : 0)));
        } else if (topic == RegistryAdministration.Paused.selector) {
            (bool value, address account) = abi.decode(log.data, (bool, address));
            enter(RegistryHistory.Kind.Paused, 0, account, bytes32(uint256(value ? 1 : 0)));
            place = 1;
        } else if (topic == RegistryHistory.Administration.selector) {
            (bytes32 what, bytes32 subject, uint256 value, address account) =
                abi.decode(log.data, (bytes32, bytes32, uint256, address));
            enter(RegistryHistory.Kind.Administration, 0, account, keccak256(abi.encode(what, subject, value)));
            place = 1;
        } else {
            return; // an event of OpenZeppelin, which an Administration repeats
        }
        number(log, place);
    }

    function settle(bytes18 authority, bytes32 id, address proposer, address account) internal {
        bytes32 proposal = keccak256(abi.encode(authority, id, proposer));
        require(proposer != account, "two accounts");
        require(open[proposal] > 0, "it was proposed, and is not settled");
        require(time <= madeAt[proposal] + 7 days, "and not void");
        --open[proposal];
        uint256 licences = write(authority, changesOf[id], statusOf[id]);
        finals += licences;
        used[authority][time / 1 days] += licences;
        require(used[authority][time / 1 days] <= cap[authority], "the cap");
    }

    function write(bytes18 authority, uint96[] memory list, uint8 status) internal returns (uint256 licences) {
        for (uint256 i = 0; i < list.length; ++i) {
            for (uint256 place = 0; place < 64; ++place) {
                if ((list[i] >> place) & 1 == 0) continue;
                ++licences;
                uint256 word = words[authority][list[i] >> 64];
                uint256 shift = 4 * place;
                words[authority][list[i] >> 64] = word & ~(uint256(15) << shift) | uint256(status) << shift;
            }
        }
    }

    function idOf(bytes18 authority, uint8 status, uint96[] memory list, bytes32 decision)
        internal
        pure
        returns (bytes32)
    {
        bytes memory data;
        for (uint256 i = 0; i < list.length; ++i) {
            data = bytes.concat(data, bytes32(uint256(list[i])));
        }
        return keccak256(abi.encode(authority, status, decision, keccak256(data)));
    }
}
