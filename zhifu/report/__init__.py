"""One page about a network: what was sold, where the money is, and whether it adds up.

`read` reads a network's chain once and `page` writes what it found as one HTML file that needs
nothing else. Writing asks for the extra `report`.
"""

from __future__ import annotations

from zhifu.report.period import Period
from zhifu.report.reading import Report, read

__all__ = ["Period", "Report", "read"]
