// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

import {Batches} from "../Batches.sol";
import {Orders} from "../Orders.sol";
import {vm} from "../Vm.sol";
import {Disputes} from "./Disputes.sol";

/// @notice Steps of claimed licences.
abstract contract Licences is Disputes {
    function moveToken(uint256 seed) external drawing(seed) {
        uint256 index = _any(_canMove);
        address holder = sold[index].holder;
        address to = _anyPayee();
        vm.prank(holder);
        IERC1155(address(licences)).safeTransferFrom(holder, to, _idOf(index), 1, "");
        sold[index].holder = to;
        sold[index].unlocksAt = 0;
    }

    function _canMove(uint256 index) private view returns (bool) {
        return sold[index].holder != address(0) && block.timestamp >= sold[index].unlocksAt;
    }

    function _idOf(uint256 index) internal view returns (uint256) {
        uint256 at = sold[index].at;
        if (sold[index].direct) return uint256(Orders.idOf(orders[at], address(settlement)));
        uint256 position = sold[index].position;
        return Batches.idOf(batches[at], position / Batches.PLACES, position % Batches.PLACES);
    }
}
