"""A figure of the plotting library as SVG that stands in a page and looks like it.

Its colours are the page's own, so that they change with it between light, dark and paper, and its
text is text in the page's typeface.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree as Tree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

#: Colours that stand for those of the page.
INK, MUTED, RULE, SURFACE = "#010101", "#020202", "#030303", "#040404"
SERIES = tuple(f"#0f000{number}" for number in range(1, 7))

_PAGE = {
    INK: "ink",
    MUTED: "muted",
    RULE: "rule",
    SURFACE: "surface",
    **{colour: f"series-{number}" for number, colour in enumerate(SERIES, 1)},
}
_COLOUR = re.compile("|".join(_PAGE))
_FAMILY = re.compile(r"font-family:[^;]*;?\s*|(?<=px) '[^;]*")
_REFERENCE = re.compile(r"url\(#|^#")

_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "zhifu",
    "text.parse_math": False,
    "font.size": 8.5,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.pad": 6,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
}


@contextmanager
def drawing() -> Iterator[None]:
    """Draw what is made within as the page wants it, whatever this machine's settings are."""
    with mpl.rc_context(), warnings.catch_warnings():
        # Its own typeface measures text only: the reader's has the glyphs that this one lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


def svg(figure: Figure, name: str, title: str, description: str) -> Markup:
    """The figure, told by a title and a description to who cannot see it; `name` is its own."""
    drawn = io.StringIO()
    FigureCanvasSVG(figure)
    figure.savefig(drawn, format="svg", metadata=dict.fromkeys(("Date", "Creator")))
    # It is the plotting library that wrote this, a line above.
    root = Tree.fromstring(drawn.getvalue())  # noqa: S314
    for parent in list(root.iter()):
        for child in list(parent):
            if _name(child.tag) in {"metadata", "style"}:
                parent.remove(child)
    for element in root.iter():
        element.tag = _name(element.tag)
        element.attrib = {
            _name(key): _value(_name(key), value, name) for key, value in element.attrib.items()
        }
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-description",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        told = Tree.Element(tag, id=f"{name}-{'title' if tag == 'title' else 'description'}")
        told.text = text
        root.insert(place, told)
    return Markup(Tree.tostring(root, encoding="unicode"))  # noqa: S704


def _name(qualified: str) -> str:
    return qualified.rpartition("}")[2]


def _value(key: str, value: str, name: str) -> str:
    """An attribute with the page's colours and typeface, and names that nothing else there has."""
    if key == "id":
        return f"{name}-{value}"
    if key in {"href", "clip-path"}:
        return _REFERENCE.sub(lambda found: f"{found[0]}{name}-", value)
    if key == "style":
        value = _FAMILY.sub("", value)
        return _COLOUR.sub(lambda found: f"var(--{_PAGE[found[0]]})", value)
    if key == "d":
        return " ".join(value.split())
    return value
