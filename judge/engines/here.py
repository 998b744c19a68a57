"""Carrying out a run in this process: dialogues are played, and a case is judged as soon as its dialogues exist."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from judge.dialogue import answer_of, finished, next_request
from judge.errors import JudgeError, ModelBusy
from judge.identity import content_hash
from judge.judges import Judging
from judge.judges.baseline import Baseline
from judge.judges.protocols import Pairwise, turned
from judge.models import Reply, Request
from judge.pairing import swapped
from judge.records import Candidate, Case, Dialogue, Judgment, Question, judgment_key
from judge.store import Store
from judge.thrift import checked, in_doubt, sure
from judge.work import Item, Progress, Purse, Voice, Work, judgeable

AT_ONCE = 512  # questions being worked on: enough to keep every endpoint busy, few enough for flat memory
CHUNK = 16  # questions looked up and claimed in one go
BATCH = 64  # judgments written in one transaction, if so many come within a moment
MOMENT = 0.02  # seconds a judgment may wait for company before it is written
RENEW = 20.0  # seconds between two signs of life to other processes
RETRY = 1.0  # seconds before work that another process has claimed is looked at again

Asked: TypeAlias = tuple[Case, Judging, Voice | None, str]  # what a judge is to be asked, and the key of its judgment


class Run:
    """One run in one process; `stop` drains it: what is in flight is finished and kept."""

    def __init__(self, store: Store, work: Work, progress: Progress | None = None) -> None:
        self.store = store
        self.work = work
        self.progress = progress or Progress()
        self.purse = Purse(work.caps, self.progress)
        self.secret = store.secret()
        self.stopping = False
        self.fatal: JudgeError | None = None
        self._written: asyncio.Queue[tuple[Judgment, asyncio.Future[None]]] = asyncio.Queue()

    def stop(self) -> None:
        """Begin no new call."""
        self.stopping = True

    async def carry_out(self) -> None:
        """Do the work; raises what stops an endpoint (key, quota, cap) after all that was in flight is kept."""
        waiting = list(self.work.todo)
        # Before anything is paid for: a model that has another name here is refused.
        self.store.add_candidates(self.work.candidates)
        again = [
            turned(judging) for judging, _ in self.work.judges if self.work.again and isinstance(judging, Pairwise)
        ]
        self.store.add_judges([judging.judge for judging in (*(one for one, _ in self.work.judges), *again)])
        gc.freeze()  # questions and libraries live to the end: a tenth of a call went into walking them again and again
        async with self._writer(), self._alive():
            gate = asyncio.Semaphore(AT_ONCE // CHUNK)

            async def gated(chunk: Sequence[Item]) -> Sequence[Item]:
                async with gate:
                    return await self._chunk(chunk)

            while waiting and not self._ended:
                chunks = [waiting[at : at + CHUNK] for at in range(0, len(waiting), CHUNK)]
                left = await asyncio.gather(*map(gated, chunks))
                waiting = [item for items in left for item in items]
                if waiting and not self._ended:
                    await asyncio.sleep(RETRY)
        gc.unfreeze()
        if self.fatal is not None:
            raise self.fatal

    @property
    def _ended(self) -> bool:
        return self.stopping or self.fatal is not None

    async def _chunk(self, chunk: Sequence[Item]) -> Sequence[Item]:
        """Work on some questions; return those that another process is at, to be looked at again."""
        names = {content_hash("claim", [question.key, sample]): (question, sample) for question, sample in chunk}
        claimed = set() if self._ended else self.store.claim(list(names))
        try:
            mine = self._found([item for name, item in names.items() if name in claimed])
            await asyncio.gather(*(self._item(item, held, missing) for item, (held, missing) in mine.items()))
        finally:
            if claimed:
                self.store.release_claims(claimed)
        return [item for name, item in names.items() if name not in claimed]

    def _found(self, items: Sequence[Item]) -> dict[Item, tuple[list[Dialogue], list[Asked]]]:
        """Return with each question its stored dialogues, and what judges are still to be asked of them."""
        blank = {item: self.work.blank(*item) for item in items}
        found = self.store.finished_dialogues(one for dialogues in blank.values() for one in dialogues)
        held = {item: [found[one.key] for one in dialogues if one.key in found] for item, dialogues in blank.items()}
        wanted = {item: self._wanted(held[item]) for item in items}
        judged = self.store.judged([key for asked in wanted.values() for *_, key in asked])
        return {item: (held[item], [one for one in wanted[item] if one[3] not in judged]) for item in items}

    async def _item(self, item: Item, held: list[Dialogue], missing: list[Asked]) -> None:
        played = await self._play_missing(*item, held) if "answer" in self.work.stages else []
        if played:
            wanted = self._wanted([*held, *played])
            judged = self.store.judged([key for *_, key in wanted])
            missing = [one for one in wanted if one[3] not in judged]
        await asyncio.gather(*(self._hear(*one) for one in missing))
        if self.work.again and not self._ended:
            await asyncio.gather(*(self._hear(*one) for one in self._doubtful([*held, *played])))

    # ── answering ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _play_missing(self, question: Question, sample: int, held: Sequence[Dialogue]) -> list[Dialogue]:
        there = {dialogue.key for dialogue in held}
        wanted = (one.candidate for one in self.work.blank(question, sample) if one.key not in there)
        missing = [one for one in wanted if one.key in self.work.voices]
        played = await asyncio.gather(*(self._play(question, candidate, sample) for candidate in missing))
        return [dialogue for dialogue in played if dialogue is not None]

    async def _play(self, question: Question, candidate: Candidate, sample: int) -> Dialogue | None:
        """Play one dialogue turn by turn, each answer kept before the next is asked; None where it could not be finished."""
        manner, voice = self.work.manner, self.work.voices[candidate.key]
        key = Dialogue(question, candidate, (), sample, manner.history).key
        answers = self.store.kept_answers(key)
        while (request := next_request(question, answers, manner, sample)) is not None:
            reply = await self._ask(voice, request, f"{question.id} {candidate.name}")
            if reply is None:
                return None
            answers.append(answer_of(question, len(answers), reply))
            if len(answers) < len(question.turns):  # the last one is kept with the whole dialogue
                self.store.keep_answer(key, len(answers) - 1, answers[-1])
        dialogue = finished(question, candidate, answers, sample, manner)
        self.store.add(dialogues=[dialogue])
        self.progress.dialogues += 1
        return dialogue

    # ── judging ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _wanted(self, dialogues: Sequence[Dialogue]) -> list[Asked]:
        """Return what the judges are to be asked on these dialogues; filtered and empty answers need no judge."""
        if "judge" not in self.work.stages:
            return []
        cases = [case for case in self.work.draw.cases(dialogues) if judgeable(case)]
        spared = {case.target for case in cases if self.work.spare and self._spared(case)}
        return [
            (case, judging, voice, judgment_key(case, judging.judge))
            for case in cases
            for judging, voice in self.work.judges
            if voice is None or case.target not in spared
        ]

    def _offline(self, case: Case) -> Judgment | None:
        """Return what the run's offline judge, or the one that comes with the program, says of a case."""
        mine = next((judging for judging, voice in self.work.judges if voice is None), None) or Baseline()
        said = mine.request(case, self.secret)
        return said if isinstance(said, Judgment) else None

    def _spared(self, case: Case) -> bool:
        said = self._offline(case)
        return said is not None and sure(said) and not checked(case)

    def _doubtful(self, dialogues: Sequence[Dialogue]) -> list[Asked]:
        """Return which single verdicts are to be asked again swapped; what was drawn in both placements is not."""
        cases = [case for case in self.work.draw.cases(dialogues) if judgeable(case)]
        shown = Counter(case.target for case in cases)
        single = [case for case in cases if shown[case.target] == 1]
        asked = [
            (case, judging, voice)
            for case in single
            for judging, voice in self.work.judges
            if isinstance(judging, Pairwise)
        ]
        said = self.store.results([judgment_key(case, judging.judge) for case, judging, _ in asked])
        wanted = []
        for case, judging, voice in asked:
            result = said.get(judgment_key(case, judging.judge))
            if result is not None and in_doubt(result, self._offline(case), judging.levels):
                other, twin = swapped(case), turned(judging)
                wanted.append((other, twin, voice, judgment_key(other, twin.judge)))
        judged = self.store.judged([key for *_, key in wanted])
        return [one for one in wanted if one[3] not in judged]

    async def _hear(self, case: Case, judging: Judging, voice: Voice | None, _: str) -> None:
        judgment = judging.request(case, self.secret)
        if isinstance(judgment, Request):
            assert voice is not None, f"{judging.judge.name} asks a model, and has none"
            reply = await self._ask(voice, judgment, f"{case.question.id} {judging.judge.name}")
            if reply is None:
                return
            judgment = judging.judgment(case, reply)
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._written.put_nowait((judgment, written))
        await written

    # ── calls, writing, signs of life ─────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, voice: Voice, request: Request, about: str) -> Reply | None:
        """Ask once at the endpoint's pace; None where nothing came of it, which a later run will try again."""
        if self._ended:
            return None
        try:
            return await self.purse.ask(voice, request)
        except ModelBusy as error:
            self.progress.failed.append(f"{about}：{error.message}")
        except JudgeError as error:
            self.fatal = self.fatal or error
        return None

    @asynccontextmanager
    async def _writer(self) -> AsyncIterator[None]:
        """Write judgments in batches; whoever made one goes on when it is durable."""
        task = asyncio.create_task(self._write())
        try:
            yield
        finally:
            await self._written.join()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            batch = [await self._written.get()]
            await asyncio.sleep(MOMENT)
            while not self._written.empty() and len(batch) < BATCH:
                batch.append(self._written.get_nowait())
            try:
                self.store.append_judgments([judgment for judgment, _ in batch])
                self.progress.judgments += len(batch)
            except JudgeError as error:
                self.fatal = self.fatal or error
            for _, written in batch:
                if not written.done():
                    written.set_result(None)
                self._written.task_done()

    @asynccontextmanager
    async def _alive(self) -> AsyncIterator[None]:
        async def beat() -> None:
            while True:
                await asyncio.sleep(RENEW)
                self.store.renew_claims()

        task = asyncio.create_task(beat())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.store.release_claims()
