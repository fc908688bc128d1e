// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {BatchOrder, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {Batch, Batches, Read} from "../Batches.sol";
import {vm} from "../Vm.sol";
import {Sold} from "./Ghost.sol";
import {MoneyChecks} from "./MoneyChecks.sol";

/// @notice What must be true of orders, batches and licences after every step; a few of them at each look.
abstract contract LicenceChecks is MoneyChecks {
    uint256 private constant AT_A_LOOK = 8;
    uint256 private constant PAID = 1;
    uint256 private constant FROM_ACCOUNT = 2;
    uint256 private constant REFUNDED = 4;
    uint256 private constant CLAIMED = 8;

    /// @notice INV-5: a direct order verifies for its holder, and for nobody once it was refunded.
    function directLicencesVerify() external view {
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length || !sold[index].direct) continue;
            Order memory order = orders[sold[index].at];
            address holder = sold[index].claimed ? sold[index].holder : order.receiver;
            vm.assertEq(licences.verify(order, holder), !sold[index].refunded, "INV-5: verifies until refunded");
            vm.assertTrue(!licences.verify(order, address(this)), "INV-5: verifies for nobody else");
        }
    }

    /// @notice INV-5: a batch order verifies for its learner, and for nobody once it was refunded.
    function batchLicencesVerify() external view {
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length || sold[index].direct) continue;
            uint32 learner = _learnerOf(index);
            bool kept = !sold[index].claimed || sold[index].holder == learnerKeys[learner];
            BatchOrder memory order = _batchOrder(index);
            bool expected = !sold[index].refunded && kept;
            vm.assertEq(licences.verifyBatch(order, learner), expected, "INV-5: verifies until refunded");
            vm.assertTrue(!licences.verifyBatch(order, learner + 1), "INV-5: verifies for nobody else");
        }
    }

    /// @notice INV-5: a token is one, is its holder's, and is gone once its order was refunded.
    function tokensHaveOneHolder() external view {
        IERC1155 tokens = IERC1155(address(licences));
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length) continue;
            uint256 id = _idOf(index);
            address holder = sold[index].holder;
            vm.assertEq(licences.holderOf(id), holder, "INV-5: the holder is who it went to");
            uint256 count;
            for (uint256 each; each < payees.length; ++each) count += tokens.balanceOf(payees[each], id);
            vm.assertEq(count, holder == address(0) ? 0 : 1, "CLAIM-2: the supply is one");
            if (holder == address(0)) continue;
            vm.assertEq(tokens.balanceOf(holder, id), 1, "CLAIM-2: the token is its holder's");
            vm.assertTrue(licences.verifyToken(id, sold[index].content, holder), "VERIFY-3: for holder and content");
        }
    }

    /// @notice INV-6.
    function batchNumbersHaveNoGaps() external view {
        for (uint256 i; i < keys.length; ++i) {
            uint64 next = settledIn[keys[i].platform][keys[i].lane] + 1;
            vm.assertEq(settlement.nextBatch(keys[i].platform, keys[i].lane), next, "INV-6: numbers have no gaps");
            bytes32 beyond = settlement.rootOf(keys[i].platform, keys[i].lane, next);
            vm.assertEq(beyond, bytes32(0), "INV-6: nothing is settled ahead");
        }
    }

    /// @notice INV-7: a batch is what it was when it settled, and remembers what was refunded or claimed.
    function batchesDoNotChange() external view {
        for (uint256 i; i < AT_A_LOOK / 2 && i < batches.length; ++i) {
            uint256 index = uint256(keccak256(abi.encode(block.timestamp, i))) % batches.length;
            Batch memory batch = batches[index];
            bytes32 stored = settlement.rootOf(batch.platform, batch.lane, batch.number);
            vm.assertEq(stored, Batches.root(batch), "INV-7: a root stays");
            uint256 spent = settlement.spentOf(batch.platform, batch.lane, batch.number, 0);
            vm.assertEq(spent, _spentIn(index), "INV-7: spent is what was refunded or claimed");
        }
    }

    /// @notice INV-7: a direct order keeps what was read for it, and its state is what happened to it.
    function directOrdersDoNotChange() external view {
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length || !sold[index].direct) continue;
            Facts stored = settlement.factsOf(bytes32(_idOf(index)));
            vm.assertEq(Facts.unwrap(stored), _factsOf(sold[index]), "INV-7: an order's facts stay");
        }
    }

    function _factsOf(Sold memory order) private pure returns (uint256) {
        uint256 state = PAID;
        if (order.fromAccount) state |= FROM_ACCOUNT;
        if (order.refunded) state |= REFUNDED;
        if (order.claimed) state |= CLAIMED;
        Read memory read = Read(order.price, order.commissionBps, order.referrerBps, 1, order.class, order.epoch);
        return Batches.pack(read) | (state << 160);
    }

    function _spentIn(uint256 batch) private view returns (uint256 bits) {
        for (uint256 i; i < sold.length; ++i) {
            Sold storage order = sold[i];
            if (order.direct || order.at != batch) continue;
            if (order.refunded || order.claimed) bits |= 1 << order.position;
        }
    }

    /// @dev The order that was last refunded or claimed, then some that change from look to look.
    function _looked(uint256 look) private view returns (uint256) {
        if (look == 0 || sold.length == 0) return touched;
        return uint256(keccak256(abi.encode(block.timestamp, look))) % sold.length;
    }
}
