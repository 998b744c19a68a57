from __future__ import annotations

import pytest

from judge.dialogue import Manner, answer_of, finished, next_request
from judge.errors import InputError
from judge.models import Reply
from judge.records import Answer, Candidate, Model, Outcome, Question, Turn

QUESTION = Question("题库", "q", "计算", (Turn("一", golden="标准一"), Turn("二", golden="标准二"), Turn("三")))
CANDIDATE = Candidate("甲", Model("test", "甲"))


def said(request: object) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in request.messages]  # type: ignore[attr-defined]


def test_the_candidates_own_answers_are_the_history() -> None:
    answers = [Answer("一", "答一", reasoning="想"), Answer("二", "答二")]
    request = next_request(QUESTION, answers, Manner())
    assert said(request) == [
        ("user", "一"),
        ("assistant", "答一"),
        ("user", "二"),
        ("assistant", "答二"),
        ("user", "三"),
    ]


def test_golden_history_stands_in_for_the_candidates_words() -> None:
    request = next_request(QUESTION, [Answer("一", "答一")], Manner(history="golden"))
    assert said(request) == [("user", "一"), ("assistant", "标准一"), ("user", "二")]
    bare = Question("题库", "q", "计算", (Turn("一"), Turn("二")))
    with pytest.raises(InputError, match="没有标准历史"):
        next_request(bare, [Answer("一", "答一")], Manner(history="golden"))


def test_the_ability_sets_the_temperature() -> None:
    assert next_request(QUESTION, [], Manner()).temperature == 0.0
    story = Question("题库", "q", "生成与创作", (Turn("写"),))
    assert next_request(story, [], Manner()).temperature == 0.7
    own = Question("题库", "q", "自家能力", (Turn("问"),))
    assert next_request(own, [], Manner(temperature=0.3)).temperature == 0.3


@pytest.mark.parametrize("outcome", [Outcome.FILTERED_OUTPUT, Outcome.EMPTY, Outcome.FAILED, Outcome.FILTERED_INPUT])
def test_a_turn_without_an_answer_ends_the_dialogue_and_the_rest_shares_it(outcome: Outcome) -> None:
    answers = [Answer("一", "答一"), Answer("二", "", outcome)]
    assert next_request(QUESTION, answers, Manner()) is None
    dialogue = finished(QUESTION, CANDIDATE, answers, 0, Manner())
    assert [answer.outcome for answer in dialogue.answers] == [Outcome.OK, outcome, outcome]
    assert [answer.prompt for answer in dialogue.answers] == ["一", "二", "三"]
    assert (dialogue.outcome, dialogue.ended) == (outcome, 2)


def test_a_cut_answer_goes_on_as_it_stands() -> None:
    answers = [Answer("一", "答一，然", Outcome.TRUNCATED)]
    assert next_request(QUESTION, answers, Manner()) is not None
    whole = finished(QUESTION, CANDIDATE, [*answers, Answer("二", "答二"), Answer("三", "答三")], 0, Manner())
    assert (whole.outcome, whole.ended) == (Outcome.TRUNCATED, 0)
    assert next_request(QUESTION, whole.answers, Manner()) is None


def test_a_reply_becomes_an_answer_with_its_reasoning_apart() -> None:
    answer = answer_of(QUESTION, 1, Reply("答", reasoning="想", returned_model="甲-0601"))
    assert (answer.prompt, answer.text, answer.reasoning, answer.returned_model) == ("二", "答", "想", "甲-0601")
    assert answer_of(QUESTION, 0, Reply("  ")).outcome is Outcome.EMPTY
