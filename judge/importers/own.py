"""Our own JSONL: banks, answers, judgments, human verdicts, published counts; each line says by its fields what it is.

Judgments name dialogues by (bank, question, candidate, sample), so what they name must stand in the files read with them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

from pydantic import BaseModel

from judge.bank import HeaderRow, QuestionRow, bank_of, headless, is_header, question_of
from judge.bank.sealed import sealed_lines
from judge.errors import InputError, nearest
from judge.importers import Imported, Row, files, head, json_rows
from judge.importers.own_checks import check_authored, check_pair, check_scale, checked
from judge.importers.own_rows import (
    AnswersRow,
    CandidateRow,
    CaseRow,
    HumanRow,
    JudgmentRow,
    ModelRow,
    OnQuestionRow,
    ScoresRow,
    TallyRow,
)
from judge.jsonl import decoded, fitted, parse_object
from judge.records import (
    Bank,
    Candidate,
    Case,
    Dialogue,
    HumanVerdict,
    Judge,
    Judgment,
    Model,
    Question,
    Result,
    Scope,
    Scores,
    Skipped,
    Tally,
    Unanswered,
    Unreadable,
)

# The field that tells a kind of line, the more particular first: a tally names a judge too.
KINDS: dict[str, type[BaseModel]] = {
    "tally": TallyRow,
    "answers": AnswersRow,
    "reviewer": HumanRow,
    "judge": JudgmentRow,
    "turns": QuestionRow,
}
PATTERNS = ("*.jsonl", "*.jsonl.gz")
TOGETHER = "先导入题库与回答，或与它们一起导入（同一条命令里给出全部文件或目录）；写错了就改正名字"
Known: TypeAlias = Callable[[str], Iterable[Question | Dialogue]]
Record = TypeVar("Record", Bank, Question, Dialogue, Judgment, HumanVerdict, Tally)


def recognises(path: Path) -> bool:
    """Tell whether a file, or some file of a folder, starts with one of our lines."""
    return any(_is_ours(row) for file in files(path, *PATTERNS) for row in head(file))


def _is_ours(row: Row) -> bool:
    kind = _kind(row)
    needed = {name for name, one in kind.model_fields.items() if one.is_required()} if kind else {""}
    return needed <= row.keys()


def _kind(row: Row) -> type[BaseModel] | None:
    return HeaderRow if is_header(row) else next((kind for name, kind in KINDS.items() if name in row), None)


def read(path: Path, dataset: str = "own", also: Sequence[Path] = (), known: Known | None = None) -> Imported:
    """Read our lines from a file or folder, and from the paths in `also` as if they stood there too.

    `dataset` names the endpoint of candidates and judges that come without a model; `known` gives the questions and
    dialogues of a bank that lines may refer to beside those in the files. Raises InputError naming file and line.
    """
    reader = _Reader(dataset)
    rows = [row for place in (path, *also) for file in files(place, *PATTERNS) for row in reader.rows(file)]
    reader.learn_models(row for _, row in rows)
    if known is not None:
        for bank in dict.fromkeys(row.bank for _, row in rows if isinstance(row, OnQuestionRow)):
            reader.remember(known(bank))
    # Answers before what was said of them, whatever the order of the files.
    for where, row in sorted(rows, key=lambda one: not isinstance(one[1], AnswersRow)):
        reader.add(row, where)
    reader.found.notes += Counter()  # leaves out what was looked for and not found
    return reader.found


def _with_sealed(file: Path) -> Iterator[tuple[str, Row]]:
    """Yield the rows of a file, and those of the zip that its header names."""
    sealed: list[HeaderRow] = []
    for where, row in json_rows(file):
        if is_header(row) and row.get("sealed"):
            sealed.append(fitted(HeaderRow, row, where))
        yield where, row
    for header in sealed:
        assert header.sealed
        for where, line in sealed_lines(file.parent / header.sealed, header.password):
            yield where, parse_object(decoded(line, where), where)


class _Reader:
    """What was read so far, by the names under which later lines refer to it."""

    def __init__(self, dataset: str) -> None:
        self.found = Imported()
        self.dataset = dataset
        self.questions: dict[tuple[str, str], list[Question]] = defaultdict(list)
        self.named: dict[str, list[Candidate]] = defaultdict(list)
        self.dialogues: dict[tuple[str, str, int, str], list[Dialogue]] = defaultdict(list)
        self.seen: dict[tuple[type, str], tuple[object, str]] = {}

    def rows(self, file: Path) -> Iterator[tuple[str, BaseModel]]:
        """Take in the banks and questions of a file; yield the lines that refer to them."""
        bank = headless(file)
        for where, row in _with_sealed(file):
            kind = _kind(row)
            if kind is None:
                fix = "题目有 turns，回答有 answers，评判有 judge，人工判定有 reviewer，次数有 tally"
                raise InputError("看不出这一行是什么", where=where, fix=fix)
            line = fitted(kind, row, where)
            if not isinstance(line, HeaderRow | QuestionRow):
                yield where, line
                continue
            bank = bank_of(line) if isinstance(line, HeaderRow) else bank
            self._keep(self.found.banks, bank, bank.name, where, repeats=True)
            if isinstance(line, QuestionRow):
                question = question_of(line, bank.name)
                check_authored(question, bank, where)
                if self._keep(self.found.questions, question, question.key, where):
                    self.questions[bank.name, question.id].append(question)

    def learn_models(self, rows: Iterable[BaseModel]) -> None:
        """Learn which models stand behind a name, so that it need be said on one line only."""
        for row in rows:
            named = [CandidateRow(name=row.candidate, model=row.model)] if isinstance(row, AnswersRow) else []
            for one in [row.candidate, row.baseline] if isinstance(row, TallyRow) else named:
                if one.model and (candidate := Candidate(one.name, _model(one.model))) not in self.named[one.name]:
                    self.named[one.name].append(candidate)

    def remember(self, records: Iterable[Question | Dialogue]) -> None:
        """Let lines refer to records that are known already; what the files say of them comes first."""
        for record in records:
            if isinstance(record, Question):
                if (Question, record.key) not in self.seen:
                    self.questions[record.bank, record.id].append(record)
                continue
            candidate = record.candidate
            if candidate not in self.named[candidate.name]:
                self.named[candidate.name].append(candidate)
            name = (record.question.key, candidate.name, record.sample, record.history)
            if not self.dialogues[name]:
                self.dialogues[name].append(record)

    def add(self, row: BaseModel, where: str) -> None:
        """Make the record of a line and keep it."""
        match row:
            case AnswersRow():
                candidate = self._candidate(CandidateRow(name=row.candidate, model=row.model), where)
                dialogue = Dialogue(self._question(row, where), candidate, row.answers, row.sample, row.history)
                if self._keep(self.found.dialogues, dialogue, dialogue.key, where):
                    name = (dialogue.question.key, row.candidate, row.sample, row.history)
                    others = (one for one in self.dialogues[name] if one.key != dialogue.key)
                    self.dialogues[name] = [*others, dialogue]
            case JudgmentRow():
                result = self._result(row, where)
                assert not isinstance(result, Skipped)
                rest = (row.reply, row.repeat, row.usage, row.returned_model)
                judgment = Judgment(self._case(row, where), self._judge(row, where), result, *rest)
                self._keep(self.found.judgments, judgment, judgment.key, where)
            case HumanRow():
                result = self._result(row, where)
                assert not isinstance(result, Unreadable | Unanswered)
                drawn = (row.probability, row.draw, row.adjudicates, row.both_bad, row.supersedes, row.comment)
                human = HumanVerdict(self._case(row, where), row.reviewer, result, *drawn, row.deliberation)
                if self._keep(self.found.human_verdicts, human, human.key, where):
                    self.found.places[human.key] = where
            case TallyRow():
                candidate, baseline = (self._candidate(one, where) for one in (row.candidate, row.baseline))
                counts = (row.tally.win, row.tally.tie, row.tally.loss)
                tally = Tally(row.bank, candidate, baseline, self._judge(row, where), *counts)
                self._keep(self.found.tallies, tally, tally.key, where)

    def _keep(self, records: list[Record], record: Record, key: str, where: str, *, repeats: bool = False) -> bool:
        """Add a record unless it stood before; raises InputError where it contradicts what stood there."""
        new = (type(record), key) not in self.seen
        earlier, place = self.seen.setdefault((type(record), key), (record, where))
        if new:
            records.append(record)
        elif earlier != record:
            fix = "删掉一行；同一题答了几次写 sample，同一评委评了几次写 repeat，改过的题加大 version"
            noun = f"题 {record.id} " if isinstance(record, Question) else ""
            raise InputError(f"{noun}与 {place} 说的是同一件事，内容却不同", where=where, fix=fix)
        elif not repeats:
            self.found.notes["完全相同的行，只算一次"] += 1
        return new

    def _question(self, row: OnQuestionRow, where: str) -> Question:
        versions = self.questions.get((row.bank, row.question), [])
        found = [one for one in versions if row.version in (None, one.version)]
        if len(found) == 1:
            return found[0]
        if found:
            raise InputError(
                f"题 {row.bank}/{row.question} 有几个版本", where=where, fix='写明 version，例如 "version": 2'
            )
        version = "" if row.version is None else f"（第 {row.version} 版）"
        message = f"题 {row.bank}/{row.question}{version}不在这次导入的文件里"
        raise InputError(
            message + self._hint(row.question, (name for _, name in self.questions)), where=where, fix=TOGETHER
        )

    def _case(self, row: CaseRow, where: str) -> Case:
        question, count = self._question(row, where), len(row.candidates)
        samples, histories = row.samples or (0,) * count, row.histories or ("own",) * count
        if len(samples) != count or len(histories) != count:
            raise InputError("samples、histories 应与 candidates 一样长", where=where, fix="一个候选对应一项，或不写")
        if (row.verdict and count != 2) or (row.scores and count != 1):
            raise InputError("胜负要有两个候选，打分只能有一个", where=f"{where} 的 candidates", fix="改正 candidates")
        shown = zip(row.candidates, samples, histories, strict=True)
        dialogues = tuple(self._dialogue(question, *one, where) for one in shown)
        check_pair(dialogues, where)
        if row.scope and row.scope > max(len(question.turns), *(len(one.answers) for one in dialogues)) > 0:
            self.found.notes["评的轮次比对话长，照录"] += 1
        return Case(question, Scope(row.scope), dialogues, row.placement_known)

    def _dialogue(self, question: Question, row: CandidateRow, sample: int, history: str, where: str) -> Dialogue:
        named = self.dialogues.get((question.key, row.name, sample, history), [])
        found = [one for one in named if row.model is None or one.candidate.model == _model(row.model)]
        if len(found) == 1:
            return found[0]
        if found:
            fix = '写明是哪一个：{"name": "……", "model": {……}}'
            raise InputError(f"有几个候选都叫 {row.name}", where=f"{where} 的 candidates", fix=fix)
        said = f"候选 {row.name} 对题 {question.bank}/{question.id} 的回答（sample {sample}）不在这次导入的文件里"
        known = (name for key, name, *_ in self.dialogues if key == question.key)
        raise InputError(said + self._hint(row.name, known), where=where, fix=TOGETHER)

    def _candidate(self, row: CandidateRow, where: str) -> Candidate:
        if row.model:
            return Candidate(row.name, _model(row.model))
        known = self.named.get(row.name, [])
        if len(known) > 1:
            raise InputError(f"有几个候选都叫 {row.name}", where=where, fix="写明 model")
        return known[0] if known else Candidate(row.name, Model(f"recorded:{self.dataset}", row.name))

    def _judge(self, row: JudgmentRow | TallyRow, where: str) -> Judge:
        judge = row.judge
        if row.protocol is not None and judge.protocol:
            raise InputError("protocol 写了两处", where=where, fix="judge 里写了，外面就不写")
        model = _model(judge.model) if judge.model else Model(f"recorded:{self.dataset}", judge.name)
        protocol = row.protocol or judge.protocol
        return Judge(judge.name, model, protocol, judge.template, judge.rubric, judge.reader)

    def _result(self, row: JudgmentRow | HumanRow, where: str) -> Result | Skipped:
        """Return the one result that a line gives; raises InputError where there is none or more than one."""
        names = ["verdict", "scores"]
        given: list[Result | Skipped] = [] if row.verdict is None else [checked(row.verdict, where)]
        given += [] if row.scores is None else [self._scores(row.scores, where)]
        if isinstance(row, JudgmentRow):
            names += ["unreadable", "unanswered"]
            given += [] if row.unreadable is None else [Unreadable(row.unreadable)]
            given += [] if row.unanswered is None else [Unanswered(row.unanswered)]
        else:
            names += ["skipped"]
            given += [] if row.skipped is None else [Skipped(row.skipped)]
        if len(given) != 1:
            message = f"应恰有 {'、'.join(names)} 之一，却有 {len(given)} 个"
            raise InputError(message, where=where, fix="一行只写一个结果")
        return given[0]

    def _scores(self, row: ScoresRow, where: str) -> Scores:
        if row.overall is None and not row.dimensions:
            raise InputError("一个分也没有", where=f"{where} 的 scores", fix="写上 overall、dimensions，或两样都写")
        overall = {"overall": row.overall} if row.overall else {}
        for name, score in {**overall, **{f"dimensions.{name}": one for name, one in row.dimensions.items()}}.items():
            check_scale(score, f"{where} 的 scores.{name}")
            # On a scale of ranks the worst is the larger number.
            low, high = sorted((score.minimum, score.maximum))
            self.found.notes["分数超出自己的量程，照录"] += not low <= score.value <= high
        return Scores(row.overall, tuple(row.dimensions.items()))

    @staticmethod
    def _hint(name: str, known: Iterable[str]) -> str:
        close = nearest(name, known)
        return f"；是不是 {close[0]}" if close and close[0] != name else ""


def _model(row: ModelRow) -> Model:
    return Model(row.endpoint, row.model, tuple(row.parameters.items()), row.system, row.revision)
