// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {ISettlementCourt} from "../../../contracts/interfaces/ISettlementCourt.sol";
import {ISettlementDesk} from "../../../contracts/interfaces/ISettlementDesk.sol";
import {accountOf} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {vm} from "../Vm.sol";

/// @notice What a deployment is tied to for good.
interface Wired {
    function TOKEN() external view returns (address);
    function REGISTRY() external view returns (address);
    function LICENSE() external view returns (address);
    function SETTLEMENT() external view returns (address);
    function DESK() external view returns (address);
    function COURT() external view returns (address);
    function TOKENS_PER_UNIT() external view returns (uint256);
}

contract DeploymentTest is Scene {
    function test_all_are_tied_to_each_other() external view {
        address code = Wired(address(settlement)).DESK();
        _assertWired(address(settlement));
        _assertWired(code);
        _assertWired(Wired(code).COURT());
        vm.assertEq(Wired(address(licences)).SETTLEMENT(), address(settlement), "LINK-1: one settlement");
        vm.assertEq(Wired(address(licences)).REGISTRY(), address(registry), "LINK-1: one registry");
    }

    function _assertWired(address at) private view {
        vm.assertEq(Wired(at).TOKEN(), address(token), "LINK-2: one token");
        vm.assertEq(Wired(at).REGISTRY(), address(registry), "LINK-2: one registry");
        vm.assertEq(Wired(at).LICENSE(), address(licences), "LINK-2: one licence contract");
        vm.assertEq(Wired(at).TOKENS_PER_UNIT(), 1, "DEP-2: a unit is the token's own");
    }

    function test_the_desk_and_the_court_hold_nothing_when_called_directly() external {
        _deposit(accountOf(buyer), 1_000);
        address code = Wired(address(settlement)).DESK();
        ISettlementCourt alone = ISettlementCourt(Wired(code).COURT());
        vm.expectRevert(abi.encodeWithSelector(ISettlement.UnknownClass.selector, SHORT));
        ISettlementDesk(code).windowOf(SHORT);
        Order memory order = _bought();
        vm.expectPartialRevert(ISettlement.UnknownOrder.selector);
        vm.prank(sellerOperator);
        alone.refundPart(order, 1);
    }

    function test_refuses_what_no_interface_has() external {
        (bool success, ) = address(settlement).call(abi.encodeWithSignature("mint(address,uint256)", buyer, 1));
        vm.assertTrue(!success, "LINK-2: no such verb");
        (success, ) = address(settlement).call("");
        vm.assertTrue(!success, "LINK-2: no such verb");
    }

    function test_takes_no_ether() external {
        (bool success, ) = address(settlement).call{value: 1}("");
        vm.assertTrue(!success, "LINK-2: it has no use for it");
    }

    function test_a_token_of_fewer_decimals_counts_in_its_own_units() external {
        bytes memory arguments = abi.encode("Coarse", "CRS", 2, address(this));
        _deploy(_anotherToken("SettlementToken.sol:SettlementToken", arguments));
        vm.assertEq(Wired(address(settlement)).TOKENS_PER_UNIT(), 1, "DEP-2: a unit is the token's own");
    }
}
