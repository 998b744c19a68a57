"""The reader of judge replies: shapes with their expected reading, properties, time, and real recorded replies."""

from __future__ import annotations

import gzip
import json
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judge.records import Score, Scores, Side, Unreadable, Verdict
from judge.reply import (
    ask_rating,
    ask_scores,
    ask_verdict,
    read_joint_scores,
    read_ranking,
    read_rating,
    read_scores,
    read_verdict,
    scores_schema,
    verdict_schema,
)

SHAPES = [json.loads(line) for line in (Path(__file__).parent / "reply_shapes.jsonl").read_text("utf-8").splitlines()]
SIDES = {
    "A": (Side.FIRST, 1),
    "B": (Side.SECOND, 1),
    "C": (Side.TIE, 0),
    "A>>B": (Side.FIRST, 2),
    "B>>A": (Side.SECOND, 2),
}
DIMENSIONS = ["正确性", "清晰度"]


def reading(shape: dict[str, Any], reply: str) -> Any:
    """Read a reply as its shape says, in the terms of the file: a mark, a number, names and numbers, or a reason."""
    scale = {name: shape[name] for name in ("minimum", "maximum") if name in shape}
    match shape["reader"]:
        case "verdict":
            result: Any = read_verdict(reply, levels=shape.get("levels", 3))
        case "rating":
            result = read_rating(reply, **scale)
        case "scores":
            result = read_scores(reply, shape.get("dimensions", DIMENSIONS), **scale)
        case "joint":
            result = read_joint_scores(reply, shape["count"], **scale)
        case "ranking":
            result = read_ranking(reply, shape["count"])
    if isinstance(result, Verdict):
        return next(mark for mark, value in SIDES.items() if value == (result.side, result.strength))
    if isinstance(result, Scores) and result.overall:
        named = {name: score.value for name, score in result.dimensions}
        return named | {"综合得分": result.overall.value} if named else result.overall.value
    if isinstance(result, tuple):
        return [one.overall.value if isinstance(one, Scores) and one.overall else one for one in result]
    return result


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape['reader']}: {shape['why']}")
def test_shape(shape: dict[str, Any]) -> None:
    result = reading(shape, shape["reply"])
    if shape["expect"] is None:
        assert isinstance(result, Unreadable)
        assert shape.get("reason", "") in result.reason
    else:
        assert result == shape["expect"]


def test_shapes_are_many_and_differ() -> None:
    assert len(SHAPES) >= 350
    assert len({json.dumps(shape, sort_keys=True) for shape in SHAPES}) == len(SHAPES)


# ── properties ────────────────────────────────────────────────────────────────────────────────────────────────────────

WORDS = (
    "[[ ]] [ ] A B C > = < 甲 乙 平局 8 ８ 七 。 ， ： : \n { } \" ' “ ” 「 」 ``` <think> </think> 结论 最终结论 评分 综合得分 "
    "正确性 清晰度 Rating Verdict 助手1 Assistant 2 /10 分 如果 不是 之前的 \\ ** ~~ | \u200b \u0301 ﷺ ½ \ud800"
)
PIECES = st.sampled_from(WORDS.split(" "))
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))
READABLE = [shape for shape in SHAPES if shape["expect"] is not None]
FULL_WIDTH = {code: chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {ord("\\"): "\\", ord("`"): "`"}


@settings(deadline=None)
@given(TEXTS)
def test_no_text_raises(text: str) -> None:
    assert isinstance(read_verdict(text), Verdict | Unreadable)
    assert isinstance(read_verdict(text, levels=5), Verdict | Unreadable)
    assert isinstance(read_rating(text), Scores | Unreadable)
    assert isinstance(read_scores(text, DIMENSIONS), Scores | Unreadable)
    assert isinstance(read_joint_scores(text, 2), tuple | Unreadable)
    assert isinstance(read_ranking(text, 3), tuple | Unreadable)


@settings(deadline=None)
@given(TEXTS)
def test_a_read_score_lies_on_its_scale(text: str) -> None:
    result = read_rating(text)
    if isinstance(result, Scores):
        assert result.overall is not None
        assert 1 <= result.overall.value <= 10


@settings(deadline=None)
@given(st.lists(st.sampled_from("［［Ａ］］【Ｂ】結論：＞＝８．５ 分\u3000。，「」")).map("".join))
def test_width_does_not_matter(text: str) -> None:
    narrow = unicodedata.normalize("NFKC", text)
    assert read_verdict(text) == read_verdict(narrow)
    assert read_rating(text) == read_rating(narrow)


@pytest.mark.parametrize("shape", READABLE, ids=lambda shape: f"{shape['reader']}: {shape['why']}")
def test_wrapping_keeps_the_reading(shape: dict[str, Any]) -> None:
    reply, expect = shape["reply"], shape["expect"]
    assert reading(shape, f"\n\n  {reply}\n \t\n") == expect
    assert reading(shape, reply.replace("\n", "\r\n")) == expect
    assert reading(shape, f"\ufeff{reply}\u200b") == expect
    assert reading(shape, f"<think>先想想：[[B]] 或 [[3]]，{{'正确性': 1}}</think>\n\n{reply}") == expect
    assert reading(shape, f"~~~~\n{reply}\n~~~~") == expect
    if "\n" not in reply and "*" not in reply:
        assert reading(shape, f"**{reply}**") == expect
    if "</" not in reply and "~~" not in reply and "`" not in reply:
        assert reading(shape, reply.translate(FULL_WIDTH)) == expect


# ── what is asked is what is read ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("levels", [3, 5])
def test_verdict_asked_is_read(levels: Any, lang: Any) -> None:
    asked = ask_verdict(levels, lang)
    assert isinstance(read_verdict(asked, levels=levels), Unreadable)
    schema: Any = verdict_schema(levels)
    menu = schema["properties"]["verdict"]["enum"]
    assert "[[X]]" in asked
    assert all(mark in asked for mark in menu)
    read = [read_verdict(f"[[{mark}]]", levels=levels) for mark in menu]
    assert read == [read_verdict(json.dumps({"reason": "略", "verdict": mark}), levels=levels) for mark in menu]
    assert [verdict.side for verdict in read if isinstance(verdict, Verdict)] == {
        3: [Side.FIRST, Side.SECOND, Side.TIE],
        5: [Side.FIRST, Side.FIRST, Side.TIE, Side.SECOND, Side.SECOND],
    }[levels]


@pytest.mark.parametrize("lang", ["zh", "en"])
@settings(deadline=None)
@given(value=st.decimals(1, 10, places=1).map(float))
def test_rating_asked_is_read(lang: Any, value: float) -> None:
    asked = ask_rating(1, 10, lang)
    assert isinstance(read_rating(asked), Unreadable)
    assert "[[X]]" in asked
    assert read_rating(f"[[{value:g}]]") == Scores(Score(value, 1, 10))


@pytest.mark.parametrize("lang", ["zh", "en"])
@settings(deadline=None)
@given(values=st.lists(st.decimals(1, 10, places=1).map(float), min_size=3, max_size=3))
def test_scores_asked_are_read(lang: Any, values: list[float]) -> None:
    asked = ask_scores(DIMENSIONS, 1, 10, lang)
    assert isinstance(read_scores(asked, DIMENSIONS), Unreadable)
    form = asked[asked.index("{") : asked.index("}") + 1]
    for value in values:
        form = form.replace(": X", f": {value:g}", 1)
    first, second, overall = (Score(value, 1, 10) for value in values)
    expect = Scores(overall, (("正确性", first), ("清晰度", second)))
    assert read_scores(form, DIMENSIONS) == expect
    assert read_scores(f"理由。\n{form}", DIMENSIONS) == expect
    names: Any = scores_schema(DIMENSIONS)["required"]
    reply = {"reason": "略"} | dict(zip(names[1:], values, strict=True))
    assert read_scores(json.dumps(reply), DIMENSIONS) == expect


def test_no_overall_score_is_asked_for() -> None:
    asked = ask_scores(DIMENSIONS, overall="")
    assert "综合得分" not in asked
    assert read_scores('{"正确性": 8, "清晰度": 7}', DIMENSIONS, overall="") == Scores(
        None, (("正确性", Score(8, 1, 10)), ("清晰度", Score(7, 1, 10)))
    )


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = (
    "[ [[ [[A]] [[A 评分： 评分：8， 结论：A， 最终 { {} {\" {\"a\": '正确性':8, {'正确性':8} \" “a” 结论：“A” ~~ ~ ` ``` <think> </think> "
    "* 助手1＞ 系统1：8， A>B 如果 the( |8 八 给8分 所有助手 \\boxed{ ﷺ a\u0323\u0301 <score> ("
)


def cpu_seconds(reader: Callable[[str], object], text: str) -> float:
    """Return the least of three readings: what else runs here is not the reader's time."""
    took = []
    for _ in range(3):
        start = time.thread_time()
        reader(text)
        took.append(time.thread_time() - start)
    return min(took)


@pytest.mark.parametrize("piece", [*HOSTILE.split(" "), "\n", "> \n", "```\n", "[8]\n", " "])
def test_hostile_text_is_read_in_linear_time(piece: str) -> None:
    short, long = (piece * 10_000)[:10_000], (piece * 160_000)[:160_000]
    for reader in (
        read_verdict,
        read_rating,
        lambda reply: read_scores(reply, DIMENSIONS),
        lambda reply: read_ranking(reply, 4),
        lambda reply: read_joint_scores(reply, 2),
    ):
        # Sixteen times the text takes sixteen times as long; what is not linear takes 256 times.
        assert cpu_seconds(reader, long) < 64 * max(cpu_seconds(reader, short), 0.0005)


# ── recorded replies ──────────────────────────────────────────────────────────────────────────────────────────────────


def rows(path: Path) -> list[dict[str, Any]]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in text.decode().splitlines() if line.strip()]


@pytest.mark.recorded
def test_recorded_ratings(recorded: Path) -> None:
    """FastChat took the first mark, or the first single-bracketed number anywhere; -1 is no rating."""
    counts: Counter[str] = Counter()
    for path in sorted((recorded / "mtbench_judgments").glob("single_*.jsonl.gz")):
        for row in rows(path):
            result = read_rating(row["judgment"])
            value = result.overall.value if isinstance(result, Scores) and result.overall else -1
            counts["equal" if value == row["score"] else f"{row['score']} -> {value:g}"] += 1
    # The two zeros are array[0] in code and (0, 0) in a list; the five of -1 say 10/10, [Rating: 9], 5.0, 10.0, [7/10].
    assert counts == {"equal": 953, "0 -> -1": 2, "-1 -> 10": 2, "-1 -> 9": 1, "-1 -> 5": 1, "-1 -> 7": 1}


@pytest.mark.recorded
def test_recorded_pairs(recorded: Path) -> None:
    counts: Counter[tuple[str, bool]] = Counter()
    for row in rows(recorded / "mtbench_judgments" / "pair_phi3.jsonl.gz"):
        for game, first, second in (("g1", "model_1", "model_2"), ("g2", "model_2", "model_1")):
            result = read_verdict(row[f"{game}_judgment"])
            names = {Side.FIRST: first, Side.SECOND: second, Side.TIE: "tie"}
            winner = names[result.side] if isinstance(result, Verdict) else "error"
            counts[winner, winner == row[f"{game}_winner"]] += 1
    assert counts == {("model_1", True): 60, ("model_2", True): 62, ("tie", True): 25, ("error", True): 3}


@pytest.mark.recorded
def test_recorded_five_level_marks(recorded: Path) -> None:
    """The authors leave a text unread when its marks differ; the last one is read here, unless two are called final."""
    counts: Counter[str] = Counter()
    for row in rows(recorded / "judgebench" / "pairs.jsonl"):
        for game in (game for games in row["judges"].values() for game in games):
            result = read_verdict(game["text"], levels=5)
            names = {Side.FIRST: "A>B", Side.SECOND: "B>A", Side.TIE: "A=B"}
            decision = names[result.side] if isinstance(result, Verdict) else None
            if game["decision"] is None:
                counts["unread by both" if decision is None else "read here only"] += 1
            else:
                counts["equal" if decision == game["decision"] else "different"] += 1
    assert counts == {"equal": 527, "read here only": 10, "unread by both": 3}


@pytest.mark.recorded
def test_recorded_rankings(recorded: Path) -> None:
    """The one that stays unread names two pairs, each equal in itself, and no order between them."""
    reviews = rows(recorded / "llmzoo_zh" / "review_output.jsonl")
    results = [read_ranking(row["judge_text"], 4) for row in reviews]
    unread = [row["order"] for row, result in zip(reviews, results, strict=True) if isinstance(result, Unreadable)]
    equal = [result == tuple(row["order"]) for row, result in zip(reviews, results, strict=True)]
    assert (len(reviews), sum(equal), unread) == (290, 289, [[1, 1, 3, 3]])


@pytest.mark.recorded
def test_recorded_joint_scores(recorded: Path) -> None:
    different = []
    for row in rows(recorded / "zh_mixtral_pairs" / "pairs.jsonl"):
        result = read_joint_scores(row["judge_text"], 2)
        assert isinstance(result, tuple)
        values = [one.overall.value for one in result if one.overall]
        if values != [row["score_1"], row["score_2"]]:
            different.append((row["id"], values, [row["score_1"], row["score_2"]]))
    assert [values for _, *values in different] == [[[9, 8], [9, 7]]]  # question 7: the table differs from the text
