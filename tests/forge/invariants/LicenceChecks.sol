// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {BatchOrder, Order} from "../../../contracts/interfaces/ISettlement.sol";
import {Facts} from "../../../contracts/libraries/Facts.sol";
import {Batch, Batches} from "../Batches.sol";
import {vm} from "../Vm.sol";
import {Sold} from "./Ghost.sol";
import {MoneyChecks} from "./MoneyChecks.sol";

/// @notice What must be true of orders, batches and licences after every step; a few of them at each look.
abstract contract LicenceChecks is MoneyChecks {
    uint256 private constant AT_A_LOOK = 8;

    /// @notice INV-5: a direct order verifies for its holder, and for nobody once it was refunded.
    function directLicencesVerify() external view {
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length || !sold[index].direct) continue;
            Order memory order = orders[sold[index].at];
            address holder = _has(sold[index], CLAIMED) ? sold[index].holder : order.receiver;
            vm.assertEq(licences.verify(order, holder), _grants(sold[index]), "INV-5: verifies while it is granted");
            vm.assertTrue(!licences.verify(order, address(this)), "INV-5: verifies for nobody else");
        }
    }

    /// @notice INV-5: a batch order verifies for its learner, and for nobody once it was refunded.
    function batchLicencesVerify() external view {
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length || sold[index].direct) continue;
            uint32 learner = _learnerOf(index);
            bool kept = !_has(sold[index], CLAIMED) || sold[index].holder == learnerKeys[learner];
            BatchOrder memory order = _batchOrder(index);
            bool expected = _grants(sold[index]) && kept;
            vm.assertEq(licences.verifyBatch(order, learner), expected, "INV-5: verifies while it is granted");
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
            if (holder != address(0)) _checkToken(index, id, holder);
        }
    }

    function _checkToken(uint256 index, uint256 id, address holder) private view {
        Sold memory order = sold[index];
        vm.assertEq(IERC1155(address(licences)).balanceOf(holder, id), 1, "CLAIM-2: the token is its holder's");
        bool current = _isCurrent(order);
        vm.assertEq(licences.verifyToken(id, order.content, holder), current, "VERIFY-3: for holder and content");
        vm.assertEq(licences.userOf(id), current ? holder : address(0), "TERMS-6: used by its holder in its time");
        vm.assertEq(licences.expiresAt(id), order.expiresAt, "TERMS-6: ends when it was sold to");
        vm.assertEq(licences.locked(id), block.timestamp < order.unlocksAt, "CLAIM-2: locked until it may move");
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
            uint256 spent = desk.spentOf(batch.platform, batch.lane, batch.number, 0);
            vm.assertEq(spent, _spentIn(index), "TREE-4: spent is what something happened to");
        }
    }

    /// @notice INV-7: an order keeps what was read for it, and its state is what happened to it.
    function ordersAreWhatHappenedToThem() external view {
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length) continue;
            uint256 stored = Facts.unwrap(settlement.factsOf(_idOf(index)));
            bool kept = sold[index].direct || !sold[index].fresh;
            vm.assertEq(stored, kept ? _factsOf(sold[index]) : 0, "INV-7: an order's facts stay");
            if (sold[index].direct) continue;
            (bool proven, Facts facts) = settlement.inspectBatch(_batchOrder(index));
            vm.assertTrue(proven, "TREE-3: it is in its batch");
            vm.assertEq(Facts.unwrap(facts), _factsOf(sold[index]), "TREE-4: its facts with their present state");
        }
    }

    /// @notice REQUEST-1, REQUEST-2: a request stays until it is answered.
    function requestsStay() external view {
        for (uint256 i; i < AT_A_LOOK; ++i) {
            uint256 index = _looked(i);
            if (index >= sold.length) continue;
            vm.assertEq(court.answerByOf(_idOf(index)), sold[index].answerBy, "REQUEST-1: the time to answer");
        }
    }

    function _grants(Sold memory order) private view returns (bool) {
        return !_has(order, REFUNDED) && _isCurrent(order);
    }

    function _spentIn(uint256 batch) private view returns (uint256 bits) {
        for (uint256 i; i < sold.length; ++i) {
            Sold storage order = sold[i];
            if (!order.direct && order.at == batch && order.state & PAID != 0) bits |= 1 << order.position;
        }
    }

    /// @dev The order that was last refunded or claimed, then some that change from look to look.
    function _looked(uint256 look) private view returns (uint256) {
        if (look == 0 || sold.length == 0) return touched;
        return uint256(keccak256(abi.encode(block.timestamp, look))) % sold.length;
    }
}
