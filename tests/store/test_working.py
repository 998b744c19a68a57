"""What a run in progress keeps in the store: its secret, unfinished dialogues, judgments as they come, and claims."""

from __future__ import annotations

import multiprocessing
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from judge.errors import InputError
from judge.identity import content_hash
from judge.records import DIALOGUE, Answer, Candidate, Case, Dialogue, Model, Outcome, Question, Usage
from judge.store import Store, open_store, tables, working
from tests.store import processes as work
from tests.store.processes import PATIENCE, said, started
from tests.store.samples import (
    HUMANS,
    JIA,
    JIA_WOOD,
    JUDGE,
    JUDGMENTS,
    OTHER_JUDGE,
    POISON,
    WOOD,
    YI,
    YI_WOOD,
    YI_WOOD_AGAIN,
    YI_WOOD_GOLDEN,
    codes,
    dump,
    everything,
)

START_IN = 0.6  # seconds until all processes are there to begin at once


@pytest.fixture
def second(store: Store, store_url: str) -> Iterator[Store]:
    """The same store opened a second time."""
    opened = open_store(store_url)
    yield opened
    opened.engine.dispose()


# ── the secret ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_secret_is_made_when_first_asked_for_and_stays(store: Store, second: Store) -> None:
    before = dict(dump(store)["meta"])
    assert "secret" not in before
    secret = store.secret()
    assert len(secret) == 32
    assert [store.secret(), second.secret()] == [secret, secret]
    assert dict(dump(store)["meta"]) == {**before, "secret": secret.hex()}
    store.add(**everything())
    assert store.secret() == secret


def test_every_store_has_a_secret_of_its_own(store: Store, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = open_store(str(tmp_path_factory.mktemp("other") / "judge.db"), create=True)
    assert other.secret() != store.secret()


def test_processes_that_ask_at_the_same_moment_get_one_secret(
    processes: multiprocessing.context.ForkServerContext, store: Store, store_url: str
) -> None:
    start = time.time() + START_IN
    running = [started(processes, work.ask_secret, store_url, start) for _ in range(4)]
    assert {said(*one) for one in running} == {store.secret().hex()}


# ── dialogues ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_finished_dialogues_are_named_by_question_candidate_sample_and_history(store: Store) -> None:
    held = [JIA_WOOD, YI_WOOD, YI_WOOD_AGAIN, YI_WOOD_GOLDEN]
    store.add(dialogues=held)
    missing = [Dialogue(POISON, JIA, ()), Dialogue(WOOD, JIA, (), sample=1), Dialogue(WOOD, JIA, (), history="golden")]
    found = store.finished_dialogues([*missing, *(replace(one, answers=()) for one in held)])
    assert found == {one.key: one for one in held}
    assert store.finished_dialogues(iter([])) == {}


def test_more_dialogues_are_wanted_than_one_query_may_name(store: Store) -> None:
    questions = [Question("大库", str(number), "闲聊", ()) for number in range(1201)]
    held = [Dialogue(question, JIA, (Answer(None, question.id),)) for question in questions]
    store.add(dialogues=held)
    assert store.finished_dialogues(replace(one, answers=()) for one in held) == {one.key: one for one in held}


KEPT = [
    Answer("写\x00一段😀\u2028", "好的", reasoning="先想", usage=Usage(10, 20, 5), returned_model="jia-1-0901"),
    Answer(None, "", Outcome.EMPTY),
    Answer("再来", "第三", Outcome.TRUNCATED),
    Answer("还有", "第四"),
]


def test_kept_answers_come_back_in_order_of_turns_whatever_the_order_they_came_in(store: Store, second: Store) -> None:
    assert store.kept_answers(JIA_WOOD.key) == []
    for turn in (2, 0, 3, 1):
        store.keep_answer(JIA_WOOD.key, turn, KEPT[turn])
    assert second.kept_answers(JIA_WOOD.key) == KEPT
    assert second.kept_answers(YI_WOOD.key) == []
    assert codes(store)["answer"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("turns", "whole"), [((0, 1, 3), 2), ((0, 2, 3), 1), ((1, 2, 3), 0), ((0, 3), 1), ((0,), 1), ((3,), 0)]
)
def test_kept_answers_stop_at_the_first_gap(store: Store, turns: tuple[int, ...], whole: int) -> None:
    for turn in turns:
        store.keep_answer(JIA_WOOD.key, turn, KEPT[turn])
    assert store.kept_answers(JIA_WOOD.key) == KEPT[:whole]


def test_kept_answers_of_several_dialogues_are_apart(store: Store) -> None:
    for turn, dialogue in enumerate((JIA_WOOD, YI_WOOD, YI_WOOD_AGAIN, YI_WOOD_GOLDEN)):
        store.keep_answer(dialogue.key, 0, KEPT[turn])
    assert store.kept_answers(YI_WOOD_AGAIN.key) == [KEPT[2]]
    assert store.kept_answers(YI_WOOD_GOLDEN.key) == [KEPT[3]]


def test_of_two_answers_kept_for_one_turn_the_first_stays(store: Store, second: Store) -> None:
    store.keep_answer(JIA_WOOD.key, 0, KEPT[0])
    second.keep_answer(JIA_WOOD.key, 0, KEPT[3])
    assert store.kept_answers(JIA_WOOD.key) == [KEPT[0]]
    assert codes(store)["answer"] == [1]


def test_an_unfinished_dialogue_is_no_dialogue_yet(store: Store) -> None:
    store.add(questions=[WOOD])
    store.keep_answer(JIA_WOOD.key, 0, JIA_WOOD.answers[0])
    assert store.finished_dialogues([JIA_WOOD]) == {}
    assert len(store.dialogue_columns("小库")) == 0
    assert store.item(1).dialogues == ()
    store.add(dialogues=[JIA_WOOD])
    assert store.finished_dialogues([JIA_WOOD]) == {JIA_WOOD.key: JIA_WOOD}


def test_returned_models_of_a_candidate_and_of_a_judge(store: Store) -> None:
    store.add(**everything())
    assert store.returned_models(JIA.key) == {"jia-1-0901"}
    assert store.returned_models(JUDGE.key) == {"gpt-4-0613"}
    assert store.returned_models(YI.key) == store.returned_models(OTHER_JUDGE.key) == set()
    assert store.returned_models("0" * 32) is None
    again = replace(JIA_WOOD, sample=1, answers=(replace(KEPT[0], returned_model="jia-1-1001"), KEPT[0]))
    golden = replace(JIA_WOOD, history="golden", answers=(replace(KEPT[0], returned_model="jia-1-1101"),))
    store.add(dialogues=[again, golden], judgments=[replace(JUDGMENTS[0], repeat=7, returned_model="gpt-4-1106")])
    assert store.returned_models(JIA.key) == {"jia-1-0901", "jia-1-1001", "jia-1-1101"}
    assert store.returned_models(JUDGE.key) == {"gpt-4-0613", "gpt-4-1106"}


# ── judgments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def answered(store: Store) -> Store:
    """A store where everything is answered and nothing is judged."""
    store.add(dialogues=everything()["dialogues"])
    store.add_judges([JUDGE, OTHER_JUDGE])
    return store


def test_judges_are_added_once(store: Store, second: Store) -> None:
    store.add_judges([])
    assert store.judges() == {}
    store.add_judges([JUDGE, OTHER_JUDGE, JUDGE])
    newer = replace(JUDGE, template="t2")
    second.add_judges([newer, OTHER_JUDGE])
    assert codes(store)["judge"] == [1, 2, 3]
    [row] = store._rows(select(tables.judge.c.code).where(tables.judge.c.key == newer.key))
    assert row.code == 3


def test_a_judge_under_a_second_name_is_refused(answered: Store) -> None:
    before = dump(answered)
    with pytest.raises(InputError, match="评委的别名 这个模型"):
        answered.add_judges([replace(JUDGE, template="t2"), replace(JUDGE, name="评委的别名")])
    assert dump(answered) == before


def test_appended_judgments_are_what_add_would_have_stored(answered: Store, second: Store) -> None:
    answered.append_judgments(JUDGMENTS[:4])
    second.append_judgments(JUDGMENTS[4:])
    assert [one for bank in ("小库", "另库") for item in answered.items(bank) for one in item.judgments] == JUDGMENTS
    before = dump(answered)
    assert answered.add(judgments=JUDGMENTS).known["judgment"] == len(JUDGMENTS)
    assert dump(answered) == before


def test_judged_tells_which_keys_are_there(answered: Store) -> None:
    answered.append_judgments(JUDGMENTS[:2])
    there = {one.key for one in JUDGMENTS[:2]}
    many = [replace(JUDGMENTS[0], repeat=repeat).key for repeat in range(10, 1210)]
    assert answered.judged([*many, *(one.key for one in JUDGMENTS)]) == there
    assert answered.judged([JUDGMENTS[0].key] * 2) == {JUDGMENTS[0].key}
    assert answered.judged([]) == set()
    assert answered.judged([HUMANS[0].key, JIA_WOOD.key]) == set()


def test_of_two_writers_of_one_judgment_the_first_stays(answered: Store, second: Store) -> None:
    first, later = JUDGMENTS[0], replace(JUDGMENTS[0], result=JUDGMENTS[1].result, reply="后来的")
    assert first.key == later.key
    answered.append_judgments([first])
    second.append_judgments([later, JUDGMENTS[2]])  # what else it brought is stored
    assert answered.item(1).judgments == (first, JUDGMENTS[2])
    assert codes(answered)["judgment"] == [1, 2]


def test_of_two_judgments_of_one_key_in_one_call_the_first_stays(answered: Store) -> None:
    answered.append_judgments([JUDGMENTS[0], JUDGMENTS[1], replace(JUDGMENTS[0], reply="后来的")])
    stored = answered.item(1).judgments
    assert sorted(one.repeat for one in stored) == [0, 1]
    assert all(one in JUDGMENTS[:2] for one in stored)


def test_a_judgment_on_what_is_not_stored_leaves_the_store_as_it_was(answered: Store) -> None:
    before = dump(answered)
    stranger = Dialogue(WOOD, Candidate("生人", Model("here", "stranger")), ())
    unknown = replace(JUDGMENTS[0], case=Case(WOOD, DIALOGUE, (JIA_WOOD, stranger)))
    unheard = replace(JUDGMENTS[0], judge=replace(JUDGE, template="t9"))
    for judgment in (unknown, unheard):
        with pytest.raises(KeyError):
            answered.append_judgments([JUDGMENTS[1], judgment])
    assert dump(answered) == before


def test_nothing_appended_writes_nothing(answered: Store) -> None:
    before = dump(answered)
    answered.append_judgments([])
    assert dump(answered) == before


def test_processes_that_append_the_same_judgments_at_once_store_each_once(
    processes: multiprocessing.context.ForkServerContext, store: Store, store_url: str
) -> None:
    games = work.games("a", 40)
    store.add(dialogues=[dialogue for one in games for dialogue in one.case.dialogues])
    start = time.time() + START_IN
    running = [started(processes, work.append_games, store_url, writer, start) for writer in ("一", "二", "三")]
    assert [said(*one) for one in running] == ["done"] * 3
    assert (codes(store)["judge"], codes(store)["judgment"]) == ([1], list(range(1, 41)))
    judgments = [one for item in store.items("库") for one in item.judgments]
    assert {one.key for one in judgments} == {one.key for one in games} == store.judged([one.key for one in games])
    assert {one.reply for one in judgments} <= {"一", "二", "三"}
    assert {one.result for one in judgments} == {games[0].result}


# ── claims ────────────────────────────────────────────────────────────────────────────────────────────────────────────

NAME, OTHER_NAME = content_hash("claim", "一件"), content_hash("claim", "另一件")
HERE = (socket.gethostname(), os.getpid())


def claims(store: Store) -> dict[str, tuple[str, int]]:
    """Return who holds what."""
    with store.engine.connect() as connection:
        return {row.name: (row.host, row.process) for row in connection.execute(select(tables.claim))}


class Elsewhere:
    """Lets this process pass for another one, on another host or at another time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch

    def host(self, name: str) -> None:
        self.patch.setattr(working, "socket", SimpleNamespace(gethostname=lambda: name))

    def after(self, seconds: float) -> None:
        now = time.time() + seconds
        self.patch.setattr(working, "time", SimpleNamespace(time=lambda: now))

    def back(self) -> None:
        self.patch.undo()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with pytest.MonkeyPatch.context() as patch:
        yield Elsewhere(patch)


def test_a_claim_is_given_and_given_again_to_its_own_process(store: Store, second: Store) -> None:
    assert store.claim([NAME]) == {NAME}
    assert claims(store) == {NAME: HERE}
    assert second.claim([NAME]) == {NAME}
    assert store.claim([OTHER_NAME]) == {OTHER_NAME}
    assert claims(store) == {NAME: HERE, OTHER_NAME: HERE}


def test_of_several_claimed_at_once_those_that_are_free_are_given(store: Store, elsewhere: Elsewhere) -> None:
    assert store.claim([]) == set()
    names = [content_hash("claim", number) for number in range(1201)]
    elsewhere.host("远处")
    assert store.claim(names[:3]) == set(names[:3])
    elsewhere.after(working.CLAIMED_FOR + 5)
    assert store.claim(names[1:2]) == {names[1]}  # given again, and longer
    elsewhere.back()
    assert store.claim(names[700:800]) == set(names[700:800])
    elsewhere.after(working.CLAIMED_FOR + 1)
    assert store.claim(names) == set(names) - {names[1]}
    held = claims(store)
    assert {name for name in names if held[name] != HERE} == {names[1]}
    assert len(held) == 1201


def test_a_claim_of_a_live_process_is_refused_and_of_a_dead_one_taken_over(
    processes: multiprocessing.context.ForkServerContext, store: Store, store_url: str
) -> None:
    process, here = started(processes, work.claim_and_stay, store_url, NAME, 0.0)
    assert here.poll(PATIENCE)
    assert here.recv() == "True"
    theirs = (socket.gethostname(), process.pid)
    assert process.pid != os.getpid()
    assert store.claim([NAME]) == set()
    assert store.claim([OTHER_NAME]) == {OTHER_NAME}
    store.release_claims([NAME])  # not ours to give back
    assert claims(store) == {NAME: theirs, OTHER_NAME: HERE}
    store.release_claims()
    assert claims(store) == {NAME: theirs}

    process.kill()
    process.join(PATIENCE)
    here.close()
    assert store.claim([NAME]) == {NAME}
    assert claims(store) == {NAME: HERE}


def test_of_processes_that_claim_at_the_same_moment_one_gets_it(
    processes: multiprocessing.context.ForkServerContext, store: Store, store_url: str
) -> None:
    start = time.time() + START_IN
    running = [started(processes, work.claim_and_stay, store_url, NAME, start) for _ in range(4)]
    assert all(here.poll(PATIENCE) for _, here in running)
    assert sorted(here.recv() for _, here in running) == ["False", "False", "False", "True"]
    for process, here in running:
        process.kill()
        process.join(PATIENCE)
        here.close()


def test_a_claim_on_another_host_is_refused_until_it_expires(store: Store, elsewhere: Elsewhere) -> None:
    elsewhere.host("远处")
    assert store.claim([NAME]) == {NAME}
    elsewhere.back()
    theirs = ("远处", os.getpid())  # whether that process lives cannot be told from here
    assert store.claim([NAME]) == set()
    elsewhere.after(working.CLAIMED_FOR - 5)
    assert store.claim([NAME]) == set()
    assert claims(store) == {NAME: theirs}
    elsewhere.after(working.CLAIMED_FOR + 5)
    assert store.claim([NAME]) == {NAME}
    assert claims(store) == {NAME: HERE}


def test_a_dead_process_s_number_on_another_host_says_nothing(
    processes: multiprocessing.context.ForkServerContext, store: Store, store_url: str, elsewhere: Elsewhere
) -> None:
    process, here = started(processes, work.claim_and_stay, store_url, NAME, 0.0)
    assert here.poll(PATIENCE)
    assert here.recv() == "True"
    process.kill()
    process.join(PATIENCE)
    here.close()
    elsewhere.host("远处")
    assert store.claim([NAME]) == set()
    elsewhere.back()
    assert store.claim([NAME]) == {NAME}


def test_a_process_that_gives_no_sign_of_life_loses_its_claim_even_on_this_host(
    processes: multiprocessing.context.ForkServerContext, store: Store, store_url: str, elsewhere: Elsewhere
) -> None:
    process, here = started(processes, work.claim_and_stay, store_url, NAME, 0.0)
    assert here.poll(PATIENCE)
    assert here.recv() == "True"
    assert store.claim([NAME]) == set()
    elsewhere.after(working.CLAIMED_FOR + 5)
    assert store.claim([NAME]) == {NAME}
    process.kill()
    process.join(PATIENCE)
    here.close()


def test_a_renewed_claim_holds_longer_and_only_one_s_own_are_renewed(store: Store, elsewhere: Elsewhere) -> None:
    elsewhere.host("远处")
    assert store.claim([NAME]) == {NAME}
    elsewhere.host("更远处")
    assert store.claim([OTHER_NAME]) == {OTHER_NAME}
    elsewhere.host("远处")
    elsewhere.after(working.CLAIMED_FOR - 5)
    store.renew_claims()
    elsewhere.back()
    elsewhere.after(working.CLAIMED_FOR + 5)
    assert store.claim([NAME]) == set()
    assert store.claim([OTHER_NAME]) == {OTHER_NAME}
    elsewhere.after(2 * working.CLAIMED_FOR)
    assert store.claim([NAME]) == {NAME}


def test_whoever_lost_a_claim_can_neither_renew_nor_release_it(store: Store, elsewhere: Elsewhere) -> None:
    elsewhere.host("远处")
    assert store.claim([NAME]) == {NAME}
    elsewhere.back()
    elsewhere.after(working.CLAIMED_FOR + 5)
    assert store.claim([NAME]) == {NAME}
    elsewhere.host("远处")
    store.renew_claims()
    store.release_claims([NAME])
    store.release_claims()
    assert claims(store) == {NAME: HERE}
    assert store.claim([NAME]) == set()


def test_released_claims_are_free_for_others(store: Store, elsewhere: Elsewhere) -> None:
    names = [content_hash("claim", number) for number in range(3)]
    assert store.claim(names) == set(names)
    store.release_claims([])
    assert set(claims(store)) == set(names)
    store.release_claims(iter(names[:1]))
    assert set(claims(store)) == set(names[1:])
    store.release_claims([*(content_hash("claim", number) for number in range(10, 1210)), names[1]])
    assert set(claims(store)) == {names[2]}
    elsewhere.host("远处")
    assert store.claim(names) == set(names[:2])
    elsewhere.back()
    store.release_claims()
    assert set(claims(store)) == set(names[:2])


def test_claims_are_no_part_of_the_records(store: Store) -> None:
    store.add(**everything())
    before = dump(store)
    assert store.claim([NAME]) == {NAME}
    store.renew_claims()
    store.release_claims()
    assert dump(store) == before
