// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {LicenceRegistry} from "../src/LicenceRegistry.sol";
import {RegistryAdministration} from "../src/RegistryAdministration.sol";
import {Base} from "./Base.sol";

contract AdministrationTest is Base {
    function unauthorised(address account) internal {
        vm.prank(account);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, bytes32(0))
        );
    }

    function test_onlyTheAdministratorAdministers() public {
        unauthorised(ANCHORER);
        registry.registerAuthority("x", 1);
        unauthorised(ANCHORER);
        registry.setAccount(CITY, ANCHORER, 1);
        unauthorised(ANCHORER);
        registry.setDailyCap(CITY, 1);
        unauthorised(ANCHORER);
        registry.pause();
        unauthorised(ANCHORER);
        registry.unpause();
        unauthorised(PAUSER);
        registry.unpauseAuthority(CITY);
        unauthorised(ANCHORER);
        registry.setSuccessor(address(this));
    }

    function test_theAdministratorCanNeitherAnchorNorChange() public {
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, address(this), 1));
        registry.anchor(ROOT, 1, MANIFEST);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, address(this), 2));
        registry.suspend(one(0, 15), DECISION);
    }

    function test_authorityIsRegisteredOnce() public {
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AuthorityExists.selector, CITY));
        registry.registerAuthority(CITY, 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.UnknownAuthority.selector, bytes18("x")));
        registry.setAccount("x", address(1), 1);
    }

    function test_accountBelongsToOneAuthorityForEver() public {
        registry.setAccount(CITY, ANCHORER, 0);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AccountTaken.selector, ANCHORER));
        registry.setAccount(OTHER, ANCHORER, 1);
    }

    function test_nobodyProposesAndConfirms() public {
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.BadRights.selector, 6));
        registry.setAccount(CITY, address(9), 6);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.BadRights.selector, 32));
        registry.setAccount(CITY, address(9), 32);
    }

    function test_accountWithoutRightsCannotAnchor() public {
        registry.setAccount(CITY, ANCHORER, 0);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, ANCHORER, 1));
        anchorAs(ANCHORER, ROOT, 1);
    }

    function test_pauseStopsEverybodyAndUnpauseLetsGo() public {
        registry.pause();
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.ContractPaused.selector));
        anchorAs(ANCHORER, ROOT, 1);
        registry.unpause();
        anchorAs(ANCHORER, ROOT, 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AlreadySo.selector));
        registry.unpause();
    }

    function test_whatIsKnownIsTold() public {
        require(!registry.paused(), "not paused");
        registry.pause();
        require(registry.paused(), "paused");
        (bytes18 authority, uint8 rights) = registry.accountOf(PAUSER);
        require(authority == CITY && rights == 8, "account");
        (authority, rights) = registry.accountOf(address(1));
        require(authority == 0 && rights == 0, "nobody");
        assertEq(registry.authorityOf(CITY).dailyCap, CAP, "cap");
    }

    function test_pausedAuthorityStopsAloneAndOnlyTheAdministratorReleasesIt() public {
        vm.prank(PAUSER);
        registry.pauseAuthority(CITY);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AuthorityIsPaused.selector, CITY));
        anchorAs(ANCHORER, ROOT, 1);
        anchorAs(OTHER_ANCHORER, ROOT, 1);
        registry.unpauseAuthority(CITY);
        anchorAs(ANCHORER, ROOT, 1);
    }

    function test_pauserStopsItsOwnAuthorityOnly() public {
        vm.prank(PAUSER);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NotEntitled.selector, PAUSER, 8));
        registry.pauseAuthority(OTHER);
    }

    function test_successorFreezesForEver() public {
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NoContract.selector, address(1)));
        registry.setSuccessor(address(1));
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.NoContract.selector, address(registry)));
        registry.setSuccessor(address(registry));
        registry.setSuccessor(address(this));
        (address next, uint40 frozenAt) = registry.successor();
        require(next == address(this) && frozenAt == block.timestamp, "successor");
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.Frozen.selector));
        anchorAs(ANCHORER, ROOT, 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.Frozen.selector));
        registry.setSuccessor(address(this));
    }

    function frozen() internal {
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.Frozen.selector));
    }

    function test_afterFreezingOnlyTheAdministrationIsHandedOver() public {
        registry.setSuccessor(address(this));
        frozen();
        registry.registerAuthority("x", 1);
        frozen();
        registry.setAccount(CITY, ANCHORER, 0);
        frozen();
        registry.setDailyCap(CITY, 1);
        frozen();
        registry.pause();
        frozen();
        registry.pauseAuthority(CITY);
        frozen();
        registry.revokeDelegation(CITY, OTHER);
        frozen();
        vm.prank(OTHER_DELEGATOR);
        registry.delegate(CITY, 1, uint40(block.timestamp));
        registry.beginDefaultAdminTransfer(address(2));
    }

    function test_unknownAuthoritiesAreRefusedEverywhere() public {
        bytes memory unknown =
            abi.encodeWithSelector(RegistryAdministration.UnknownAuthority.selector, bytes18("x"));
        vm.expectRevert(unknown);
        registry.setDailyCap("x", 1);
        vm.expectRevert(unknown);
        registry.pauseAuthority("x");
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.UnknownAuthority.selector, bytes18(0)));
        registry.registerAuthority(0, 1);
        vm.expectRevert(abi.encodeWithSelector(RegistryAdministration.AccountTaken.selector, address(0)));
        registry.setAccount(CITY, address(0), 1);
    }
}
