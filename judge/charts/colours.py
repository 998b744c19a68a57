"""The colours: names that a page may define, with what holds where it does not."""

from __future__ import annotations

# c1 must be a blue and c2 an orange: the heat map's two ends. Every colour stands out from bg by 4.5 to 1, grid apart, so
# that text may be drawn in it, or in bg upon it. No two are equal: `standalone` finds them again by their value.
LIGHT = {
    "fg": "#1f2328",
    "bg": "#ffffff",
    "muted": "#59636e",
    "grid": "#dde2e7",
    "c1": "#0b62a4",
    "c2": "#b9500b",
    "c3": "#0a7468",
    "c4": "#8340a6",
    "c5": "#7d6200",
    "c6": "#b3245f",
    "good": "#17697f",
    "bad": "#bf4426",
    "neutral": "#6c7681",
}
DARK = {
    "fg": "#e6edf3",
    "bg": "#0d1117",
    "muted": "#9aa4af",
    "grid": "#2b323a",
    "c1": "#6cb2f7",
    "c2": "#f5a25d",
    "c3": "#55cfb8",
    "c4": "#cfa6f7",
    "c5": "#dcb846",
    "c6": "#f78fb8",
    "good": "#62bdd6",
    "bad": "#f58a6c",
    "neutral": "#8d97a3",
}


def paint(name: str) -> str:
    """Return a colour by its name, as an attribute's value."""
    return f"var(--{name},{LIGHT[name]})"


FG, BG, MUTED, GRID, NEUTRAL = (paint(name) for name in ("fg", "bg", "muted", "grid", "neutral"))
SERIES = tuple(paint(f"c{at}") for at in range(1, 7))
