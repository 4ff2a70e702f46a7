// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {LicenceRegistry} from "../src/LicenceRegistry.sol";
import {RegistryEvents} from "../src/RegistryEvents.sol";
import {RegistryAdministration} from "../src/RegistryAdministration.sol";
import {RegistryDelegation} from "../src/RegistryDelegation.sol";
import {RegistryProposals} from "../src/RegistryProposals.sol";
import {Base} from "./Base.sol";

/// OTHER is the province, CITY its deputy.
contract DelegationTest is Base {
    uint40 internal until;

    function setUp() public override {
        super.setUp();
        until = uint40(block.timestamp + 30 days);
    }

    function delegate(uint8 rights) internal {
        vm.prank(OTHER_DELEGATOR);
        registry.delegate(CITY, rights, until);
    }

    function notDelegated(uint8 right) internal {
        vm.expectRevert(abi.encodeWithSelector(RegistryDelegation.NotDelegated.selector, OTHER, CITY, right));
    }

    function test_deputyAnchorsInThePrincipalsName() public {
        delegate(1);
        vm.prank(ANCHORER);
        registry.anchorFor(OTHER, ROOT, 5, MANIFEST);
        (uint64 time,) = registry.batch(OTHER, keyOf(ROOT, 5, MANIFEST));
        assertEq(time, block.timestamp, "the principal's batch");
        (time,) = registry.batch(CITY, keyOf(ROOT, 5, MANIFEST));
        assertEq(time, 0, "not the deputy's own");
    }

    function test_deputySuspendsAndGivesBack() public {
        delegate(2);
        vm.prank(PROPOSER);
        registry.suspendFor(OTHER, one(0, 3), DECISION);
        assertEq(registry.statusWord(OTHER, 0), 0x11, "suspended");
        assertEq(registry.statusWord(CITY, 0), 0, "not its own licences");
        vm.prank(PROPOSER);
        registry.reinstateFor(OTHER, one(0, 3), DECISION);
        assertEq(registry.statusWord(OTHER, 0), 0, "given back");
    }

    function test_deputyProposesAndThePrincipalConfirms() public {
        delegate(2);
        vm.prank(PROPOSER);
        registry.proposeFor(OTHER, 2, one(0, 1), DECISION);
        vm.prank(OTHER_CONFIRMER);
        registry.confirm(2, one(0, 1), DECISION, PROPOSER);
        assertEq(registry.statusOf(OTHER, 0), 2, "revoked");
        assertEq(registry.authorityOf(OTHER).capUsed, 1, "the principal's cap");
        assertEq(registry.authorityOf(CITY).capUsed, 0, "not the deputy's");
    }

    function test_deputyWithTheRightConfirmsWhatThePrincipalProposed() public {
        delegate(4);
        vm.prank(OTHER_PROPOSER);
        registry.propose(2, one(0, 1), DECISION);
        vm.prank(CONFIRMER);
        registry.confirmFor(OTHER, 2, one(0, 1), DECISION, OTHER_PROPOSER);
        assertEq(registry.statusOf(OTHER, 0), 2, "revoked");
    }

    function test_deputyWithBothRightsNeedsTwoAccountsOfItsOwn() public {
        delegate(6);
        vm.prank(PROPOSER);
        registry.proposeFor(OTHER, 2, one(0, 1), DECISION);
        registry.setAccount(CITY, PROPOSER, 4);
        vm.prank(PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryEvents.SameAccount.selector, PROPOSER));
        registry.confirmFor(OTHER, 2, one(0, 1), DECISION, PROPOSER);
        vm.prank(CONFIRMER);
        registry.confirmFor(OTHER, 2, one(0, 1), DECISION, PROPOSER);
        assertEq(registry.statusOf(OTHER, 0), 2, "revoked");
    }

    function test_deputysProposalForThePrincipalIsNotItsOwn() public {
        delegate(2);
        vm.prank(PROPOSER);
        registry.proposeFor(OTHER, 2, one(0, 1), DECISION);
        bytes32 id = idOf(CITY, 2, one(0, 1), DECISION);
        vm.expectRevert(abi.encodeWithSelector(RegistryProposals.NoOpenProposal.selector, id));
        confirm(2, 0, 1, DECISION);
    }

    function test_deputyDropsAndSupersedes() public {
        delegate(3);
        vm.prank(PROPOSER);
        registry.proposeFor(OTHER, 2, one(0, 1), DECISION);
        bytes32 id = idOf(OTHER, 2, one(0, 1), DECISION);
        vm.prank(PROPOSER);
        registry.dropProposalFor(OTHER, id, PROPOSER);
        (, uint8 state) = registry.proposal(OTHER, id, PROPOSER);
        assertEq(state, 3, "dropped");
        vm.prank(ANCHORER);
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
        LicenceRegistry.Succession[] memory items = new LicenceRegistry.Succession[](1);
        items[0] = LicenceRegistry.Succession(70, 0, 1, ROOT, MANIFEST, ROOT, new bytes32[](0));
        vm.prank(PROPOSER);
        registry.supersedeFor(OTHER, items, DECISION);
        assertEq(registry.statusOf(OTHER, 70), 6, "superseded");
    }

    function test_rightIsNeededAtHomeToo() public {
        delegate(7);
        vm.prank(CONFIRMER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, CONFIRMER, 2));
        registry.suspendFor(OTHER, one(0, 1), DECISION);
    }

    function test_onlyWhatWasDelegated() public {
        delegate(1);
        vm.prank(PROPOSER);
        notDelegated(2);
        registry.suspendFor(OTHER, one(0, 1), DECISION);
        vm.prank(CONFIRMER);
        notDelegated(4);
        registry.confirmFor(OTHER, 2, one(0, 1), DECISION, PROPOSER);
    }

    function test_nothingIsDelegatedByDefaultAndNotBackwards() public {
        vm.prank(ANCHORER);
        notDelegated(1);
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
        delegate(7);
        vm.prank(OTHER_ANCHORER);
        vm.expectRevert(abi.encodeWithSelector(RegistryDelegation.NotDelegated.selector, CITY, OTHER, 1));
        registry.anchorFor(CITY, ROOT, 1, MANIFEST);
    }

    function test_lastSecondCountsAndTheNextDoesNot() public {
        delegate(1);
        vm.warp(until);
        vm.prank(ANCHORER);
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
        vm.warp(until + 1);
        vm.prank(ANCHORER);
        notDelegated(1);
        registry.anchorFor(OTHER, ROOT, 2, MANIFEST);
    }

    function test_revokedAtOnceByThePrincipal() public {
        delegate(7);
        vm.prank(OTHER_DELEGATOR);
        registry.delegate(CITY, 0, 0);
        vm.prank(ANCHORER);
        notDelegated(1);
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
        (uint8 rights, uint40 last) = registry.delegationOf(OTHER, CITY);
        require(rights == 0 && last == 0, "nothing");
    }

    function test_revokedByTheAdministratorAlsoWhilePaused() public {
        delegate(7);
        registry.pause();
        registry.revokeDelegation(OTHER, CITY);
        registry.unpause();
        vm.prank(ANCHORER);
        notDelegated(1);
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AlreadySo.selector));
        registry.revokeDelegation(OTHER, CITY);
        vm.prank(OTHER_DELEGATOR);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, OTHER_DELEGATOR, bytes32(0)
            )
        );
        registry.revokeDelegation(OTHER, CITY);
    }

    function test_pausedPrincipalStopsItsDeputyAndPausedDeputyStopsItself() public {
        delegate(1);
        registry.pauseAuthority(OTHER);
        vm.prank(ANCHORER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AuthorityIsPaused.selector, OTHER));
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
        registry.unpauseAuthority(OTHER);
        registry.pauseAuthority(CITY);
        vm.prank(ANCHORER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AuthorityIsPaused.selector, CITY));
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
    }

    function test_onlyAnAccountWithTheRightDelegates() public {
        vm.prank(OTHER_PROPOSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, OTHER_PROPOSER, 16));
        registry.delegate(CITY, 1, until);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, address(this), 16));
        registry.delegate(CITY, 1, until);
    }

    function bad(bytes18 deputy, uint8 rights, uint40 last) internal {
        vm.prank(OTHER_DELEGATOR);
        vm.expectRevert(abi.encodeWithSelector(RegistryDelegation.BadDelegation.selector));
        registry.delegate(deputy, rights, last);
    }

    function test_badDelegationsAreRefused() public {
        bad(OTHER, 1, until);
        bad(CITY, 8, until); // pausing
        bad(CITY, 16, until); // delegating on
        bad(CITY, 1, uint40(block.timestamp - 1));
        bad(CITY, 0, until);
        vm.prank(OTHER_DELEGATOR);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.UnknownAuthority.selector, bytes18("x")));
        registry.delegate("x", 1, until);
    }

    function testFuzz_strangersDoNothingInAnothersName(address account, uint8 rights) public {
        if (account == ANCHORER || account == OTHER_ANCHORER) return;
        delegate(1 + rights % 7);
        vm.prank(account);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, account, 1));
        registry.anchorFor(OTHER, ROOT, 1, MANIFEST);
    }
}
