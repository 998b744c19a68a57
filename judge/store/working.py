"""What a run in progress needs of the store: unfinished dialogues, claims on work, judgments appended as they come."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from judge.codec import from_json, to_json
from judge.identity import Json, content_hash, plain
from judge.records import Answer, Candidate, Dialogue, Judge, Judgment, Model, Result, Skipped
from judge.store import rows, tables
from judge.store.columns import result_of
from judge.store.reading import Reading
from judge.store.writing import Append, Writing, chunks, model_name

CLAIMED_FOR = 60.0  # seconds, after which the work of a process that vanished elsewhere may be taken over


class Working(Reading, Writing):
    """The part of the store that a live run works on."""

    def secret(self) -> bytes:
        """Return the store's own secret, made when first asked for; prompts' fences hang on it."""
        with self._writing() as connection:
            found = connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == "secret")).scalar()
            if found is None:
                found = secrets.token_hex(32)
                connection.execute(insert(tables.meta), {"name": "secret", "value": found})
        return bytes.fromhex(str(found))

    # ── what was seen of models ───────────────────────────────────────────────────────────────────────────────────────

    def keep_finding(self, model: Model, finding: object) -> None:
        """Keep what was last seen of a model (a frozen record), in place of what was seen before."""
        name = f"finding:{content_hash('model', model)}"
        with self._writing() as connection:
            connection.execute(delete(tables.meta).where(tables.meta.c.name == name))
            connection.execute(insert(tables.meta), {"name": name, "value": to_json(finding)})

    def finding(self, model: Model) -> dict[str, Json]:
        """Return what was last seen of a model, by name; empty where nothing was."""
        name = f"finding:{content_hash('model', model)}"
        found = self._rows(select(tables.meta.c.value).where(tables.meta.c.name == name))
        content: dict[str, Json] = json.loads(found[0].value) if found else {}
        return content

    def keep_reached(self, reached: Mapping[str, int]) -> None:
        """Keep how far runs that may stop have come (by the key of what is judged): written before it is asked."""
        if not reached:
            return
        table = tables.meta
        with self._writing() as connection:
            for some in chunks([f"reached:{name}" for name in reached]):
                connection.execute(delete(table).where(table.c.name.in_(some)))
            values = [{"name": f"reached:{name}", "value": str(count)} for name, count in reached.items()]
            connection.execute(insert(table), values)

    def reached(self, names: Sequence[str]) -> dict[str, int]:
        """Return how far runs that may stop have come, for those that began."""
        table = tables.meta
        rows = [
            row
            for some in chunks([f"reached:{name}" for name in names])
            for row in self._rows(select(table.c.name, table.c.value).where(table.c.name.in_(some)))
        ]
        return {row.name.removeprefix("reached:"): int(row.value) for row in rows}

    # ── dialogues ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def finished_dialogues(self, wanted: Iterable[Dialogue]) -> dict[str, Dialogue]:
        """Return the stored dialogues among those wanted (named by question, candidate, sample), by key."""
        by_key = {dialogue.key: dialogue for dialogue in wanted}
        table = tables.dialogue
        found = {}
        for some in chunks(list(by_key)):
            for row in self._rows(select(table.c.key, table.c.content).where(table.c.key.in_(some))):
                asked = by_key[row.key]
                answers = from_json(tuple[Answer, ...], row.content)
                found[row.key] = Dialogue(asked.question, asked.candidate, answers, asked.sample, asked.history)
        return found

    def keep_answer(self, dialogue: str, turn: int, answer: Answer) -> None:
        """Keep one turn's answer of an unfinished dialogue (by key)."""
        content: rows.Row = {
            "key": content_hash("answer", [dialogue, turn]),
            "dialogue": dialogue,
            "turn": turn,
            "content_hash": content_hash("content", plain(answer)),
            "content": to_json(answer),
        }
        with self._writing() as connection:
            Append(connection).first(tables.answer, [content])

    def kept_answers(self, dialogue: str) -> list[Answer]:
        """Return the answers kept of an unfinished dialogue, in order of turns, up to the first that lacks."""
        table = tables.answer
        query = select(table.c.turn, table.c.content).where(table.c.dialogue == dialogue).order_by(table.c.turn)
        kept = [(row.turn, from_json(Answer, row.content)) for row in self._rows(query)]
        return [answer for at, (turn, answer) in enumerate(kept) if turn == at]

    def kept_counts(self, dialogues: Sequence[str]) -> dict[str, int]:
        """Return how many answers are kept of unfinished dialogues (by key), for those that have some."""
        table = tables.answer
        return {
            row.dialogue: row.kept
            for some in chunks(dialogues)
            for row in self._rows(
                select(table.c.dialogue, func.count().label("kept"))
                .where(table.c.dialogue.in_(some))
                .group_by(table.c.dialogue)
            )
        }

    def returned_models(self, model: str) -> set[str] | None:
        """Return under which names providers answered for a candidate or judge (by key), None where nothing is stored of it.

        The latest hundred records tell: older ones were held against the same names when those were added.
        """
        candidate, judge = tables.candidate, tables.judge
        answers = (
            select(tables.dialogue.c.content)
            .join(candidate, tables.dialogue.c.candidate == candidate.c.code)
            .where(candidate.c.key == model)
            .order_by(tables.dialogue.c.code.desc())
            .limit(100)
        )
        judgments = (
            select(tables.judgment.c.content)
            .join(judge, tables.judgment.c.judge == judge.c.code)
            .where(judge.c.key == model)
            .order_by(tables.judgment.c.code.desc())
            .limit(100)
        )
        found = [answer for row in self._rows(answers) for answer in json.loads(row.content)]
        found += [json.loads(row.content) for row in self._rows(judgments)]
        return {one["returned_model"] for one in found if one.get("returned_model")} if found else None

    # ── judgments ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def judged(self, judgments: Sequence[str]) -> set[str]:
        """Return which of these keys of judgments are stored."""
        table = tables.judgment
        return {
            row.key
            for some in chunks(judgments)
            for row in self._rows(select(table.c.key).where(table.c.key.in_(some)))
        }

    def results(self, judgments: Sequence[str]) -> dict[str, Result]:
        """Return what stored judgments (by key) said."""
        table = tables.judgment
        found = {}
        for some in chunks(judgments):
            for row in self._rows(select(table.c.key, table.c.content).where(table.c.key.in_(some))):
                result = result_of(json.loads(row.content))
                assert not isinstance(result, Skipped)
                found[row.key] = result
        return found

    def add_judges(self, judges: Sequence[Judge]) -> None:
        """Append judges that are not there; raises InputError where one is there under another name."""
        with self._writing() as connection:
            Append(connection)(tables.judge, [rows.judge_row(judge) for judge in judges], model_name)

    def add_candidates(self, candidates: Sequence[Candidate]) -> None:
        """Append candidates that are not there; raises InputError where one is there under another name."""
        with self._writing() as connection:
            Append(connection)(tables.candidate, [rows.candidate_row(one) for one in candidates], model_name)

    def append_judgments(self, judgments: Sequence[Judgment]) -> None:
        """Append judgments whose questions, dialogues and judges are stored already, in one transaction."""
        cases = [judgment.case for judgment in judgments]
        with self._writing() as connection:
            append = Append(connection)
            questions, _ = append.stored(tables.question, list({case.question.key for case in cases}))
            dialogues, _ = append.stored(tables.dialogue, list({one.key for case in cases for one in case.dialogues}))
            judges, _ = append.stored(tables.judge, list({judgment.judge.key for judgment in judgments}))
            content = [
                rows.judgment_row(
                    judgment,
                    questions[judgment.case.question.key],
                    judges[judgment.judge.key],
                    [dialogues[one.key] for one in judgment.case.dialogues],
                )
                for judgment in judgments
            ]
            append.first(tables.judgment, content)

    # ── claims ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def claim(self, names: Sequence[str]) -> set[str]:
        """Take pieces of work for this process; return which were not held by another one that is alive."""
        table, now = tables.claim, time.time()
        mine = {"host": socket.gethostname(), "process": os.getpid(), "until": now + CLAIMED_FOR}
        with self._writing() as connection:
            held = [
                row for some in chunks(names) for row in connection.execute(select(table).where(table.c.name.in_(some)))
            ]
            kept = {row.name for row in held if not _abandoned(row.host, row.process, row.until, now)}
            taken = [name for name in names if name not in kept]
            for some in chunks([row.name for row in held if row.name not in kept]):
                connection.execute(delete(table).where(table.c.name.in_(some)))
            if taken:
                connection.execute(insert(table), [{"name": name, **mine} for name in taken])
        return set(taken)

    def renew_claims(self) -> None:
        """Say that this process is still at work on what it has claimed."""
        table = tables.claim
        with self._writing() as connection:
            connection.execute(update(table).where(_mine()).values(until=time.time() + CLAIMED_FOR))

    def release_claims(self, names: Iterable[str] | None = None) -> None:
        """Give back some claims of this process, or all."""
        table = tables.claim
        with self._writing() as connection:
            if names is None:
                connection.execute(delete(table).where(_mine()))
            for some in chunks(list(names or ())):
                connection.execute(delete(table).where(_mine(), table.c.name.in_(some)))


def _mine() -> ColumnElement[bool]:
    return (tables.claim.c.host == socket.gethostname()) & (tables.claim.c.process == os.getpid())


def _abandoned(host: str, process: int, until: float, now: float) -> bool:
    """Tell whether a claim may be taken over: it ran out, or its process is dead on this machine, or is this one."""
    if until < now or (host == socket.gethostname() and process == os.getpid()):
        return True
    if host != socket.gethostname():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
