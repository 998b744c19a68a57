"""The options that all live commands share, as one value."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, TypeVar

import click

from judge.errors import InputError

PROTOCOLS = (
    "pair",
    "pair-5",
    "soft",
    "soft-reasons",
    "scores",
    "soft-scores",
    "soft-scores-reasons",
    "alignbench",
    "mtbench",
    "reward",
)  # those of judges.protocols, which is not loaded for a list of options
Function = TypeVar("Function", bound=Callable[..., None])

if TYPE_CHECKING:
    from judge.layout import How


@dataclass(frozen=True, slots=True)
class Flags:
    """What the options shared by live commands say."""

    how: How
    revisions: dict[str, str]
    fresh: bool
    dry_run: bool
    yes: bool
    controls: bool

    def refuse_unless_live(self, names: Sequence[str]) -> None:
        """Raise InputError where options of a live run were given and there is nothing to ask live."""
        from judge.layout import How

        if self.dry_run or self.revisions or self.controls or replace(self.how, limit=None) != How():
            message = f"{'、'.join(names)} 都是库里的记录，没有要现场作答或评判的"
            raise InputError(message, where="命令行", fix="去掉现场评测的选项，或换成 judge.toml 里的模型、预设:模型名")


OPTIONS = (
    click.option(
        "--order",
        type=click.Choice(["auto", "both", "single"]),
        default="auto",
        help="现场评测：两种位置都评，或只评一种（默认 auto：100 题以内都评，再多每题评一种，另抽一成换位）",
    ),
    click.option(
        "--swap-doubtful",
        "again",
        is_flag=True,
        help="现场评测：只评一种位置的题里，平、不够肯定、离线评委不同意的换位再评；只作展示与排疑，不进数字",
    ),
    click.option(
        "--protocol",
        type=click.Choice(PROTOCOLS),
        metavar="评法",
        default="pair",
        help="现场评测：两两比较用 pair（三档，默认）、pair-5（五档）、soft（只问一个字母，取其概率）；打分用 scores（按评分标准）、alignbench、mtbench。hf: 的评委还有 soft-reasons（先写理由再取概率）、soft-scores 与 soft-scores-reasons（各分概率的均值）、reward（奖励模型）。各要多少 token 看 judge rubrics",
    ),
    click.option(
        "--reference/--no-reference",
        "references",
        default=None,
        help="现场评测：每题都须有参考，或都不给评委看（默认有就给）",
    ),
    click.option(
        "--samples", type=click.IntRange(1, 100), default=1, metavar="次", help="现场评测：每题各答几遍（默认 1）"
    ),
    click.option(
        "--until",
        type=click.Choice(["all", "decided", "looks"]),
        default="all",
        help="现场评测：评完（默认）；分出来就停，随时看都作数（decided）；或事先定好看十次（looks）",
    ),
    click.option("--limit", type=click.IntRange(1), metavar="题数", help="只问、只看这么多题，各能力均摊"),
    click.option("--max-calls", type=click.IntRange(1), metavar="次", help="现场评测：调用次数上限，到了就停，可续"),
    click.option(
        "--max-cost", type=click.FloatRange(0, min_open=True), metavar="元", help="现场评测：花费上限，到了就停，可续"
    ),
    click.option(
        "--stage",
        type=click.Choice(["answer", "judge", "score"]),
        help="现场评测：只作答、只评判（已有的回答），或只算分（默认全做）",
    ),
    click.option("--controls", is_flag=True, help="现场评测：评委另评对照：基线对自己、空回答、照抄题目，各至多 20 题"),
    click.option("--dry-run", is_flag=True, help="现场评测：只说要做什么、要多少次调用、多少钱"),
    click.option("--yes", is_flag=True, help="现场评测：不再询问，直接开始"),
    click.option(
        "--revision",
        multiple=True,
        metavar="[名字=]版本",
        help="现场评测：同名模型换过版本时，把它记作另一个；不写名字则指全部模型",
    ),
    click.option("--fresh", is_flag=True, help="现场评测：全部从头再做一遍，旧的记录留着"),
)


def live_options(function: Function) -> Function:
    """Add the options that all live commands share; the command gets them as `flags`."""

    @functools.wraps(function)
    def with_flags(**given: object) -> None:
        from judge.layout import How

        how = How(**{field.name: given.pop(field.name) for field in fields(How)})  # type: ignore[arg-type]
        if how.max_cost is not None and not math.isfinite(how.max_cost):
            raise InputError("--max-cost 要是一个数", where="命令行", fix="例如 --max-cost 10")
        fresh = bool(given.pop("fresh"))
        revisions = revisions_of(given.pop("revision"), fresh)  # type: ignore[arg-type]
        rest = (bool(given.pop(name)) for name in ("dry_run", "yes", "controls"))
        flags = Flags(how, revisions, fresh, *rest)
        function(**given, flags=flags)

    for option in reversed(OPTIONS):
        with_flags = option(with_flags)
    return with_flags  # type: ignore[return-value]


def revisions_of(said: Sequence[str], fresh: bool = False) -> dict[str, str]:
    """Return revisions by the name of their model, under the empty name that of all others; raises InputError for one without."""
    pairs = [one.rpartition("=") for one in said]
    revisions = {name: revision for name, _, revision in pairs}
    if not all(revisions.values()):
        raise InputError("--revision 后面要有版本名", where="命令行", fix="例如 --revision 新版=2026-11")
    if fresh:
        if "" in revisions:
            raise InputError("--fresh 与 --revision 不能一起用", where="命令行", fix="--fresh 自己起一个版本名")
        revisions[""] = time.strftime("fresh-%Y%m%d-%H%M%S")
    return revisions
