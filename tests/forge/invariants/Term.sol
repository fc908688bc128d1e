// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

uint256 constant DELAY = 2 days;

/// @notice Something that can change later: what it is before the time `since`, and from then on.
struct Term {
    uint256 before;
    uint256 next;
    uint256 since;
}

using {present, set} for Term global;

/// @notice What it is now.
function present(Term memory self) view returns (uint256) {
    return block.timestamp < self.since ? self.before : self.next;
}

/// @notice Changes it, at once or after the delay, in place of any change that is not due yet.
function set(Term storage self, uint256 value, bool atOnce) {
    self.before = present(self);
    self.next = value;
    self.since = block.timestamp + (atOnce ? 0 : DELAY);
}

/// @notice A term that was never changed.
function always(uint256 value) pure returns (Term memory) {
    return Term(value, value, 0);
}
