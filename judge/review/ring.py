"""The ring where candidates fight: battles begin, turns are asked of both sides at once, people vote. All of it on one event loop.

What a person asks, that a battle began, and every answer are in the store before the page sees anything of it; the ring only
remembers what the store holds. A vote makes records of a battle; one that is thrown away leaves none.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

from judge import markup
from judge.dialogue import answer_of
from judge.errors import CapReached, InputError, ModelError, ModelRefused, QuotaGone, UnknownName
from judge.families import bare
from judge.identity import Json, content_hash
from judge.records import ABILITIES, Answer, Candidate
from judge.review.battle import LONGEST, MOST, Battle, Fault, Fought, drawn, fought
from judge.review.bouts import arena_bank, battles_of
from judge.review.opinions import Ballot, verdict_of
from judge.review.room import before, voice_of
from judge.review.showing import shown
from judge.rubric import Rubrics
from judge.store import Store
from judge.trail import Happening
from judge.work import Purse, Voice

WAIT = 20.0  # seconds that somebody waits for answers on their way before being told so
PATIENCE = 600.0  # seconds after which a side that was asked counts as busy


@dataclass(frozen=True, slots=True)
class Terms:
    """What battles are fought for: the bank they make, the ability where none is chosen, whether names are shown after the vote."""

    bank: str = "arena"
    ability: str = "闲聊"
    reveal: bool = False
    seed: int = 0


class Ring:
    """Battles of one bank between some candidates; all that changes anything is to be awaited on one event loop."""

    def __init__(
        self,
        store: Store,
        fighters: Sequence[tuple[Candidate, Voice]],
        terms: Terms,
        rubrics: Rubrics,
        purse: Purse,
        tell: Callable[[str], None],
    ) -> None:
        self.store, self.terms, self.rubrics, self.purse, self.tell = store, terms, rubrics, purse, tell
        self.candidates = [candidate for candidate, _ in fighters]
        held = battles_of(store, terms.bank, self.candidates)
        self.fought = {one.id: one for one in held.fought}
        self.open = {one.who: one for one in held.open}  # by person
        self.voices: Mapping[str, Voice] = {candidate.key: voice for candidate, voice in fighters}
        self._secret = store.secret().hex()
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._flying: dict[str, asyncio.Task[None]] = {}
        self._begun = held.begun
        pairs = [one.candidates for one in held.fought] + [one.candidates for one in held.open]
        named = [*self.candidates, *(one for pair in pairs for one in pair)]
        self.names = {name for one in named for name in (one.name, bare(one.name), one.model.model)}

    # ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, who: str, id: str | None, turn: int, prompt: str, ability: str) -> Battle:  # noqa: A002
        """Ask turn `turn` (from 1) of a person's battle, or of a new one where `id` is None; the same sent twice is asked once.

        Answers are on their way when this returns: `landed` waits for them. Raises InputError where that turn cannot be asked now, UnknownName where the battle is none of this person's.
        """
        if not prompt.strip() or len(prompt) > LONGEST:
            raise InputError("问题是空的，或太长", fix=f"写 1 到 {LONGEST} 个字")
        async with self._locks[who]:
            battle = self.open.get(who)
            if battle is None or (id is not None and id != battle.id):
                if id is not None:
                    raise UnknownName("对战", id, (), fix="刷新页面")
                battle = self._begin(who, ability)
            if battle.prompts[turn - 1 : turn] != [prompt]:
                self._check(battle, turn)
                await self._keep(battle, prompt)
        self._fly(battle)
        return battle

    async def again(self, who: str, id: str) -> Battle:  # noqa: A002
        """Ask the sides that lack an answer once more."""
        battle = self.battle(who, id)
        self._fly(battle)
        return battle

    async def landed(self, battle: Battle) -> None:
        """Wait a while for the answers on their way; raises StoreError where one could not be kept."""
        task = self._flying.get(battle.id)
        if task is not None and (await asyncio.wait({task}, timeout=WAIT))[0]:
            task.result()

    def _begin(self, who: str, ability: str) -> Battle:
        """Draw who fights; nothing of it is kept yet."""
        if ability not in ABILITIES:
            raise InputError(f"没有 {ability} 这一项能力", fix=f"用 {'、'.join(ABILITIES)} 之一")
        met = Counter(one.pair for one in self.fought.values()) + Counter(one.pair for one in self.open.values())
        rng = random.Random(content_hash("lot", [self._secret, self.terms.seed, self.terms.bank, self._begun]))
        self._begun += 1
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Battle(self.terms.bank, secrets.token_hex(8), who, ability, drawn(met, self.candidates, rng), now)

    def _check(self, battle: Battle, turn: int) -> None:
        if turn != len(battle.prompts) + 1:
            raise InputError("这一轮已经问过别的了", fix="刷新页面")
        if battle.lacking or battle.flight is not None:
            raise InputError("上一轮还没有答完", fix="先再问一次；或直接判前面几轮")
        if all(map(battle.ended, (0, 1))):
            raise InputError("两边都不再回答了", fix="判，或丢掉这一场")
        if len(battle.prompts) >= MOST:
            raise InputError(f"一场最多问 {MOST} 轮", fix="判，或丢掉这一场")

    async def _keep(self, battle: Battle, prompt: str) -> None:
        """Keep what is asked before anybody is asked, under the question's own key; that a battle began stands in the trail."""
        first = not battle.prompts
        self.open[battle.who] = battle  # from here on the pair counts as met
        try:
            await asyncio.to_thread(self.store.keep_answer, battle.key, len(battle.prompts), Answer(prompt, ""))
            if first:
                keys: list[Json] = [one.key for one in battle.candidates]
                content: Json = {"bank": battle.bank, "id": battle.id, "ability": battle.ability, "candidates": keys}
                await asyncio.to_thread(self.store.tell, Happening("battle", battle.who, battle.key, content))
            battle.prompts.append(prompt)
        finally:
            if not battle.prompts:
                del self.open[battle.who]

    def _fly(self, battle: Battle) -> None:
        """Ask all sides that lack an answer, at once; not while they are being asked."""
        if battle.id in self._flying or not battle.lacking:
            return
        battle.faults.clear()
        battle.flight = (len(battle.answers[0]), len(battle.answers[1]))
        self._flying[battle.id] = asyncio.create_task(self._flight(battle))

    async def _flight(self, battle: Battle) -> None:
        try:
            done = await asyncio.gather(*(self._answer(battle, at) for at in battle.lacking), return_exceptions=True)
        finally:
            battle.flight = None
            del self._flying[battle.id]
        for one in done:
            if one is not None:
                raise one

    async def _answer(self, battle: Battle, side: int) -> None:
        """Ask one side and keep its answer; a side that gives none keeps its turn, with the reason."""
        candidate, turn = battle.candidates[side], len(battle.answers[side])
        voice = self.voices.get(candidate.key)
        if voice is None:
            battle.faults[side] = "refused"
            self.tell(f"对战 {battle.id}：{candidate.name} 这一次没有上场")
            return
        try:
            async with asyncio.timeout(PATIENCE):
                reply = await self.purse.ask(voice, battle.request(side))
        except (CapReached, ModelError, TimeoutError) as error:
            battle.faults[side] = _fault(error)
            voice.pace.revive()  # whoever asks again is to be heard, however often it failed
            self.tell(f"对战 {battle.id}：{candidate.name}：{str(error) or '太久没有回答'}")
            return
        answer = answer_of(battle.question(turn + 1), turn, reply)
        await asyncio.to_thread(self.store.keep_answer, battle.blank(side).key, turn, answer)
        battle.answers[side].append(answer)

    # ── voting ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def vote(self, who: str, ballot: Ballot) -> bool:
        """Keep a person's verdict on a battle, with all it is about; tell whether it was new.

        Sent twice it is kept once. Raises InputError where it does not fit the battle as it stands.
        """
        async with self._locks[who]:
            done = self.fought.get(ballot.task)
            if done is not None and done.who == who:
                if done.said["verdict"] == ballot.verdict:
                    return False
                raise InputError("这一场已经判过了", fix="判过的在“我的对战”里，不能再改")
            battle = self.battle(who, ballot.task)
            if ballot.verdict is None or ballot.scope is not None:
                raise InputError("对战只判整段，哪一边更好", fix="选甲、乙、平或都不好；不想判就丢掉这一场")
            if not battle.whole or ballot.turns != battle.whole:
                raise InputError("这一场和你看到的不一样了", fix="刷新页面，看完再判")
            said = verdict_of(ballot, battle.case(), who, ballot.result(None, ()), None, None)
            banks = [arena_bank(self.terms.bank)]
            await asyncio.to_thread(self.store.add, banks=banks, human_verdicts=[said])
            del self.open[who]
            self.fought[battle.id] = fought(battle, said.case.question, before(voice_of(said)))
            return True

    async def discard(self, who: str, id: str) -> None:  # noqa: A002
        """Throw a battle away; that it was stands in the trail."""
        async with self._locks[who]:
            battle = self.battle(who, id)
            await asyncio.to_thread(self.store.tell, Happening("discard", who, battle.key))
            del self.open[who]

    # ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def battle(self, who: str, id: str) -> Battle:  # noqa: A002
        """Return a person's open battle; raises UnknownName where it is none."""
        battle = self.open.get(who)
        if battle is None or battle.id != id:
            raise UnknownName("对战", id, (), fix="刷新页面")
        return battle

    async def show(self, battle: Battle) -> dict[str, Json]:
        """Lay a battle out as it stands, without names."""
        return await asyncio.to_thread(battle.snapshot().laid, self.rubrics.of(battle.ability), self.names)

    def mine(self, who: str) -> list[dict[str, Json]]:
        """Return what a person voted on, the latest first."""
        return [self._line(one) for one in self.fought.values() if one.who == who][::-1]

    async def look(self, who: str, id: str) -> dict[str, Json]:  # noqa: A002
        """Lay out a battle that a person voted on; raises UnknownName where it is none."""
        one = self.fought.get(id)
        if one is None or one.who != who:
            raise UnknownName("对战", id, ())
        return await asyncio.to_thread(self._laid, one)

    def _laid(self, one: Fought) -> dict[str, Json]:
        dialogues = self.store.dialogues_by_key(one.dialogues)
        sides = [dialogues[key] for key in one.dialogues]
        rubric = self.rubrics.of(one.ability)
        laid = shown(sides[0].question, sides, 0, rubric, None, self.names, unmasked=self.terms.reveal)
        return {**laid.content, **self._line(one)}

    def _line(self, one: Fought) -> dict[str, Json]:
        names: list[Json] = [markup.visible(candidate.name) for candidate in one.candidates]
        told: dict[str, Json] = {"names": names} if self.terms.reveal else {}
        return {"task": one.id, "ability": one.ability, "asked": one.asked, **one.said, **told}

    def met(self) -> dict[tuple[str, str], int]:
        """Return how many battles of every pair were voted on, by name; of those in the ring also where there was none."""
        battles = list(self.fought.values())  # all at once: others vote meanwhile
        counts = Counter(one.pair for one in battles)
        candidates = [*self.candidates, *(one for battle in battles for one in battle.candidates)]
        known = {one.key: one.name for one in candidates}
        here = [frozenset((one.key, other.key)) for one, other in combinations(self.candidates, 2)]
        found = {}
        for pair in dict.fromkeys([*here, *counts]):
            first, second = (name for key, name in known.items() if key in pair)
            found[first, second] = counts[pair]
        return found


def _fault(error: CapReached | ModelError | TimeoutError) -> Fault:
    """Say why a side did not answer, naming no model."""
    match error:
        case CapReached():
            return "capped"
        case ModelRefused() | QuotaGone():
            return "refused"
    return "busy"
