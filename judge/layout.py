"""From what a person asks of a run to what is to be done: questions, candidates, judges, cases, and what is left to pay for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, TypeAlias

from judge import resolve
from judge.bank import bank_file, read_bank, shipped_banks
from judge.dialogue import Manner
from judge.errors import InputError, UnknownName
from judge.estimate import Estimate, estimate
from judge.families import bare
from judge.importers import Imported, own
from judge.judges import Judging
from judge.judges.baseline import NAME as BASELINE
from judge.judges.baseline import Baseline
from judge.judges.protocols import SCORING, Comparing, Scoring, has_reference, judging
from judge.pairing import evenly
from judge.records import Candidate, Dialogue, Judge, Question, judgment_key
from judge.store import Store
from judge.thrift import NotACascade
from judge.voices import Voices
from judge.work import Caps, Design, Item, Order, Voice, Work, draw, judgeable

RECORDED = "answers:"  # before a file of answers that stands for a candidate

Protocol: TypeAlias = Comparing | Scoring
Stage = Literal["answer", "judge", "score"]


@dataclass(frozen=True, slots=True)
class How:
    """How a run is made; `references` None: shown to judges where there are some, True: needed, False: never shown."""

    order: Order = "auto"
    protocol: Protocol = "pair"
    references: bool | None = None
    samples: int = 1
    limit: int | None = None
    max_calls: int | None = None
    max_cost: float | None = None
    stage: Stage | None = None
    until: Literal["all", "decided", "looks"] = "all"
    again: bool = False

    @property
    def scores(self) -> bool:
        """Tell whether answers are scored one by one, rather than compared."""
        return self.protocol in SCORING

    @property
    def by_turn(self) -> bool:
        """Tell whether the protocol itself rates every turn."""
        return self.protocol == "mtbench"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks of a run; candidates and judges by the names they were typed."""

    candidates: Sequence[str]
    judges: Sequence[str]
    bank: str | None
    design: Literal["baseline", "round-robin"]
    abilities: Sequence[str] = ()
    history: Literal["own", "golden"] = "own"
    by_turn: bool = False
    seed: int = 0
    how: How = field(default_factory=How)
    cascade: bool = False  # the offline judge takes what it is sure of


def lay_out(store: Store, voices: Voices, wish: Wish) -> tuple[Work, Estimate]:
    """Say who answers what, who meets whom and who judges, and what of it is still to be paid for.

    Adds the bank and recorded answers to the store. Raises InputError for all that cannot be carried out as asked.
    """
    how = wish.how
    questions = questions_of(store, voices, wish)
    bank = questions[0].bank
    candidates, asked, files = _candidates(store, voices, wish, bank)
    judges = _judges(store, voices, wish, bank)
    _known_models(store, bank, candidates, [judging.judge for judging, _ in judges])
    for found in files:
        store.add(banks=found.banks, questions=found.questions, dialogues=found.dialogues)
    blank = [
        Dialogue(question, candidate, (), sample, wish.history)
        for question in questions
        for sample in range(how.samples)
        for candidate in candidates
    ]
    design: Design = "single" if how.scores else wish.design
    keys = [candidate.key for candidate in candidates]
    drawn = draw(blank, keys, design=design, order=how.order, by_turn=wish.by_turn, seed=wish.seed)
    work = Work(
        questions,
        candidates,
        asked,
        judges,
        drawn,
        Manner(history=wish.history),
        samples=how.samples,
        caps=Caps(how.max_calls, how.max_cost),
        stages=frozenset({"answer", "judge"} if how.stage is None else {how.stage}),
        spare=wish.cascade,
        again=how.again,
    )
    _check(work, how)
    _check_thrift(work, wish)
    work, plan = _estimated(store, work, blank, short=how.protocol in ("soft", "soft-scores"))
    loads = zip(work.all_voices, (*plan.answers, *plan.judging), strict=True)
    _check_keys(voice for voice, load in loads if load.calls)
    return work, plan


def questions_of(store: Store, voices: Voices, wish: Wish) -> list[Question]:
    """Return the questions of the wanted bank: one in the store, a file, or one that comes with the program."""
    name = wish.bank or _bank_of(store, [one for one in wish.candidates if not voices.knows(one)])
    known = [summary.bank.name for summary in store.banks() if summary.questions]
    if name not in known or Path(name).is_file():
        path = bank_file(name)
        if path is None:
            raise UnknownName("题库", name, [*known, *(one.stem for one in shipped_banks())])
        bank, fresh = read_bank(path)
        store.add(banks=[bank], questions=fresh)
        name = bank.name
    latest = {question.id: question for question in sorted(store.questions(name), key=lambda one: one.version)}
    questions = [one for one in store.questions(name) if one.turns and latest[one.id].key == one.key]
    for ability in wish.abilities:
        if ability not in {question.ability for question in questions}:
            raise UnknownName("能力", ability, {question.ability for question in questions})
    chosen = [one for one in questions if not wish.abilities or one.ability in wish.abilities]
    if not chosen:
        raise InputError(f"题库 {name} 没有可问的题（题面未公布）", fix="换一个题库")
    limit = wish.how.limit
    return chosen if limit is None else [chosen[at] for at in evenly([one.ability for one in chosen], limit)]


def _bank_of(store: Store, names: Sequence[str]) -> str:
    """Return the one bank that all recorded candidates among these answered; `open` where none is recorded."""
    banks = [summary.bank.name for summary in store.banks()]
    answered = {bank: _spoken(store.candidates(bank).values()) for bank in banks}
    recorded = [name for name in names if any(name in there for there in answered.values())]
    shared = [bank for bank in banks if recorded and answered[bank].issuperset(recorded)]
    if "open" in shared or not shared:
        return "open"
    if len(shared) > 1:
        raise InputError(f"{'、'.join(recorded)} 在几个题库里都有回答：{'、'.join(shared)}", fix="用 --bank 指定一个")
    return shared[0]


def _spoken(names: Iterable[str]) -> set[str]:
    """Return names as they may be typed: whole, or what follows the last slash."""
    return {said for name in names for said in (name, name.rpartition("/")[2])}


def judge_name(how: How, voices: Voices, name: str) -> str:
    """Return the name under which a judge's judgments are kept: another protocol is another judge."""
    protocol = "" if how.protocol == "pair" else f"+{how.protocol}"
    return voices.shown(name) + protocol + ("+noref" if how.references is False else "")


def offline(voices: Voices, name: str) -> bool:
    """Tell whether a name stands for the offline judge; a model that a team calls the same comes first."""
    return name == BASELINE and name not in voices.config.models


# ── who answers, who judges ───────────────────────────────────────────────────────────────────────────────────────────


def _candidates(
    store: Store, voices: Voices, wish: Wish, bank: str
) -> tuple[list[Candidate], dict[str, Voice], list[Imported]]:
    """Return the candidates, by key the voices of those that are asked, and the answers that come in files."""
    recorded: dict[int, Candidate] = {}
    candidates: list[Candidate] = []
    asked, files = {}, []
    for name in wish.candidates:
        if name.startswith(RECORDED):
            candidate, found = _from_file(store, Path(name.removeprefix(RECORDED)), bank)
            candidates.append(candidate)
            files.append(found)
        elif voices.knows(name):
            voice = _opened(store, voices, name)
            candidates.append(Candidate(voices.shown(name), voice.model.identity))
            asked[candidates[-1].key] = voice
        else:
            recorded = recorded or dict(enumerate(store.known_candidates(bank)))
            candidates.append(_recorded(name, recorded, voices))
    _distinct("候选", candidates)
    return candidates, asked, files


def challengers(
    store: Store, voices: Voices, names: Sequence[str], bank: str, caps: Caps
) -> list[tuple[Candidate, Voice]]:
    """Return the models that are to answer whatever people ask; raises InputError for what could not be carried out."""
    found: list[tuple[Candidate, Voice]] = []
    for name in names:
        if name.startswith(("replay:", RECORDED)):
            raise InputError(
                f"{name} 是记录，答不了没问过的话", where="命令行", fix="写 judge.toml 里的名字，或 预设:模型名"
            )
        voice = _opened(store, voices, name)
        found.append((Candidate(voices.shown(name), voice.model.identity), voice))
    candidates = [candidate for candidate, _ in found]
    _distinct("候选", candidates)
    _known_models(store, bank, candidates, [])
    _check_prices([voice for _, voice in found], caps.cost)
    _check_keys(voice for _, voice in found)
    return found


def _recorded(name: str, known: Mapping[int, Candidate], voices: Voices) -> Candidate:
    """Return the recorded candidate of a name, or of what follows the last slash in it."""
    names = {at: one.name for at, one in known.items()}
    try:
        found = resolve.find("候选", name, names)
    except UnknownName:
        raise UnknownName("候选", name, [*voices.config.models, *names.values()]) from None
    if len(found) > 1:
        raise InputError(f"{name} 不止一个：{'、'.join(names[at] for at in found)}", fix="写候选的全名")
    return known[found[0]]


def _opened(store: Store, voices: Voices, name: str) -> Voice:
    """Open a model and let it know what judge doctor --live saw of it."""
    voice = voices.open(name)
    if learn := getattr(voice.model, "learn", None):
        learn(store.finding(voice.model.identity))
    return voice


def _from_file(store: Store, path: Path, bank: str) -> tuple[Candidate, Imported]:
    """Read the answers in a file and return them with the one candidate that gave them."""
    if not path.is_file():
        raise InputError("没有这个回答文件", where=str(path), fix="写成 answers:路径.jsonl")
    found = own.read(path, known=lambda name: [*store.questions(name), *store.dialogues(name)])
    given = {one.candidate.key: one.candidate for one in found.dialogues if one.question.bank == bank}
    if len(given) != 1:
        said = f"有 {len(given)} 个候选（{'、'.join(one.name for one in given.values())}）" if given else "没有回答"
        fix = "一个文件只放一个候选对这个题库的回答；几个候选先 judge import 再按名字比较"
        raise InputError(f"对题库 {bank} {said}", where=str(path), fix=fix)
    return next(iter(given.values())), found


def _judges(store: Store, voices: Voices, wish: Wish, bank: str) -> list[tuple[Judging, Voice | None]]:
    """Return the judges that are asked; those whose judgments are stored already have been heard."""
    if wish.how.scores and len(wish.judges) > 1:
        raise InputError("打分的评委合不成评委团", where="--judge", fix="一次用一个评委，各看各的榜")
    heard = {judge.name for judge in store.known_judges(bank)}
    judges: list[tuple[Judging, Voice | None]] = []
    for name in wish.judges:
        if offline(voices, name):
            judges.append((_offline(store, bank, wish.how), None))
            continue
        if name in heard and not voices.knows(name):
            continue
        voice = _opened(store, voices, name)
        judges.append((_judging(store, wish, voices, name), voice))
    _distinct("评委", [judging.judge for judging, _ in judges])
    return judges


def _offline(store: Store, bank: str, how: How) -> Baseline:
    """Return the offline judge; where another version of it judged here, it goes by its version too."""
    if how.references is False or how.protocol not in ("pair", "scores"):
        message = "离线评委离不开参考，也只会两两比较（pair）和打分（scores）"
        raise InputError(message, where="--judge baseline", fix="去掉 --no-reference，或换 --protocol，或换评委")
    own = Baseline(pairs=not how.scores)
    others = {judge.name for judge in store.known_judges(bank) if judge.key != own.judge.key}
    if own.judge.name not in others:
        return own
    return Baseline(pairs=not how.scores, name=f"{own.judge.name}@{own.judge.model.revision}")


def _judging(store: Store, wish: Wish, voices: Voices, name: str) -> Judging:
    how, shown, model = wish.how, judge_name(wish.how, voices, name), voices.open(name).model.identity
    structured = store.finding(model).get("structured") is True  # seen by judge doctor --live
    return judging(shown, model, how.protocol, references=how.references is not False, structured=structured)


# ── what stands in the way ────────────────────────────────────────────────────────────────────────────────────────────


def _distinct(noun: str, models: Sequence[Candidate | Judge]) -> None:
    for at, one in enumerate(models):
        for other in models[:at]:
            if one.key == other.key:
                message = f"{other.name} 与 {one.name} 是同一个{noun}（地址、模型名、参数都相同）"
                raise InputError(message, fix=f"换成不同的{noun}；若其实不同，在 judge.toml 里写上 revision")


def _known_models(store: Store, bank: str, candidates: Sequence[Candidate], judges: Sequence[Judge]) -> None:
    """Raise InputError where a name stands for another model in the store, or a model has another name there."""
    kinds: list[tuple[str, Sequence[Candidate | Judge], Sequence[Candidate | Judge], Sequence[Candidate | Judge]]] = [
        ("候选", candidates, store.known_candidates(bank), store.known_candidates()),
        ("评委", judges, store.known_judges(bank), store.known_judges()),
    ]
    for noun, now, here, everywhere in kinds:
        named = {one.name: one for one in here}
        keyed = {one.key: one for one in everywhere}
        for one in now:
            same, other = keyed.get(one.key), named.get(one.name)
            plain = bare(one.name)
            if same is not None and same.name != one.name:
                fix = f"就用 {same.name} 这个名字；若其实不同，加 --revision {plain}=版本名"
                raise InputError(f"{one.name} 这个模型在库里叫 {same.name}", fix=fix)
            if other is not None and other.key != one.key:
                raise InputError(
                    f"{one.name} 在库里是另一个{noun}：{_differences(one, other)}",
                    fix=f"加 --revision {plain}=新版本名，记作另一个{noun}；或改回原样",
                )


def _differences(one: Candidate | Judge, other: Candidate | Judge) -> str:
    words = {
        "endpoint": "地址",
        "model": "模型名",
        "parameters": "参数",
        "system": "系统提示",
        "revision": "版本",
        "protocol": "评法",
        "template": "评判提示词",
        "rubric": "量表",
        "reader": "读法",
    }
    changed = [
        field.name
        for now, before in ((one.model, other.model), (one, other))
        for field in fields(now)
        if field.name in words
        and isinstance(getattr(now, field.name), str | tuple | None)
        and getattr(now, field.name) != getattr(before, field.name)
    ]
    return "、".join(words[name] for name in changed) + "变了"


def _check(work: Work, how: How) -> None:
    """Raise InputError for what would come to light only after something was paid for."""
    if work.manner.history == "golden":
        lacking = [one.id for one in work.questions if any(turn.golden is None for turn in one.turns[:-1])]
        _none(lacking, "没有标准历史（golden）", "换用自己的历史（--history own），或换有标准历史的题库")
    if how.references:
        lacking = [one.id for one in work.questions if not has_reference(one)]
        _none(lacking, "没有参考答案或要点", "去掉 --reference：有参考的题照参考评，没有的照通则评；或换有参考的题库")
    _check_prices(work.all_voices, how.max_cost)


def _check_prices(voices: Iterable[Voice], most: float | None) -> None:
    """Raise InputError where money is capped and the price of a model is not known."""
    unknown = sorted({voice.model.name for voice in voices if voice.price is None})
    if most is not None and unknown:
        fix = (
            "在 judge.toml 旁边的 prices.toml 里写上它的 [[price]]（judge models --prices 看写法），或改用 --max-calls"
        )
        raise InputError(f"不知道 {'、'.join(unknown)} 的单价，没法按钱封顶", where="--max-cost", fix=fix)


def _check_keys(voices: Iterable[Voice]) -> None:
    """Raise InputError where a model that is to be asked has no key."""
    for voice in voices:
        if check_key := getattr(voice.model, "check_key", None):
            check_key()


def _check_thrift(work: Work, wish: Wish) -> None:
    """Raise InputError where cheaper judging was asked for and cannot be."""
    if wish.cascade and (len(work.judges) != 2 or len(work.asked_judges) != 1 or wish.how.scores):
        raise NotACascade
    if wish.how.again and (wish.how.scores or not work.asked_judges):
        raise InputError("换位再评只用于两两比较的评委", where="--swap-doubtful", fix="去掉它，或换一个评委")


def _none(lacking: Sequence[str], what: str, fix: str) -> None:
    if lacking:
        shown = "、".join(lacking[:5]) + (" 等" if len(lacking) > 5 else "")
        raise InputError(f"{len(lacking)} 道题{what}：{shown}", fix=fix)


# ── how much of it ────────────────────────────────────────────────────────────────────────────────────────────────────


def _estimated(store: Store, work: Work, blank: Sequence[Dialogue], *, short: bool) -> tuple[Work, Estimate]:
    """Count what is left, model by model; leave out what could never be judged, since a recorded candidate lacks its answer."""
    held = store.finished_dialogues(blank)
    by: dict[Item, list[Dialogue]] = {(one, at): [] for one, at in work.todo}
    for dialogue in blank:
        if dialogue.key in held or dialogue.candidate.key in work.voices:
            by[dialogue.question, dialogue.sample].append(held.get(dialogue.key, dialogue))
    answering, judging = "answer" in work.stages, "judge" in work.stages
    if judging:
        by = {item: there for item, there in by.items() if work.draw.cases(there)}
    if not by:
        raise InputError("这些候选没有一道题都有回答，没有可评的", fix="换一个候选，或补上回答再来")
    open_ones = [one for there in by.values() for one in there if one.key not in held]
    kept = store.kept_counts([one.key for one in open_ones])
    left = dict.fromkeys(work.voices, 0)
    for one in open_ones:
        left[one.candidate.key] += len(one.question.turns) - kept.get(one.key, 0)
    # What is judged already is known before anything is answered: keys do not hang on the answers' texts.
    cases = [case for there in by.values() for case in work.draw.cases(there) if judgeable(case)]
    wanted = {judge.judge.key: [judgment_key(case, judge.judge) for case in cases] for judge, _ in work.asked_judges}
    heard = store.judged([key for keys in wanted.values() for key in keys]) if judging else set()
    counts = [sum(key not in heard for key in keys) if judging else 0 for keys in wanted.values()]
    more = round(len(cases) * (work.draw.both / max(1, len(work.draw)) - 1)) if judging else 0
    plan = estimate(
        [question for question, _ in by],
        answers=[count if answering else 0 for count in left.values()],
        judging=counts,
        both=[count + more for count in counts],
        short=short,
        known_dialogues=sum(
            one.key in held for there in by.values() for one in there if one.candidate.key in work.voices
        ),
        known_judgments=len(heard),
    )
    return replace(work, items=list(by)), plan
