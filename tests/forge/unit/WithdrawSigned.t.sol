// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISettlement, Withdrawal} from "../../../contracts/interfaces/ISettlement.sol";
import {accountOf} from "../Accounts.sol";
import {Scene} from "../Scene.sol";
import {Blocking} from "../Tokens.sol";
import {Wallet} from "../Wallet.sol";
import {vm} from "../Vm.sol";
import {Withdrawals} from "../Withdrawals.sol";

contract WithdrawSignedTest is Scene {
    function setUp() public override {
        super.setUp();
        _deposit(accountOf(buyer), 1_000);
    }

    function test_anyone_sends_what_the_owner_signed() external {
        vm.expectEmit(address(settlement));
        emit ISettlement.Withdrawn(accountOf(buyer), receiver, 400);
        _send(_signed(300, "buyer"));
        _assertAvailable(buyer, 600, "SEND-1: debited");
        vm.assertEq(token.balanceOf(receiver), 400, "SEND-1: sent");
        vm.assertEq(settlement.noncesOf(buyer, 1), 1 << 44, "SEND-1: the nonce is used");
        vm.assertEq(settlement.noncesOf(buyer, 0), 0, "SEND-1: no other");
    }

    function test_a_contract_signs_by_erc_1271() external {
        address wallet = address(new Wallet(buyer));
        _deposit(accountOf(wallet), 400);
        Withdrawal memory withdrawal = _withdrawal(0);
        withdrawal.owner = wallet;
        _send(_sign(withdrawal, "buyer"));
        vm.assertEq(token.balanceOf(receiver), 400, "SEND-1: sent");
        withdrawal.nonce = 1;
        _refusesSignature(_sign(withdrawal, "stranger"));
    }

    function test_a_nonce_is_used_once() external {
        _send(_signed(300, "buyer"));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NonceUsed.selector, buyer, 300));
        _send(_signed(300, "buyer"));
        _deposit(accountOf(buyer), 1_000);
        _send(_signed(301, "buyer"));
        _send(_signed(44, "buyer"));
    }

    function test_refuses_at_the_deadline() external {
        Withdrawal memory withdrawal = _withdrawal(0);
        withdrawal.deadline = uint64(block.timestamp);
        bytes4 reason = ISettlement.DeadlinePassed.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, block.timestamp, block.timestamp));
        _send(_sign(withdrawal, "buyer"));
    }

    function test_refuses_other_keys_and_other_words() external {
        _refusesSignature(_signed(0, "stranger"));
        Withdrawal memory withdrawal = _signed(0, "buyer");
        withdrawal.to = stranger;
        _refusesSignature(withdrawal);
        withdrawal = _signed(0, "buyer");
        ++withdrawal.amount;
        _refusesSignature(withdrawal);
        withdrawal = _signed(0, "buyer");
        ++withdrawal.deadline;
        _refusesSignature(withdrawal);
        withdrawal = _signed(0, "buyer");
        ++withdrawal.nonce;
        _refusesSignature(withdrawal);
        withdrawal = _withdrawal(0);
        withdrawal.owner = address(0);
        _refusesSignature(withdrawal);
    }

    function test_refuses_a_signature_for_another_deployment() external {
        Withdrawal memory withdrawal = _withdrawal(0);
        withdrawal.signature = Withdrawals.sign(withdrawal, keyOf("buyer"), address(this));
        _refusesSignature(withdrawal);
    }

    function test_refuses_the_other_half_of_the_curve() external {
        Withdrawal memory withdrawal = _signed(0, "buyer");
        withdrawal.signature = Withdrawals.flip(withdrawal.signature);
        _refusesSignature(withdrawal);
    }

    function test_refuses_more_than_there_is() external {
        Withdrawal memory withdrawal = _withdrawal(0);
        withdrawal.amount = 1_001;
        bytes4 reason = ISettlement.InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, accountOf(buyer), int256(1_000), 1_001));
        _send(_sign(withdrawal, "buyer"));
    }

    function test_many_are_sent_and_bad_ones_passed_over() external {
        Withdrawal[] memory withdrawals = new Withdrawal[](4);
        withdrawals[0] = _signed(0, "buyer");
        withdrawals[1] = _signed(0, "buyer");
        withdrawals[2] = _signed(2, "stranger");
        withdrawals[3] = _signed(3, "buyer");
        vm.expectEmit(address(settlement));
        emit ISettlement.Withdrawn(accountOf(buyer), receiver, 400);
        vm.expectEmit(address(settlement));
        emit ISettlement.WithdrawalFailed(buyer, 0);
        vm.expectEmit(address(settlement));
        emit ISettlement.WithdrawalFailed(buyer, 2);
        settlement.withdrawMany(withdrawals);
        vm.assertEq(token.balanceOf(receiver), 800, "SEND-2: the good ones are sent");
        _assertAvailable(buyer, 200, "SEND-2: and no others");
        vm.assertEq(settlement.noncesOf(buyer, 0), 9, "SEND-2: a failed one keeps its nonce");
    }

    function test_a_blocked_payee_does_not_hold_up_the_others() external {
        address blocking = _anotherToken("BlockingToken.sol:BlockingToken", "");
        _deploy(blocking);
        _deposit(accountOf(buyer), 1_000);
        Blocking(blocking).setBlocked(stranger, true);
        Withdrawal[] memory withdrawals = new Withdrawal[](2);
        withdrawals[0] = _withdrawal(0);
        withdrawals[0].to = stranger;
        withdrawals[0] = _sign(withdrawals[0], "buyer");
        withdrawals[1] = _signed(1, "buyer");
        settlement.withdrawMany(withdrawals);
        vm.assertEq(token.balanceOf(receiver), 400, "SEND-2: the other is sent");
        _assertAvailable(buyer, 600, "SEND-2: the blocked one is still there");
    }

    /// @dev A share of the gas is a third more than one needs: too little once another took more than its own.
    function test_a_hungry_wallet_uses_up_its_own_share_of_the_gas() external {
        address hungry = vm.deployCode("HungryWallet.sol:HungryWallet", "");
        Withdrawal[] memory withdrawals = new Withdrawal[](4);
        withdrawals[0] = _signed(0, "buyer");
        withdrawals[0].owner = hungry;
        for (uint64 i = 1; i < 4; ++i) withdrawals[i] = _sign(_small(i), "buyer");
        uint256 gas_ = (_gasOfOne() * 16) / 3;
        vm.expectEmit(address(settlement));
        emit ISettlement.WithdrawalFailed(hungry, 0);
        settlement.withdrawMany{gas: gas_}(withdrawals);
        _assertAvailable(buyer, 1_000 - 5, "SEND-2: the others are sent");
    }

    /// @dev What one withdrawal needs when another was sent before.
    function _gasOfOne() private returns (uint256 used) {
        settlement.withdrawSigned(_sign(_small(4), "buyer"));
        Withdrawal memory second = _sign(_small(5), "buyer");
        used = gasleft();
        settlement.withdrawSigned(second);
        used -= gasleft();
    }

    function _small(uint64 nonce) private view returns (Withdrawal memory withdrawal) {
        withdrawal = _withdrawal(nonce);
        withdrawal.amount = 1;
    }

    function _withdrawal(uint64 nonce) private view returns (Withdrawal memory) {
        return Withdrawal(buyer, receiver, 400, uint64(block.timestamp + 1 hours), nonce, "");
    }

    function _signed(uint64 nonce, string memory who) private view returns (Withdrawal memory) {
        return _sign(_withdrawal(nonce), who);
    }

    function _sign(Withdrawal memory withdrawal, string memory who) private view returns (Withdrawal memory) {
        withdrawal.signature = Withdrawals.sign(withdrawal, keyOf(who), address(settlement));
        return withdrawal;
    }

    function _send(Withdrawal memory withdrawal) private {
        vm.prank(stranger);
        settlement.withdrawSigned(withdrawal);
    }

    function _refusesSignature(Withdrawal memory withdrawal) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.InvalidSignature.selector, withdrawal.owner));
        _send(withdrawal);
    }
}
