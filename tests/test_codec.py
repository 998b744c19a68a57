"""Records to JSON and back: equal, to the letter, or not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from judge.codec import RESULTS, decode_result, encode_result, from_json, from_plain, to_json
from judge.identity import Json, plain
from judge.records import (
    Answer,
    Bank,
    Dimension,
    Judge,
    Model,
    Outcome,
    Question,
    Result,
    Rubric,
    Score,
    Scores,
    Side,
    Skipped,
    Turn,
    Unanswered,
    Unreadable,
    Usage,
    Verdict,
)

RECORDS = [
    Turn("问"),
    Turn("问\x00\u2028😀", "答", "exact", ("一", "二"), (1, 2), "refuse", "标准历史"),
    Question("库", "1", "闲聊", ()),
    Question("库", "1", "安全", (Turn("一"), Turn("二")), 2, "子类", 3, "难", ("标签",), "陷阱", "来源"),
    Bank("库"),
    Bank("库", "名", "1", "CC0", ("安全",), False),
    Model("e", "m"),
    Model("e", "m", (("a", 0.5), ("b", [1, {"c": None, "d": [True, 1, 1.5, "1"]}]), ("e", False)), "系统", "r"),
    Judge("名", Model("e", "m"), "pairwise", "t", "r", "text-2"),
    Answer(None, ""),
    Answer("问", "答", Outcome.FILTERED_OUTPUT, "想", Usage(1, 2, 3), "m-0613"),
    Score(1.5, 4, 1),
    Rubric("量表", ("安全",), (Dimension("深度", "多深", 0.5, (("9-10", "好"),)),), 0, 5, "minimum", "注"),
]

RESULT_ROWS: list[tuple[Result | Skipped, dict[str, Json]]] = [
    (Verdict(Side.FIRST), {"verdict": {"side": "first"}}),
    (Verdict(Side.TIE, 0), {"verdict": {"side": "tie", "strength": 0}}),
    (
        Verdict(Side.SECOND, 2, (0.25, 0, 0.75)),
        {"verdict": {"side": "second", "strength": 2, "probabilities": [0.25, 0, 0.75]}},
    ),
    (Scores(Score(2, 4, 1)), {"scores": {"overall": {"value": 2, "minimum": 4, "maximum": 1}}}),
    (
        Scores(None, (("深度", Score(0.5, 0, 1)), ("广度", Score(1, 0, 1)))),
        {
            "scores": {
                "dimensions": {
                    "深度": {"value": 0.5, "minimum": 0, "maximum": 1},
                    "广度": {"value": 1, "minimum": 0, "maximum": 1},
                }
            }
        },
    ),
    (Unreadable("两个结论"), {"unreadable": "两个结论"}),
    (Unanswered("filtered"), {"unanswered": "filtered"}),
    (Skipped(""), {"skipped": ""}),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_equal_from_text_and_from_values(record: object) -> None:
    assert from_json(type(record), to_json(record)) == record
    assert from_plain(type(record), plain(record)) == record
    assert from_json(type(record), json.dumps(plain(record))) == record  # also where the text is escaped


def test_text_is_compact_in_the_order_of_the_fields_without_defaults() -> None:
    assert to_json(Score(1.0, 0, 2.5)) == '{"value":1,"minimum":0,"maximum":2.5}'
    assert to_json(Answer("问", "答", Outcome.TRUNCATED)) == '{"prompt":"问","text":"答","outcome":"truncated"}'
    assert to_json((Turn("甲"),)) == '[{"prompt":"甲"}]'


@pytest.mark.parametrize(("result", "row"), RESULT_ROWS, ids=lambda value: type(value).__name__)
def test_a_result_stands_under_the_name_of_its_kind_and_comes_back(
    result: Result | Skipped, row: dict[str, Json]
) -> None:
    assert encode_result(result) == row
    assert decode_result({**row, "reply": "旁的字段"}) == result
    assert set(row) <= set(RESULTS)


finite = st.floats(allow_nan=False, allow_infinity=False)
scores = st.builds(Score, finite, finite, finite)
texts = st.text(max_size=5)


@given(
    st.one_of(
        st.builds(Verdict, st.sampled_from(Side), st.sampled_from([0, 1, 2]), st.none() | st.tuples(*[finite] * 3)),
        st.builds(Scores, scores, st.dictionaries(texts, scores, max_size=3).map(lambda of: tuple(of.items()))),
        st.builds(Unreadable, texts),
        st.builds(Unanswered, texts),
        st.builds(Skipped, texts),
    )
)
def test_any_result_comes_back_equal_through_text(result: Result | Skipped) -> None:
    assert decode_result(json.loads(to_json(encode_result(result)))) == result


@pytest.mark.parametrize(
    "result",
    [Scores(), Scores(Score(1, 0, 1), (("深度", Score(1, 0, 1)), ("深度", Score(0, 0, 1))))],
    ids=["no score", "one dimension twice"],
)
def test_scores_that_would_not_come_back_are_not_written(result: Scores) -> None:
    with pytest.raises(ValueError, match="scores 应含总分或维度，且维度不重名"):
        encode_result(result)


@pytest.mark.parametrize("row", [{}, {"reply": "好"}, {"verdict": {"side": "tie"}, "unreadable": "x"}])
def test_a_row_with_no_result_or_with_two_is_refused(row: dict[str, Json]) -> None:
    with pytest.raises(ValueError, match=f"应恰有 .+ 之一，却有 {len(row) if 'verdict' in row else 0} 个"):
        decode_result(row)


@pytest.mark.parametrize(
    "row",
    [
        {"verdict": {"side": "left"}},
        {"verdict": {"side": "FIRST"}},
        {"verdict": {}},
        {"verdict": "first"},
        {"verdict": None},
        {"verdict": {"side": "first", "strength": 3}},
        {"verdict": {"side": "first", "strength": "1"}},
        {"verdict": {"side": "first", "probabilities": [0.5, 0.5]}},
        {"verdict": {"side": "first", "probabilities": 1}},
        {"scores": {"overall": {"value": 1, "minimum": 0}}},
        {"scores": {"overall": {"value": "8", "minimum": 0, "maximum": 10}}},
        {"scores": {"overall": {"value": True, "minimum": 0, "maximum": 10}}},
        {"scores": {"overall": {"value": "NaN", "minimum": 0, "maximum": 10}}},
        {"scores": {"overall": 8}},
        {"scores": {"dimensions": {"深度": None}}},
        {"unreadable": None},
        {"unanswered": 7},
        {"skipped": ["x"]},
    ],
    ids=str,
)
def test_a_result_that_does_not_fit_to_the_letter_is_refused(row: dict[str, Json]) -> None:
    with pytest.raises(ValidationError):
        decode_result(row)


@pytest.mark.parametrize("value", [{}, [], None, 8, {"总分": {}}, {"overall": {}, "extra": 1}, {"dimensions": []}])
def test_scores_of_another_shape_are_refused(value: Json) -> None:
    with pytest.raises(ValueError, match=r"scores(\.dimensions)? 应"):
        decode_result({"scores": value})


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Answer, '{"prompt":"问"}'),
        (Answer, '{"prompt":"问","text":null}'),
        (Answer, '{"prompt":"问","text":"答","outcome":"refused"}'),
        (Usage, '{"input_tokens":1.5,"output_tokens":2}'),
        (Usage, '{"input_tokens":"1","output_tokens":2}'),
        (Turn, '{"prompt":"问","depends_on":["1"]}'),
        (Turn, '{"prompt":"问","reference_kind":"Exact"}'),
        (Bank, '{"name":"库","complete":"no"}'),
        (Bank, '{"name":"库"'),
        (Bank, ""),
        (tuple[Answer, ...], "{}"),
    ],
)
def test_json_that_does_not_fit_a_record_is_refused(kind: type[object], text: str) -> None:
    with pytest.raises(ValidationError):
        from_json(kind, text)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_not_written(number: float) -> None:
    for write in (lambda: to_json(Score(number, 0, 1)), lambda: encode_result(Scores(Score(number, 0, 1)))):
        with pytest.raises(ValueError, match="not a finite number"):
            write()
