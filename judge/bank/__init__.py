"""Question banks as JSONL: one question per line, a header before them if there is one; read, and checked for every fault."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from judge.bank.sealed import sealed_lines
from judge.bank.soundness import Balance
from judge.errors import InputError, nearest
from judge.jsonl import STRICT, Misfit, Row, byte_lines, decoded, parse_object, shaped
from judge.records import ABILITIES, Bank, Question, Turn
from judge.shipped import shipped

# Names stand in indexes, numbers in columns of 32 bits, places in columns of 16.
Name = Annotated[str, Field(min_length=1, max_length=200)]
Whole = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
MOST_TURNS = 999
NOT_IN_HEADER = ("id", "turns", "question", "candidate", "candidates", "answers", "tally")


class QuestionRow(BaseModel):
    """One question as it is written."""

    model_config = STRICT

    id: Name
    ability: Annotated[str, Field(max_length=200)]
    subcategory: str = ""
    version: Whole = 1
    difficulty: Whole | None = None
    difficulty_reason: str = ""
    tags: tuple[str, ...] = ()
    trap: str | None = None
    source: str = ""
    turns: Annotated[tuple[Turn, ...], Field(max_length=MOST_TURNS)]


class HeaderRow(BaseModel):
    """The header of a bank; `abilities` that stand there but are empty leave the abilities free.

    canary: a line that stands nowhere else, by which a model trained on the bank can be told. sealed, password: a zip beside
    the bank with further questions. balance: what the bank says it holds. proved: abilities every question of which has a
    program in `checks/` beside the bank.
    """

    model_config = STRICT

    bank: Name
    title: str = ""
    version: str = ""
    licence: str = ""
    abilities: tuple[Name, ...] = ABILITIES
    complete: bool = True
    canary: str = ""
    sealed: Annotated[str, Field(pattern=r"^[^/\\]+\.zip$")] | None = None
    password: str = ""
    balance: Balance | None = None
    proved: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a bank: where (file, line, question, key), what, and how to mend it."""

    where: str
    message: str
    fix: str


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_bank(path: Path) -> tuple[Bank, tuple[Question, ...]]:
    """Read a bank without a fault; raises InputError with the first one."""
    draft = draft_of(path)
    for fault in draft.faults:
        raise InputError(fault.message, where=fault.where, fix=fault.fix)
    return draft.bank, tuple(draft.questions)


def check_bank(path: Path) -> tuple[Fault, ...]:
    """Return every fault of a bank, in the order of the file; none where it can be used."""
    return tuple(draft_of(path).faults)


def shipped_banks() -> list[Path]:
    """Return the banks that come with the program."""
    return sorted(shipped("question_banks").glob("*.jsonl"))


def bank_file(name: str) -> Path | None:
    """Return the file a bank's name stands for: a path, or one that comes with the program; None for neither."""
    path = Path(name)
    return path if path.is_file() else next((one for one in shipped_banks() if one.stem == name), None)


def is_header(row: Row) -> bool:
    """Tell a header from a question and from the other lines that name a bank."""
    return "bank" in row and row.keys().isdisjoint(NOT_IN_HEADER)


def headless(path: Path) -> Bank:
    """Return what is known of a bank without a header: it is called like its file."""
    return Bank(path.name.removesuffix(".gz").removesuffix(".jsonl"), abilities=ABILITIES)


def bank_of(row: HeaderRow) -> Bank:
    """Make the bank that a header describes."""
    return Bank(row.bank, row.title, row.version, row.licence, row.abilities, row.complete)


def question_of(row: QuestionRow, bank: str) -> Question:
    """Make the question that a line describes."""
    return Question(
        bank=bank,
        id=row.id,
        ability=row.ability,
        turns=row.turns,
        version=row.version,
        subcategory=row.subcategory,
        difficulty=row.difficulty,
        difficulty_reason=row.difficulty_reason,
        tags=row.tags,
        trap=row.trap,
        source=row.source,
    )


# ── checking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Draft:
    """A bank as it is read: questions with the place of each, and faults."""

    bank: Bank
    header: HeaderRow | None = None
    started: bool = False
    questions: list[Question] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)  # question -> where it stood first
    texts: dict[tuple[str, ...], str] = field(default_factory=dict)
    sealed: set[str] = field(default_factory=set)  # ids of what lies in the zip


def draft_of(path: Path) -> Draft:
    """Read a bank with all its faults, and what lies sealed beside it."""
    draft = Draft(headless(path))
    try:
        for where, line in byte_lines(path):
            if line.strip():
                _add_line(draft, line, where)
        if draft.header and draft.header.sealed:
            for where, line in sealed_lines(path.parent / draft.header.sealed, draft.header.password):
                if line.strip():
                    _add_line(draft, line, where)
                    draft.sealed.update(one.id for one in draft.questions[-1:])
    except InputError as error:  # the file as a whole cannot be read
        draft.faults.append(Fault(error.where, error.message, error.fix))
    if not draft.started and not draft.faults:
        draft.faults.append(Fault(str(path), "文件里没有题目", "一行写一道题，格式见 docs/formats.md"))
    return draft


def _add_line(draft: Draft, line: bytes, where: str) -> None:
    first, draft.started = not draft.started, True
    try:
        row = parse_object(decoded(line, where), where)
    except InputError as error:
        draft.faults.append(Fault(error.where, error.message, error.fix))
        return
    if is_header(row):
        _add_header(draft, row, where, first)
        return
    name = row.get("id")
    place = f"{where}，题 {name}" if isinstance(name, str) and name else where
    found = shaped(QuestionRow, row)
    if isinstance(found, tuple):
        draft.faults += [_fault(place, misfit) for misfit in found]
        return
    question = question_of(found, draft.bank.name)
    draft.faults += [_fault(place, misfit) for misfit in _misfits(question, draft.bank.abilities)]
    draft.faults += [_fault(place, misfit) for misfit in _repeats(question, where, draft)]
    draft.questions.append(question)


def _add_header(draft: Draft, row: Row, where: str, first: bool) -> None:
    found = shaped(HeaderRow, row)
    if isinstance(found, tuple):
        draft.faults += [_fault(where, misfit) for misfit in found]
    elif not first:
        draft.faults.append(Fault(where, "表头只能写一次，而且在第一行", "把它移到第一行，或拆成两个文件"))
    else:
        draft.header, draft.bank = found, bank_of(found)


def _fault(place: str, misfit: Misfit) -> Fault:
    """Place what does not fit; a path counts from 0 as programs do, so the turn is named as people count."""
    turn = misfit.path.partition("]")[0].removeprefix("turns[")
    spoken = f"（第 {int(turn) + 1} 轮）" if turn.isdigit() else ""
    return Fault(f"{place}，{misfit.path}{spoken}", misfit.message, misfit.fix)


def _misfits(question: Question, abilities: Sequence[str]) -> Iterator[Misfit]:
    """Yield what is wrong with a question that is well-formed."""
    if abilities and question.ability not in abilities:
        close = nearest(question.ability, abilities)
        hint = f"；是不是 {close[0]}" if close else ""
        fix = f"可用的能力：{'、'.join(abilities)}；自己的能力写进表头的 abilities"
        yield Misfit("ability", f"没有名为 {question.ability} 的能力{hint}", fix)
    if question.difficulty is not None and not 1 <= question.difficulty <= 3:
        yield Misfit("difficulty", f"难度是 {question.difficulty}，应在 1 到 3 之间", "1 易、2 中、3 难；没有就写 null")
    if question.version < 1:
        yield Misfit("version", f"版本是 {question.version}，应从 1 起", "没改过的题写 1")
    if not question.turns:
        yield Misfit("turns", "一轮也没有", '至少写一轮：[{"prompt": "……"}]')
    for at, turn in enumerate(question.turns, 1):
        yield from _turn_misfits(turn, at)
    if "繁体" not in question.tags:
        yield from _traditional(question)


def _turn_misfits(turn: Turn, at: int) -> Iterator[Misfit]:
    path = f"turns[{at - 1}]"
    if not turn.prompt.strip():
        yield Misfit(f"{path}.prompt", "用户的话是空的", "写上这一轮用户说什么")
    if turn.reference_kind == "exact" and not (turn.reference or "").strip():
        yield Misfit(f"{path}.reference", "说有标准答案（exact），却没有写", "补上 reference，或改用 rubric")
    if turn.reference_kind == "rubric" and not turn.key_points:
        yield Misfit(f"{path}.key_points", "说按要点评（rubric），却没有要点", "补上 2–5 条可核对的要点，或改用 none")
    for number, point in enumerate(turn.key_points):
        if not point.strip():
            yield Misfit(f"{path}.key_points[{number}]", "要点是空的", "写上要点，或删掉这一项")
    for number, other in enumerate(turn.depends_on):
        if not 1 <= other < at:
            message = f"第 {at} 轮不能依赖第 {other} 轮：只能依赖更早的轮（从 1 起）"
            yield Misfit(f"{path}.depends_on[{number}]", message, "第一轮写 []，之后写更早的轮次")
    if at > 1 and not turn.depends_on:
        yield Misfit(f"{path}.depends_on", "这一轮不依赖前面任何一轮", "写上它依赖的轮次；真的无关就另立一题")


def _repeats(question: Question, where: str, draft: Draft) -> Iterator[Misfit]:
    """Yield the faults of a question that stood in the file before, by its id or by its text."""
    here = where.rpartition(" › ")[2] if " › " in where else f"第 {where.rpartition(' 第 ')[2]}"
    if (line := draft.ids.setdefault(question.id, here)) != here:
        yield Misfit("id", f"题号 {question.id} 在{line}已经用过", "换一个题号；改过的题加大 version，只留新的")
    if question.turns and (line := draft.texts.setdefault(_said(question), here)) != here:
        yield Misfit("turns", f"与{line}的题文字相同", "删掉一道，或改写")


def _said(question: Question) -> tuple[str, ...]:
    """Return the user's words without what does not change them: spaces and full or half width."""
    return tuple("".join(unicodedata.normalize("NFKC", turn.prompt).split()) for turn in question.turns)


# Forms that never stand in simplified text; those that sometimes do (乾坤, 徵羽, 瞭望, 慰藉, 著作) are not among them.
TRADITIONAL = frozenset(
    "來個們備億兩動務勝勞勢勵區協卻參員問單嗎嘆國圍園圓圖團報場塊壓壞夠夢奪奮婦媽孫學實寧審寫寶將專尋對導屆層屬島師帳帶幣幫幹幾庫廠廢廣廳張強彈徑從復惡態慣慶憂應懷戰戲戶擁擇擊擔據擴擺攜攝敗敵數斷時暫曉書會"
    "東條楊業極榮構樂樓標樣橋機橫檢權歐歡歲歷歸殘殺殼毀氣測湯準溝溫滅滿漢潔澤濃濕濟灣災為無熱燈燒營爐爭爺牆狀猶獎獨獲現瑪環產畢畫異當療發盜盡監盤眾睜矚確碼礎禮種稱穩窮競筆節範築簡糧紀約紅純紙級紛細紹終組結"
    "絕給統絲經綜綠維網緊緒線緣編練縣縮總績織續義習聞聯聲職聽肅脈脫腦腳臉臨與舉舊艦莊華萬葉蓋藍藝藥蘇處虛號蟲術補裝製複見規視親覺觀訂計訊討訓記訪設許訴診評詞詢試話該詳認誕語誠誤說誰課調談請論諾謀講謝證識譯"
    "護讀變讓豐豬貓貝負財貢貧貨販責貴買費貿賀資賓賞賣質賬賴賺購賽贊贏趕趙跡踐蹤躍車軌軍軟較載輔輕輛輪輸轉辦辭農這連進運過達遠適遲選還邊邏郵鄉醫釋針鈴鉛銀銷鋪鋼錄錢錯鍋鍵鎖鎮鏡鐘鐵門開間閱關陣陰陳陸陽隊階際"
    "隨險隱雖雙雜雞離難雲電霧靈靜韓響頁頂項順須預頓領頭頻顆題額顏願類顧風飛飯飲飽餅養館馬駕騎騙驗驚鬆鬥鬧魚鮮鳥鳳鳴鹽麗麥麵麼黃點黨齊齒龍龜"
)


def _traditional(question: Question) -> Iterator[Misfit]:
    fix = "改成简体；材料本来就该是繁体的题，在 tags 里写上「繁体」"
    for at, turn in enumerate(question.turns):
        texts = {"prompt": turn.prompt, "reference": turn.reference or "", "key_points": "".join(turn.key_points)}
        for key, text in texts.items():
            if found := sorted(TRADITIONAL.intersection(text), key=text.index):
                yield Misfit(f"turns[{at}].{key}", f"有繁体字：{'、'.join(found[:8])}", fix)
