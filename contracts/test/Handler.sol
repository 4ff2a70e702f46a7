// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenceRegistry} from "../src/LicenceRegistry.sol";
import {Vm} from "./Base.sol";
import {Replay} from "./Replay.sol";

/// Does anything that accounts, deputies, administrator and time can do, in any order. After each
/// call it takes the events, lets `Replay` follow them, and compares the words that it watches.
contract Handler {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant AUTHORITIES = 3;
    uint256 internal constant ACCOUNTS = 6;
    uint32 internal constant WORDS = 3;
    uint32 internal constant CAP = 40;

    LicenceRegistry public immutable registry;
    Replay public immutable replay;

    /// How many calls were accepted, by function: an invariant over nothing proves nothing.
    mapping(bytes4 selector => uint256) public accepted;
    uint256 public time = 1_800_000_000;

    uint256[AUTHORITIES][WORDS] internal before;
    Kept[] internal kept;
    bytes32[] internal roots;

    struct Kept {
        bytes18 authority;
        uint8 status;
        uint96 change;
        bytes32 decision;
        address proposer;
    }

    constructor() {
        vm.warp(time);
        vm.recordLogs();
        registry = new LicenceRegistry(1 days, address(this));
        replay = new Replay();
        for (uint256 i = 0; i < AUTHORITIES; ++i) {
            registry.registerAuthority(authority(i), CAP);
            for (uint256 j = 0; j < ACCOUNTS; ++j) {
                registry.setAccount(authority(i), account(i, j), j < 5 ? uint8(1 << j) : 2);
            }
        }
        replay.follow(vm.getRecordedLogs(), time);
    }

    function authority(uint256 i) public pure returns (bytes18) {
        return bytes18(uint144(0x313132313032303000 + i % AUTHORITIES) << 72);
    }

    function account(uint256 i, uint256 j) public pure returns (address) {
        return address(uint160(0xA00 + 16 * (i % AUTHORITIES) + j % ACCOUNTS));
    }

    // -- what accounts do; `who` chooses the account, `whose` in whose name

    function anchor(uint256 who, uint256 whose, uint256 seed) external {
        bytes32 root = bytes32(seed % 20 + 1);
        roots.push(root);
        call(who, 0, whose, abi.encodeCall(registry.anchor, (root, 1, "m")), registry.anchorFor.selector);
    }

    function suspend(uint256 who, uint256 whose, uint256 seed) external {
        bytes memory data = abi.encodeCall(registry.suspend, (changes(seed), bytes32(seed)));
        call(who, 1, whose, data, registry.suspendFor.selector);
    }

    function reinstate(uint256 who, uint256 whose, uint256 seed) external {
        bytes memory data = abi.encodeCall(registry.reinstate, (changes(seed), bytes32(seed)));
        call(who, 1, whose, data, registry.reinstateFor.selector);
    }

    function propose(uint256 who, uint256 whose, uint256 seed) external {
        uint8 status = uint8(seed % 8);
        uint96[] memory list = changes(seed);
        bytes32 decision = bytes32(seed % 5);
        bytes memory data = abi.encodeCall(registry.propose, (status, list, decision));
        if (!call(who, 1, whose, data, registry.proposeFor.selector)) return;
        kept.push(Kept(authority(whose), status, list[0], decision, sender(who, 1)));
    }

    /// Mostly what was proposed, at times with another status or proposer.
    function confirm(uint256 who, uint256 whose, uint256 seed) external {
        if (kept.length == 0) return;
        Kept memory one = kept[(seed >> 8) % kept.length];
        if (seed % 16 == 1) one.status = uint8(seed >> 16);
        if (seed % 16 == 2) one.proposer = sender(who, 2);
        if (seed % 16 > 2) whose = uint144(one.authority) >> 72;
        whose = whose % AUTHORITIES;
        for (uint256 i = 0; i < AUTHORITIES; ++i) {
            if (seed % 16 > 2 && authority(i) == one.authority) whose = i;
        }
        uint96[] memory list = new uint96[](1);
        list[0] = one.change;
        bytes memory data = abi.encodeCall(registry.confirm, (one.status, list, one.decision, one.proposer));
        if (seed % 3 == 0) who = whose;
        call(who, 2, whose, data, registry.confirmFor.selector);
    }

    function drop(uint256 who, uint256 whose, uint256 seed) external {
        if (kept.length == 0 || seed % 4 != 0) return;
        Kept memory one = kept[(seed >> 8) % kept.length];
        bytes32 id = keccak256(
            abi.encode(one.authority, one.status, one.decision, keccak256(abi.encode(uint256(one.change))))
        );
        bytes memory data = abi.encodeCall(registry.dropProposal, (id, one.proposer));
        call(who, 1, whose, data, registry.dropProposalFor.selector);
    }

    function supersede(uint256 who, uint256 whose, uint256 seed) external {
        if (roots.length == 0) return;
        bytes32 root = roots[seed % roots.length];
        LicenceRegistry.Succession[] memory items = new LicenceRegistry.Succession[](1);
        items[0] = LicenceRegistry.Succession(
            uint32((seed >> 8) % (64 * WORDS)), 0, 1, root, "m", root, new bytes32[](0)
        );
        bytes memory data = abi.encodeCall(registry.supersede, (items, bytes32(seed)));
        call(who, 1, whose, data, registry.supersedeFor.selector);
    }

    function delegate(uint256 who, uint256 deputy, uint8 rights, uint32 last) external {
        rights = rights % 9;
        uint40 until = rights == 0 ? 0 : uint40(time + last % 30 days);
        call(who, 4, who, abi.encodeCall(registry.delegate, (authority(deputy), rights, until)), 0);
    }

    function pauseAuthority(uint256 who) external {
        if (who % 8 == 0) call(who, 3, who, abi.encodeCall(registry.pauseAuthority, (authority(who))), 0);
    }

    // -- what the administrator and time do

    function setAccount(uint256 who, uint256 place, uint8 rights) external {
        administer(abi.encodeCall(registry.setAccount, (authority(who), account(who, place), rights % 34)));
    }

    /// Gives an account back what it began with, so that the others have something to do.
    function restoreAccount(uint256 who, uint256 place) external {
        place = place % ACCOUNTS;
        uint8 rights = place < 5 ? uint8(1 << place) : 2;
        administer(abi.encodeCall(registry.setAccount, (authority(who), account(who, place), rights)));
    }

    function setCap(uint256 who, uint32 cap) external {
        administer(abi.encodeCall(registry.setDailyCap, (authority(who), 20 + cap % 100)));
    }

    function letGo(uint256 who) external {
        administer(abi.encodeCall(registry.unpauseAuthority, (authority(who))));
        administer(abi.encodeCall(registry.unpause, ()));
    }

    function stop(uint256 who) external {
        if (who % 16 == 0) administer(abi.encodeCall(registry.pause, ()));
    }

    function revokeDelegation(uint256 whose, uint256 deputy) external {
        administer(abi.encodeCall(registry.revokeDelegation, (authority(whose), authority(deputy))));
    }

    function hand(uint256 seed) external {
        if (seed % 2 == 0) administer(abi.encodeCall(registry.beginDefaultAdminTransfer, (address(uint160(seed)))));
        else administer(abi.encodeCall(registry.cancelDefaultAdminTransfer, ()));
    }

    function warp(uint32 seconds_) external {
        time += seconds_ % 2 days;
        vm.warp(time);
    }

    // -- inner parts

    function changes(uint256 seed) internal pure returns (uint96[] memory list) {
        list = new uint96[](1);
        list[0] = uint96(((seed >> 32) % WORDS) << 64) | uint96(uint64(seed >> 64) & uint64(seed >> 128));
    }

    /// Mostly the account that has the right by default, at times any.
    function sender(uint256 who, uint256 place) internal pure returns (address) {
        return account(who, (who >> 128) % 4 == 0 ? who >> 8 : place);
    }

    function administer(bytes memory data) internal {
        check(address(this), data, 0);
    }

    /// Calls for one's own authority, or in another's name by putting it before the arguments.
    function call(uint256 who, uint256 place, uint256 whose, bytes memory data, bytes4 named)
        internal
        returns (bool done)
    {
        address from = sender(who, place);
        (bytes18 own,) = registry.accountOf(from);
        if (named != 0 && authority(whose) != own) data = named_(data, named, authority(whose));
        return check(from, data, authority(whose));
    }

    function named_(bytes memory data, bytes4 selector, bytes18 principal) internal pure returns (bytes memory made) {
        made = new bytes(data.length + 32);
        // Offsets of dynamic arguments count from the first one, which is new.
        bool second = selector == LicenceRegistry.proposeFor.selector || selector == LicenceRegistry.confirmFor.selector;
        bool dynamic = selector != LicenceRegistry.anchorFor.selector
            && selector != LicenceRegistry.dropProposalFor.selector;
        for (uint256 i = 4; i < data.length; ++i) {
            made[i + 32] = data[i];
        }
        assembly ("memory-safe") {
            mstore(add(made, 0x20), selector)
            mstore(add(made, 0x24), principal)
            if dynamic {
                let offset := add(add(made, 0x44), mul(second, 0x20))
                mstore(offset, add(mload(offset), 0x20))
            }
        }
    }

    function check(address from, bytes memory data, bytes18 name) internal returns (bool done) {
        snapshot();
        if (from != address(this)) vm.prank(from);
        (done,) = address(registry).call(data);
        if (done && from != address(this)) replay.requireEntitled(from, name, bytes4(data), time);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (done) ++accepted[bytes4(data)];
        require(done == (logs.length > 0), "an accepted call has an event, a refused one has none");
        replay.follow(logs, time);
        compare(name);
    }

    function snapshot() internal {
        for (uint256 i = 0; i < AUTHORITIES; ++i) {
            for (uint32 j = 0; j < WORDS; ++j) {
                before[j][i] = registry.statusWord(authority(i), j);
            }
        }
    }

    function compare(bytes18 name) internal view {
        for (uint256 i = 0; i < AUTHORITIES; ++i) {
            for (uint32 j = 0; j < WORDS; ++j) {
                uint256 old = before[j][i];
                uint256 now_ = registry.statusWord(authority(i), j);
                if (authority(i) != name) require(old == now_, "another authority's word");
                if (old != now_) requireNoReturn(old, now_);
            }
        }
    }

    function requireNoReturn(uint256 old, uint256 now_) internal pure {
        for (uint256 place = 0; place < 256; place += 4) {
            uint256 next = (now_ >> place) & 15;
            require(next <= 6, "no such status");
            if ((old >> place) & 15 > 1) require(next > 1, "a final status came back");
        }
    }
}
