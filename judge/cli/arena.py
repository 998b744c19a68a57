"""judge arena"""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from judge.cli.door import Address, open_page, people_of, where_options, who_options
from judge.cli.help import Command
from judge.cli.output import opened, store_option
from judge.errors import InputError, UnknownName

if TYPE_CHECKING:
    from judge.records import Candidate
    from judge.report.words import Language
    from judge.review.app.guard import App
    from judge.review.ring import Ring
    from judge.store import Store
    from judge.store.people import Role
    from judge.voices import Voices
    from judge.work import Voice

EPILOG = """\b
例：
  judge arena 新版 旧版                       一个人用：打印一个链接
  judge arena 新版 旧版 qwen:qwen-max --reviewers 张,李 --leads 王
  judge arena 新版 旧版 --ability 代码 --reveal --max-cost 20
  judge leaderboard --bank arena --human --method bt    攒下的榜

人自己出题，可以接着追问；两个候选各按自己的历史同时作答，左右随机，判之前不写是谁。三个以上时每场挑相遇最少的两个。
一答完就存，停了再开、断网、刷新都接着打；判了才成为记录。问的话与回答都留在库里：别让人写不该留的东西。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("names", nargs=-1, required=True, metavar="候选 候选 [候选…]")
@who_options("能看榜、发链接")
@click.option("--bank", default="arena", metavar="题库", help="攒进哪个题库（默认 arena）")
@click.option("--ability", default="闲聊", metavar="能力", help="没有选时算哪一项能力（默认 闲聊）")
@click.option("--reveal", is_flag=True, help="判完告诉这个人谁是谁（默认不说）")
@click.option("--max-calls", type=click.IntRange(1), metavar="次", help="这一次开着时的调用次数上限")
@click.option("--max-cost", type=click.FloatRange(0, min_open=True), metavar="元", help="这一次开着时的花费上限")
@click.option("--revision", multiple=True, metavar="[名字=]版本", help="同名模型换过版本时，把它记作另一个")
@click.option("--seed", type=int, default=0, metavar="种子", help="左右与对手怎么抽（默认 0）")
@where_options
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="页面的语言（默认中文）")
@store_option
def arena(
    names: tuple[str, ...],
    reviewers: str | None,
    leads: str | None,
    bank: str,
    ability: str,
    reveal: bool,
    max_calls: int | None,
    max_cost: float | None,
    revision: tuple[str, ...],
    seed: int,
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    lang: Language,
    url: str,
) -> None:
    """匿名对战：人自己出题，两个候选并排作答，人判。"""
    from judge.cli.flags import revisions_of
    from judge.cli.live import opened_voices
    from judge.layout import challengers
    from judge.records import ABILITIES
    from judge.review.ring import Ring, Terms
    from judge.rubric import read_rubrics, shipped_rubrics
    from judge.work import Caps, Progress, Purse

    if len(set(names)) < 2:
        raise InputError("至少要两个不同的候选", where="命令行", fix="例如 judge arena 新版 旧版")
    if ability not in ABILITIES:
        raise UnknownName("能力", ability, ABILITIES)
    if max_cost is not None and not math.isfinite(max_cost):
        raise InputError("--max-cost 要是一个数", where="命令行", fix="例如 --max-cost 10")
    people = people_of(reviewers, leads)
    store, caps = opened(url, create=True), Caps(max_calls, max_cost)
    voices = opened_voices(revisions_of(revision))
    fighters = challengers(store, voices, names, bank, caps)
    terms, rubrics = Terms(bank, ability, reveal, seed), read_rubrics(shipped_rubrics())
    ring = Ring(store, fighters, terms, rubrics, Purse(caps, Progress()), _tell)
    asyncio.run(_checked(store, voices, fighters))
    _open(ring, voices, people, Address(host, port, allow_host), lang)


def _tell(what: str) -> None:
    """Say on stderr what went wrong, with names: people at the page are told without."""
    print(what, file=sys.stderr, flush=True)


async def _checked(store: Store, voices: Voices, fighters: Sequence[tuple[Candidate, Voice]]) -> None:
    """Keep who fights; raises InputError where another model answers under a name that has records."""
    from judge import drift

    store.add_candidates([candidate for candidate, _ in fighters])
    try:
        untold = await drift.check(store, {candidate.key: voice for candidate, voice in fighters})
    finally:
        await voices.close()
    if untold:
        _tell(f"{'、'.join(untold)} 的服务不报模型名，无从知道是不是上次那个模型；换过的话加 --revision")


def _open(ring: Ring, voices: Voices, people: dict[str, Role], address: Address, lang: Language) -> None:
    from judge.review.app import arena_app

    def said() -> list[str]:
        shown = "、".join(candidate.name for candidate in ring.candidates)
        return [
            f"对战：{shown}。已判 {len(ring.fought)} 场，正在打 {len(ring.open)} 场。",
            f"榜：judge leaderboard --bank {ring.terms.bank} --human --method bt。",
        ]

    def app(hosts: Sequence[str], cookie: str) -> App:
        return arena_app(ring, hosts, cookie, voices.close, lang)

    open_page(ring.store, "arena", ring.terms.bank, people, address, said, app)
