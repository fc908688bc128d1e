// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IContentLicense, Plan, Publication, Share, Terms} from "../../contracts/interfaces/IContentLicense.sol";
import {IPlatformRegistry, Role} from "../../contracts/interfaces/IPlatformRegistry.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {ISettlementCourt} from "../../contracts/interfaces/ISettlementCourt.sol";
import {ISettlementDesk} from "../../contracts/interfaces/ISettlementDesk.sol";
import {Account} from "../../contracts/libraries/Account.sol";
import {Token} from "./Token.sol";
import {vm} from "./Vm.sol";

/// @notice A network on a chain of its own: token, registry, licences and settlement, and who acts in it.
abstract contract Network {
    uint256 internal constant NOON = 20_000 days + 12 hours;
    uint32 internal constant SHORT_WINDOW = 2 days;
    uint32 internal constant LONG_WINDOW = 7 days;
    uint8 internal constant SHORT = 0;
    uint8 internal constant LONG = 1;
    uint256 internal constant FUNDS = 10 ** 12;

    address internal immutable networkOwner = actor("network owner");
    address internal immutable networkTreasury = actor("network treasury");

    Token internal token;
    IPlatformRegistry internal registry;
    IContentLicense internal licences;

    /// @dev Three interfaces of one address.
    ISettlement internal settlement;
    ISettlementDesk internal desk;
    ISettlementCourt internal court;

    function actor(string memory name) internal pure returns (address) {
        return vm.addr(keyOf(name));
    }

    function keyOf(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(bytes(name)));
    }

    function _open() internal {
        vm.warp(NOON);
        token = Token(
            vm.deployCode("SettlementToken.sol:SettlementToken", abi.encode("Dollar", "USD", 6, address(this)))
        );
        token.setMintAllowance(address(this), type(uint256).max);
        _deploy(address(token));
        _addWindow(SHORT_WINDOW);
        _addWindow(LONG_WINDOW);
    }

    function _deploy(address settled) internal {
        bytes memory owners = abi.encode(networkOwner, networkTreasury);
        registry = IPlatformRegistry(vm.deployCode("PlatformRegistry.sol:PlatformRegistry", owners));
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 3);
        bytes memory wiring = abi.encode(registry, next);
        licences = IContentLicense(vm.deployCode("ContentLicense.sol:ContentLicense", wiring));
        wiring = abi.encode(settled, registry, licences);
        address code = vm.deployCode("SettlementCourt.sol:SettlementCourt", wiring);
        code = vm.deployCode("SettlementDesk.sol:SettlementDesk", abi.encode(code));
        settlement = ISettlement(vm.deployCode("Settlement.sol:Settlement", abi.encode(code)));
        desk = ISettlementDesk(address(settlement));
        court = ISettlementCourt(address(settlement));
    }

    /// @dev Another settlement token, which the helpers below use from now on.
    function _anotherToken(string memory artifact, bytes memory arguments) internal returns (address) {
        token = Token(vm.deployCode(artifact, arguments));
        return address(token);
    }

    function _addWindow(uint32 windowSeconds) internal returns (uint8) {
        vm.prank(networkOwner);
        return desk.addWindow(windowSeconds);
    }

    function _admit(string memory name) internal returns (uint32 platform) {
        vm.prank(networkOwner);
        platform = registry.admit(name, owner(name), treasury(name), 200, 500);
        _setOperator(platform, name, operator(name));
    }

    function _setOperator(uint32 platform, string memory name, address key) internal {
        vm.prank(owner(name));
        registry.setOperator(platform, key, true);
        vm.prank(key);
        registry.acceptOperator(platform);
    }

    function owner(string memory platform) internal pure returns (address) {
        return actor(string.concat(platform, " owner"));
    }

    function treasury(string memory platform) internal pure returns (address) {
        return actor(string.concat(platform, " treasury"));
    }

    function operator(string memory platform) internal pure returns (address) {
        return actor(string.concat(platform, " operator"));
    }

    /// @dev Makes an account the arbiter or the pauser, when its time has come.
    function _giveRole(Role role, address account) internal {
        vm.prank(networkOwner);
        registry.nominate(role, account);
        if (role == Role.Arbiter) vm.warp(block.timestamp + registry.DELAY());
        vm.prank(account);
        registry.acceptRole(role);
    }

    function _fund(address holder, uint256 amount) internal {
        token.mint(holder, amount);
        vm.prank(holder);
        token.approve(address(settlement), type(uint256).max);
    }

    function _deposit(Account account, uint256 amount) internal {
        _fund(address(this), amount);
        settlement.deposit(account, amount);
    }

    function _publish(address key, Publication memory publication) internal returns (uint32) {
        Publication[] memory publications = new Publication[](1);
        publications[0] = publication;
        vm.prank(key);
        return licences.publish(publications);
    }

    /// @notice 15.01 % seller, 4.98 % referrer, 20 % host, 3.01 % network, and two creators with the rest.
    function _plan() internal pure returns (Plan memory) {
        Share[] memory creators = new Share[](2);
        creators[0] = Share(actor("first creator"), 3_333);
        creators[1] = Share(actor("second creator"), 2_367);
        return Plan(1_501, 498, 2_000, 301, creators);
    }
}
