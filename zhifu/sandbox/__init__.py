"""The payment providers' own interfaces, served on this machine with money that is not there.

Production code speaks to it unmodified: the wire formats, the signatures and the rules are the
providers', only the keys are generated. `server` puts it together, `books` is what happened,
`deliveries` sends callbacks, `faults` says what goes wrong, and each provider's interface is in the
module of its name.
"""

from __future__ import annotations
