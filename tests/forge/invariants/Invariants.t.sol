// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Handler} from "./Handler.sol";

/// @notice The invariants of SPECIFICATION.md, on random walks through every verb.
/// @dev One campaign checks all of them: forge walks anew for every function whose name starts with `invariant`.
contract InvariantsTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private _handler;

    function setUp() external {
        _handler = new Handler();
        _handler.open();
    }

    /// @notice Where forge sends its calls: to the handler's steps.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = _handler.open.selector;
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(_handler), selectors);
    }

    function invariant_everyStatementHolds() external view {
        _handler.tokensCoverEverything();
        _handler.tokensAreWhatCameInLessWhatLeft();
        _handler.holdsAreTheirOrders();
        _handler.holdsLoseNothing();
        _handler.ordersAreConserved();
        _handler.disputesAreTheirOrders();
        _handler.accountsAreWhatTheirOwnersDid();
        _handler.noAccountIsBelowZero();
        _handler.takenAccountsAreEmpty();
        _handler.limitsAreWhatTheirOwnersSet();
        _handler.directLicencesVerify();
        _handler.batchLicencesVerify();
        _handler.tokensHaveOneHolder();
        _handler.batchNumbersHaveNoGaps();
        _handler.batchesDoNotChange();
        _handler.ordersAreWhatHappenedToThem();
        _handler.requestsStay();
        _handler.pricesAreThoseOfTheirDays();
        _handler.plansDoNotChange();
        _handler.windowsDoNotChange();
        _handler.sellingIsPausedOrNot();
        _handler.platformsAreAsTheirOwnersSet();
        _handler.rolesAreWhoseTheyWereGiven();
        _handler.keysBelongToOnePlatform();
        _handler.learnersBelongToWhoRegisteredThem();
    }
}
