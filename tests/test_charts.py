"""Charts: well-formed and inert whatever the names, true to the numbers, readable by day, by night and on a phone."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.charts import (
    DARK,
    LIGHT,
    Bar,
    Dot,
    Figure,
    Line,
    Point,
    Ring,
    forest,
    heatmap,
    lines,
    radar,
    scatter,
    stacked_bars,
    standalone,
)
from judge.charts.heatmap import DEEPEST_NUMBERED
from judge.charts.lettering import clean, width, wrap
from judge.charts.scale import Scale, around

ABILITIES = [
    "语义理解与抽取",
    "闲聊",
    "上下文对话",
    "生成与创作",
    "知识与百科",
    "代码",
    "逻辑与推理",
    "计算",
    "角色扮演",
    "安全",
]
LONG = "recorded:SuperCLUE-OPEN/Qwen2.5-72B-Instruct-GPTQ-Int4@vllm-0.6.3（企业版）"
HOSTILE = '</text><script>alert(1)</script>" onload="x" \x00\x1b[31m\u202e]]>&amp;<!--\ud800\ufffe😀\u0301'


def draw(kind: str, name: str, value: float | None, narrow: bool = False) -> Figure:
    """Return a small chart of each kind about one name and one value, with what else it needs."""
    low, high = (None, None) if value is None else (value - 5, value + 7)
    three = (value, 40.0, None), (low, 35.0, None), (high, 48.0, None)
    match kind:
        case "radar":
            axes, series = [name, "闲聊", "代码"], [Ring(name, *three)]
            return radar(name, name, axes, series, ("能力", name), narrow=narrow)
        case "bars":
            parts = (1.0, abs(value or 0), 3.0, 0.0)
            legend = ["胜", name, "负", "缺"]
            return stacked_bars(name, name, [Bar(name, parts)], ("", *legend), legend, narrow=narrow)
        case "forest":
            points = [Point(name, value, low, high, name, True, name), Point("乙", 40, -math.inf, math.inf)]
            return forest(name, name, points, ("候选", "得分", "注"), sides=(name, name), narrow=narrow)
        case "lines":
            return lines(name, name, [name, "二", "三"], [Line(name, *three)], ("轮", name), narrow=narrow)
        case "heatmap":
            cells = [[None, value], [50.0, 100.0]]
            return heatmap(name, name, [name, "乙"], [name, "乙"], cells, ("", name, "乙"), narrow=narrow)
        case _:
            dots = [Dot(value or 0.0, 3.0, name), Dot(1.0, value or 0.0, "乙")]
            fit = [(0.0, 1.0), (4.0, 2.0)]
            return scatter(name, name, dots, ("", "x", "y"), name, name, fit, (None, 2.0), narrow=narrow)


KINDS = ["radar", "bars", "forest", "lines", "heatmap", "scatter"]
EMPTY: dict[str, Callable[[], Figure]] = {
    "radar": lambda: radar("空", "无", [], [], ("能力",)),
    "radar of no series": lambda: radar("空", "无", ["一", "二", "三"], [], ("能力",)),
    "bars": lambda: stacked_bars("空", "无", [], ("", "胜"), ["胜"]),
    "bars of no parts": lambda: stacked_bars("空", "无", [Bar("甲", ())], ("",), []),
    "forest": lambda: forest("空", "无", [], ("候选", "得分", "注")),
    "lines": lambda: lines("空", "无", [], [Line("甲", (), (), ())], ("轮", "甲")),
    "heatmap": lambda: heatmap("空", "无", [], [], [], ("",)),
    "scatter": lambda: scatter("空", "无", [], ("", "x", "y"), "x", "y", [(1, 2)]),
}

ALLOWED = {
    *("svg", "title", "desc", "g", "defs", "pattern", "rect", "circle", "line", "path", "text"),
}


def check(figure: Figure) -> ElementTree.Element:
    """Parse a figure and refuse all that a page with a strict policy would, and all that is no number."""
    tree = ElementTree.fromstring(figure.svg)
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert tree.get("role") == "img"
    assert [one.tag for one in tree[:2]] == ["title", "desc"]
    assert tree.get("aria-labelledby") == f"{tree[0].get('id')} {tree[1].get('id')}"
    for element in tree.iter():
        assert element.tag in ALLOWED
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert name not in {"style", "class", "href", "src"}
            assert not re.search(r"\b(nan|inf)\b", value)
            for used in re.findall(r"url\((.*?)\)", value):
                assert used.removeprefix("#") in ids
            if name in {"fill", "stroke"}:
                assert value == "none" or re.fullmatch(r"var\(--\w+,#[0-9a-f]{6}\)|url\(#[\w-]+\)", value)
        if element.tag == "text":
            assert float(element.get("font-size", "0")) >= 11
    return tree


def size(tree: ElementTree.Element) -> tuple[float, float]:
    _, _, across, high = map(float, tree.get("viewBox", "").split())
    return across, high


Box = tuple[float, float, float, float]


def boxes(tree: ElementTree.Element) -> Iterator[tuple[str, Box]]:
    """Yield each text with the box it fills, slanting ones by the box about their slant."""
    for one in tree.iter("text"):
        said, letter = one.text or "", float(one.get("font-size", "0"))
        x, y, long = float(one.get("x", "0")), float(one.get("y", "0")), width(one.text or "", letter)
        start = {"middle": -long / 2, "end": -long}.get(one.get("text-anchor") or "", 0.0)
        corners = [(start, -letter * 0.85), (start + long, letter * 0.2)]
        if turned := re.match(r"rotate\((\d+)", one.get("transform", "")):
            turn = math.radians(float(turned[1]))
            corners = [(at * math.cos(turn) - up * math.sin(turn), at * math.sin(turn) + up * math.cos(turn))
                       for at in (start, start + long) for up in (-letter * 0.85, letter * 0.2)]  # fmt: skip
        xs, ys = [x + dx for dx, _ in corners], [y + dy for _, dy in corners]
        yield said, (min(xs), min(ys), max(xs), max(ys))


def assert_nothing_clipped(tree: ElementTree.Element) -> None:
    across, high = size(tree)
    for said, (left, top, right, bottom) in boxes(tree):
        assert left >= -1, said
        assert top >= -2, said
        assert right <= across + 1, said
        assert bottom <= high + 1, said


# ── whatever the input ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", [HOSTILE, LONG, "语义理解与抽取", "", "\u202e", "M" * 5000, "字" * 5000])
def test_any_name_gives_inert_svg_with_nothing_clipped(kind: str, name: str, narrow: bool) -> None:
    tree = check(draw(kind, name, 61.25, narrow))
    assert_nothing_clipped(tree)
    assert ElementTree.fromstring(standalone(draw(kind, name, 61.25, narrow).svg)) is not None


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(name=st.text(), value=st.none() | st.floats(-1e307, 1e307), narrow=st.booleans())
def test_any_finite_number_and_any_text_can_be_drawn(kind: str, name: str, value: float | None, narrow: bool) -> None:
    assert_nothing_clipped(check(draw(kind, name, value, narrow)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(kind: str, value: float) -> None:
    with pytest.raises(ValueError, match=r"甲: (nan|inf|-inf) cannot be drawn"):
        draw(kind, "甲", value)


def test_infinite_ends_are_drawn_and_nan_ends_refused() -> None:
    with pytest.raises(ValueError, match="甲: an end of the interval is NaN"):
        forest("", "", [Point("甲", 50, math.nan, 60)], ("", "", ""))
    with pytest.raises(ValueError, match="wrong order"):
        forest("", "", [Point("甲", 50, 60, 40)], ("", "", ""))
    drawn = lines("", "", ["一"], [Line("甲", (50,), (-math.inf,), (None,))], ("", "甲"))
    assert drawn.rows == (("一", "50.0 [-∞, ∞]"),)
    check(drawn)


@pytest.mark.parametrize("kind", EMPTY)
def test_nothing_gives_an_empty_frame_with_a_dash(kind: str) -> None:
    tree = check(EMPTY[kind]())
    assert [one.text for one in tree.iter("text")] == ["—"]


def test_parts_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="甲: parts and legend: lengths 2, 3"):
        stacked_bars("", "", [Bar("甲", (1, 2))], ("", "", ""), ["胜", "平", "负"])
    with pytest.raises(ValueError, match="甲: lengths 3, 2, 3, 3"):
        radar("", "", ["一", "二", "三"], [Ring("甲", (1, 2), (1, 2, 3), (1, 2, 3))], ("", ""))
    with pytest.raises(ValueError, match="heads and columns"):
        forest("", "", [Point("甲", 1, 0, 2)], ("候选",))
    with pytest.raises(ValueError, match="less than nothing"):
        stacked_bars("", "", [Bar("甲", (1, -2))], ("", "", ""), ["胜", "平"])
    with pytest.raises(ValueError, match="three axes"):
        radar("", "", ["一"], [Ring("甲", (1,), (1,), (1,))], ("", ""))
    with pytest.raises(ValueError, match="not from 100 to 0"):
        forest("", "", [], ("", "", ""), scale=(100, 0))
    with pytest.raises(ValueError, match="outside the scale"):
        heatmap("", "", ["甲"], ["乙"], [[1]], ("", ""), middle=150)


def test_figures_are_deterministic_and_share_no_id() -> None:
    assert draw("radar", "甲", 61.0) == draw("radar", "甲", 61.0)
    seen: set[str] = set()
    for kind in KINDS:
        for value in (61.0, 61.5):
            for narrow in (False, True):
                tree = check(draw(kind, "甲", value, narrow))
                ids = {one.get("id") or "" for one in tree.iter() if one.get("id")}
                assert not ids & seen
                seen |= ids


# ── the tables ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_table_rows_are_the_input() -> None:
    assert draw("radar", "甲", 61.25).rows == (
        ("甲", "61.2 [56.2, 68.2]"),
        ("闲聊", "40.0 [35.0, 48.0]"),
        ("代码", "—"),
    )
    assert draw("lines", "甲", 61.0).rows == (("甲", "61.0 [56.0, 68.0]"), ("二", "40.0 [35.0, 48.0]"), ("三", "—"))
    assert draw("bars", "甲", 2.5).rows == (("甲", "1", "2.5", "3", "0"),)
    assert draw("forest", "甲", None).rows == (("甲 · 甲", "—", "甲"), ("乙", "40.0 [-∞, ∞]", ""))
    assert draw("heatmap", "甲", 61.25).rows == (("甲", "—", "61.2"), ("乙", "50.0", "100.0"))
    assert draw("scatter", "甲", 61.25).rows == (("甲", "61.2", "3.0"), ("乙", "1.0", "61.2"))
    assert draw("heatmap", HOSTILE, 1.0).rows[0][0] == HOSTILE


# ── where things stand ────────────────────────────────────────────────────────────────────────────────────────────────


def attributes(tree: ElementTree.Element, tag: str, *names: str) -> list[tuple[str | None, ...]]:
    return [tuple(one.get(name) for name in names) for one in tree.iter(tag)]


def test_radar_of_four_axes() -> None:
    ring = Ring("甲", (100, 50, None, 0), (90, 40, None, 0), (100, 60, None, 10))
    tree = check(radar("", "", ["一", "二", "三", "四"], [ring], ("", "甲")))
    # The middle is (320, 231) and 100 is 152 away; the missing axis waits 7 beyond the rim.
    *circles, top, right, missing, left = attributes(tree, "circle", "cx", "cy", "r")
    assert circles[1:] == [("320", "231", r) for r in ("38", "76", "114", "152", "76")]
    assert (top, right, left) == (("320", "79", "3.4"), ("396", "231", "3.4"), ("320", "231", "3.4"))
    assert missing == ("320", "390", "3.4")
    band, shape = attributes(tree, "path", "d")
    assert shape == ("M320 79L396 231L320 231Z",)
    assert band == ("M320 79L411.2 231L304.8 231ZM320 94.2L380.8 231L320 231Z",)


def test_bars_share_the_width_by_count() -> None:
    tree = check(stacked_bars("", "", [Bar("甲", (3, 0, 1))], ("", "胜", "平", "负"), ["胜", "平", "负"], narrow=True))
    # Three quarters of 360, less a hair of paper; a part of nothing is not drawn.
    bars = [one for one in attributes(tree, "rect", "x", "width", "height") if one[2] == "24"]
    assert bars == [("0", "268.5", "24"), ("270", "90", "24"), ("270", "90", "24")]
    assert [one.text for one in tree.iter("text")][-2:] == ["3", "1"]


def test_forest_marks_stand_on_the_scale() -> None:
    tree = check(forest("", "", [Point("甲", 50, 25, math.inf)], ("", "", ""), narrow=True))
    # From 14 to 346: 25 stands at 97, 50 at 180, and the infinite end is an arrow whose tip is at 351.
    assert attributes(tree, "circle", "cx", "cy") == [("180", "58")]
    assert ("97", "346", "58") in attributes(tree, "line", "x1", "x2", "y1")
    assert attributes(tree, "path", "d") == [("M351 58L344 53.5L344 62.5Z",)]
    assert "50.0 [25.0, ∞]" in [one.text for one in tree.iter("text")]


def test_lines_break_where_a_value_is_missing() -> None:
    line = Line("甲", (0, 100, None, 50), (0, 90, None, 40), (10, 100, None, 60))
    tree = check(lines("", "", ["1", "2", "3", "4"], [line], ("", "甲"), narrow=True))
    # 100 stands at 34, nothing at 264; the lone last value has a stroke for its band, and no line leads to it.
    assert attributes(tree, "path", "d") == [
        ("M58 241L152.6 34L152.6 57L58 264Z",),
        ("M342 126L342 172",),
        ("M58 264L152.6 34",),
    ]
    assert attributes(tree, "circle", "cx", "cy")[1:] == [("58", "264"), ("152.6", "34"), ("342", "149")]


def test_heatmap_colours_by_distance_from_the_middle() -> None:
    tree = check(heatmap("", "", ["甲", "乙"], ["丙", "丁"], [[None, 75], [0, 50]], ("", "丙", "丁")))
    groups = [(one.get("fill"), one.get("fill-opacity"), len(one)) for one in tree.iter("g")]
    hatch = f"url(#{tree[0].get('id', '')[:-2]}-h)"
    assert groups == [
        ("var(--c2,#b9500b)", "0.55", 1),
        ("var(--grid,#dde2e7)", "0.35", 1),
        ("var(--c1,#0b62a4)", "0.28", 1),
        (hatch, None, 1),
    ]
    assert attributes(tree, "rect", "x", "y", "width", "height")[:2] == [
        ("22", "54", "63", "33"),
        ("86", "54", "63", "33"),
    ]


def test_scatter_holds_all_it_shows() -> None:
    tree = check(scatter("", "", [Dot(0, 0), Dot(10, 100)], ("", "x", "y"), "长", "分", narrow=True))
    # A twentieth of the span is left free on each side: of 320 units 14.5, of 260 units 11.8.
    assert attributes(tree, "circle", "cx", "cy") == [("44.5", "278.2"), ("335.5", "41.8")]


# ── how it reads ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("count", range(3, 17))
def test_axes_of_a_radar_collide_with_nothing(count: int, narrow: bool) -> None:
    axes = [f"{ABILITIES[0]}{at}"[-8:] for at in range(count)]
    values = tuple(30.0 + at for at in range(count))
    rings = [Ring(name, values, values, values) for name in ("甲", "乙")]
    tree = check(radar("", "", axes, rings, ("能力", "甲", "乙"), narrow=narrow))
    assert_nothing_clipped(tree)
    words = [(said, box) for said, box in boxes(tree) if re.search(r"[\u4e00-\u9fff]", said)]
    for at, (said, one) in enumerate(words):
        for other_said, other in words[:at]:
            apart = one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] - 3 or other[1] >= one[3] - 3
            assert apart, (said, other_said)


def test_names_at_the_ends_of_lines_keep_apart() -> None:
    series = [Line(f"模型{at}", (50.0, 50.0 + at / 10), (None, None), (None, None)) for at in range(12)]
    tree = check(lines("", "", ["1", "2"], series, ("", *(one.name for one in series))))
    assert_nothing_clipped(tree)
    tops = sorted(box[1] for said, box in boxes(tree) if said.startswith("模型"))
    assert all(after - before >= 15 for before, after in pairwise(tops))


def luminance(colour: tuple[float, ...]) -> float:
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(over: str, under: str, share: float) -> tuple[float, ...]:
    pairs = [(int(over[at : at + 2], 16) / 255, int(under[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    return tuple(share * one + (1 - share) * other for one, other in pairs)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_text_stands_out_by_day_and_by_night(colours: dict[str, str]) -> None:
    paper = mixed(colours["bg"], colours["bg"], 1)
    for name in colours.keys() - {"bg", "grid"}:
        assert contrast(mixed(colours[name], colours["bg"], 1), paper) >= 4.5, name
    ink = mixed(colours["fg"], colours["fg"], 1)
    for name in ("c1", "c2"):
        assert contrast(ink, mixed(colours[name], colours["bg"], DEEPEST_NUMBERED)) >= 4.5, name
    assert contrast(ink, mixed(colours["neutral"], colours["bg"], 0.3)) >= 4.5


def test_large_charts_stay_small() -> None:
    names = [f"{LONG}-{at}" for at in range(30)]
    rng = random.Random(0)
    cells = [[None if row == at else rng.uniform(0, 100) for at in range(30)] for row in range(30)]
    drawn = heatmap("", "", names, names, cells, ("", *names))
    assert_nothing_clipped(check(drawn))
    assert len(drawn.svg.encode()) < 120_000
    dots = [Dot(rng.gauss(0, 1), rng.gauss(50, 20), LONG) for _ in range(2000)]
    drawn = scatter("", "", dots, ("", "x", "y"), "x", "y", [(-1, 20), (1, 80)])
    check(drawn)
    assert len(drawn.svg.encode()) < 200_000


def test_standalone_needs_no_page() -> None:
    name = 'fill="var(--fg,#1f2328)"'
    document = standalone(draw("bars", name, 1.0).svg)
    tree = ElementTree.fromstring(document)
    assert tree.tag == "{http://www.w3.org/2000/svg}svg"
    assert (tree.get("width"), tree.get("viewBox", "").split()[:3]) == ("672", ["-16", "-16", "672"])
    style = tree.find("{http://www.w3.org/2000/svg}style")
    assert style is not None
    assert '"PingFang SC","Microsoft YaHei"' in (style.text or "")
    assert '@media (prefers-color-scheme:dark){[fill="#1f2328"]{fill:#e6edf3}' in (style.text or "")
    assert "var(" not in "".join(value for one in tree.iter() for value in one.attrib.values())
    assert name in [one.text for one in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert len(set(LIGHT.values())) == len(LIGHT) == len(DARK)
    with pytest.raises(ValueError, match="not the SVG of a figure"):
        standalone("<svg/>")


# ── letters and scales ────────────────────────────────────────────────────────────────────────────────────────────────


def test_clean_drops_what_xml_forbids_and_what_turns_text_around() -> None:
    assert clean("a\x00b\x1bc\ud800d\ufffee\u202ef\u200fg\u00adh") == "abcdefgh"
    assert clean("  一\n二\t三\u2028四  ") == "一 二 三 四"
    assert clean("👨\u200d👩") == "👨\u200d👩"
    assert len(clean("字" * 1_000_000)) == 300


def test_wrap_breaks_evenly_and_keeps_both_ends() -> None:
    assert wrap("语义理解与抽取", 60, 13) == ["语义理解", "与抽取"]
    assert wrap("Qwen2.5-72B-Instruct-GPTQ", 120, 13) == ["Qwen2.5-72B-", "Instruct-GPTQ"]
    assert wrap("moonshot-v1-32k", 92, 12) == ["moonshot-", "v1-32k"]
    assert wrap("甲" * 20 + "尾", 65, 13, 1) == ["甲甲甲…尾"]
    assert wrap("", 65, 13) == [""]


@given(st.text(), st.floats(5, 300))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, room: float) -> None:
    broken = wrap(text, room, 12, most=10_000)
    assert all(width(line, 12) <= room or len(line) == 1 for line in broken) or room < 24
    assert "".join(broken).replace(" ", "") == clean(text).replace(" ", "")


def test_ticks_are_round() -> None:
    assert [label for _, label in Scale(0, 100, 0, 1).ticks()] == ["0", "25", "50", "75", "100"]
    assert [label for _, label in Scale(1, 5, 0, 1).ticks()] == ["1", "2", "3", "4", "5"]
    assert [label for _, label in Scale(0, 1, 0, 1).ticks()] == ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert [label for _, label in Scale(-30, 1400, 0, 1).ticks()] == ["0", "250", "500", "750", "1,000", "1,250"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_a_scale_holds_whatever_is_finite(values: list[float]) -> None:
    scale = around(values, 0, 100)
    assert all(0 <= scale.at(value) <= 100 for value in values)
    ticks = scale.ticks(5)
    assert len(ticks) <= 12
    assert all(math.isfinite(value) for value, _ in ticks)
