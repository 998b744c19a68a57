"""Charts: numbers in, inline SVG with its data table out. Pure, standard library only, nothing else of judge."""

from judge.charts.bars import Bar, stacked_bars
from judge.charts.colours import DARK, LIGHT
from judge.charts.figure import Figure, standalone
from judge.charts.forest import Point, forest
from judge.charts.heatmap import heatmap
from judge.charts.lines import Line, lines
from judge.charts.radar import Ring, radar
from judge.charts.scatter import Dot, scatter

__all__ = [
    "DARK",
    "LIGHT",
    "Bar",
    "Dot",
    "Figure",
    "Line",
    "Point",
    "Ring",
    "forest",
    "heatmap",
    "lines",
    "radar",
    "scatter",
    "stacked_bars",
    "standalone",
]
