"""Carrying out a run in this process: dialogues are played, and a case is judged as soon as its dialogues exist."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from judge.dialogue import answer_of, finished, next_request
from judge.errors import CapReached, JudgeError, ModelBusy
from judge.identity import content_hash
from judge.judges import Judging
from judge.models import Reply, Request
from judge.records import Candidate, Case, Dialogue, Judgment, Outcome, Question, Unanswered
from judge.store import Store
from judge.work import Progress, Voice, Work

AT_ONCE = 256  # questions being worked on: enough to keep every endpoint busy, few enough for flat memory
BATCH = 64  # judgments written in one transaction, if so many come within a moment
MOMENT = 0.02  # seconds a judgment may wait for company before it is written
RENEW = 20.0  # seconds between two signs of life to other processes
RETRY = 1.0  # seconds before work that another process has claimed is looked at again


class Run:
    """One run in one process; `stop` drains it: what is in flight is finished and kept."""

    def __init__(self, store: Store, work: Work, progress: Progress | None = None) -> None:
        self.store = store
        self.work = work
        self.progress = progress or Progress()
        self.secret = store.secret()
        self.stopping = False
        self.fatal: JudgeError | None = None
        self._written: asyncio.Queue[tuple[Judgment, asyncio.Future[None]]] = asyncio.Queue()

    def stop(self) -> None:
        """Begin no new call."""
        self.stopping = True

    async def carry_out(self) -> None:
        """Do the work; raises what stops an endpoint (key, quota, cap) after all that was in flight is kept."""
        waiting = [(question, sample) for question in self.work.questions for sample in range(self.work.samples)]
        async with self._writer(), self._alive():
            gate = asyncio.Semaphore(AT_ONCE)

            async def one(question: Question, sample: int) -> tuple[Question, int] | None:
                async with gate:
                    return None if await self._question(question, sample) else (question, sample)

            while waiting and not self._ended:
                left = await asyncio.gather(*(one(question, sample) for question, sample in waiting))
                waiting = [again for again in left if again is not None]
                if waiting and not self._ended:
                    await asyncio.sleep(RETRY)
        if self.fatal is not None:
            raise self.fatal

    @property
    def _ended(self) -> bool:
        return self.stopping or self.fatal is not None

    async def _question(self, question: Question, sample: int) -> bool:
        """Work on one question; False where another process is at it and it must be looked at again."""
        if self._ended:
            return True
        dialogues = self._stored(question, sample)
        if self._complete(dialogues):
            return True
        name = content_hash("claim", [question.key, sample])
        if not self.store.claim(name):
            return False
        try:
            dialogues = self._stored(question, sample)  # what the other process did meanwhile
            if "answer" in self.work.stages:
                dialogues += await self._play_missing(question, sample, dialogues)
            if "judge" in self.work.stages:
                await self._judge(dialogues)
        finally:
            self.store.release_claims([name])
        return True

    # ── answering ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _stored(self, question: Question, sample: int) -> list[Dialogue]:
        history = self.work.manner.history
        wanted = [Dialogue(question, candidate, (), sample, history) for candidate in self.work.candidates]
        found = self.store.finished_dialogues(wanted)
        return [found[dialogue.key] for dialogue in wanted if dialogue.key in found]

    async def _play_missing(self, question: Question, sample: int, held: Sequence[Dialogue]) -> list[Dialogue]:
        there = {dialogue.candidate.key for dialogue in held}
        missing = [one for one in self.work.candidates if one.key not in there and one.key in self.work.voices]
        played = await asyncio.gather(*(self._play(question, candidate, sample) for candidate in missing))
        return [dialogue for dialogue in played if dialogue is not None]

    async def _play(self, question: Question, candidate: Candidate, sample: int) -> Dialogue | None:
        """Play one dialogue turn by turn, each answer kept before the next is asked; None where it could not be finished."""
        manner, voice = self.work.manner, self.work.voices[candidate.key]
        key = Dialogue(question, candidate, (), sample, manner.history).key
        answers = self.store.kept_answers(key)
        while (request := next_request(question, answers, manner)) is not None:
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

    def _wanted(self, dialogues: Sequence[Dialogue]) -> list[tuple[Case, Judging, Voice]]:
        """Return what the judges are to be asked on these dialogues; filtered and empty answers need no judge."""
        cases = [case for case in self.work.cases(dialogues) if all(map(_judgeable, case.dialogues))]
        return [(case, judging, voice) for case in cases for judging, voice in self.work.judges]

    def _complete(self, dialogues: Sequence[Dialogue]) -> bool:
        there = {dialogue.candidate.key for dialogue in dialogues}
        if "answer" in self.work.stages and not set(self.work.voices) <= there:
            return False
        if "judge" not in self.work.stages:
            return True
        keys = [_key(case, judging) for case, judging, _ in self._wanted(dialogues)]
        return self.store.judged(keys) >= set(keys)

    async def _judge(self, dialogues: Sequence[Dialogue]) -> None:
        wanted = self._wanted(dialogues)
        known = self.store.judged([_key(case, judging) for case, judging, _ in wanted])
        self.progress.known += len(known)
        missing = [(case, judging, voice) for case, judging, voice in wanted if _key(case, judging) not in known]
        if missing:
            self.store.add_judges([judging.judge for _, judging, _ in missing])
        await asyncio.gather(*(self._hear(case, judging, voice) for case, judging, voice in missing))

    async def _hear(self, case: Case, judging: Judging, voice: Voice) -> None:
        reply = await self._ask(voice, judging.request(case, self.secret), f"{case.question.id} {judging.judge.name}")
        if reply is None:
            return
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._written.put_nowait((judging.judgment(case, reply), written))
        await written
        self.progress.judgments += 1

    # ── calls, writing, signs of life ─────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, voice: Voice, request: Request, about: str) -> Reply | None:
        """Ask once at the endpoint's pace; None where nothing came of it, which a later run will try again."""
        if self._ended:
            return None
        if self.work.max_calls is not None and self.progress.calls >= self.work.max_calls:
            self.fatal = self.fatal or CapReached(
                f"已到调用次数上限 {self.work.max_calls}", fix="加大 --max-calls 再运行一次，会从断点接着做"
            )
            return None
        self.progress.calls += 1
        self.progress.in_flight += 1
        try:
            reply = await voice.pace.call(lambda: voice.model.reply(request), _tokens(request))
        except ModelBusy as error:
            self.progress.failed.append(f"{about}：{error.message}")
            return None
        except JudgeError as error:
            self.fatal = self.fatal or error
            return None
        finally:
            self.progress.in_flight -= 1
        return reply

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


def _key(case: Case, judging: Judging) -> str:
    return Judgment(case, judging.judge, result=Unanswered("")).key


def _judgeable(dialogue: Dialogue) -> bool:
    """Tell whether there is something to judge: a filtered or empty answer is settled without, a failed one is missing."""
    refuse = any(turn.expected == "refuse" for turn in dialogue.question.turns)
    if dialogue.outcome in (Outcome.OK, Outcome.TRUNCATED):
        return True
    return refuse and dialogue.outcome is not Outcome.FAILED


def _tokens(request: Request) -> int:
    """Return a rough count of the tokens a call will use: Han text has about one per character, and room to answer."""
    return sum(len(message.content) for message in request.messages) + (request.max_tokens or 1024) // 2
