"""judge banks probe MODEL"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command
from judge.cli.output import json_option, print_json
from judge.errors import Failed, InputError, ModelBusy

if TYPE_CHECKING:
    from judge.bank.leaks import Cut, Probed
    from judge.voices import Voices

EPILOG = """\b
例：
  judge banks probe 新版                  随包的 open：公开的题与封存的题各接得上多少
  judge banks probe 新版 --bank 我的题库.jsonl --limit 50

给出每题第一轮的前一半，请模型逐字接着写；温度 0，一题一次调用。接得上的公开题明显多于封存题，
或补得出题库的金丝雀，就是见过题的迹象。接不上不等于没见过：见过未必记得。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("model", metavar="模型")
@click.option("--bank", "name", default="open", metavar="题库", help="题库文件，或随包题库的名字（默认 open）")
@click.option("--limit", type=click.IntRange(1), metavar="题", help="最多问几题（各能力均匀取）")
@json_option
def probe(model: str, name: str, limit: int | None, as_json: bool) -> None:
    """这个模型是不是见过题：会不会逐字接着写。"""
    from judge.bank.leaks import cuts
    from judge.cli.banks import read
    from judge.cli.live import opened_voices
    from judge.pairing import evenly

    draft, questions = read(name)
    found = cuts(questions)
    if not found:
        raise InputError("没有够长的题可以截成两半", where=name, fix="第一轮要有 40 字以上")
    if limit is not None:
        found = [found[at] for at in evenly([one.question.ability for one in found], limit)]
    voices = opened_voices()
    if check_key := getattr(voices.open(model).model, "check_key", None):
        check_key()
    canary = draft.header.canary if draft.header else ""
    if not as_json:
        tokens = sum(len(one.head) + 80 for one in found)
        print(
            f"要问 {len(found) + bool(canary)} 次，读约 {tokens:,} token，写至多 {400 * len(found):,} token。",
            file=sys.stderr,
        )
    said = asyncio.run(_probed(voices, model, found, canary, frozenset(draft.sealed)))
    if as_json:
        print_json("judge.banks.probe/1", {"model": model, "bank": draft.bank.name, "probed": said})
        return
    _print(said)


async def _probed(voices: Voices, name: str, found: list[Cut], canary: str, sealed: frozenset[str]) -> Probed:
    """Ask for the end of every question, as many at once as the endpoint takes; raises Failed where none was answered."""
    from judge.bank.leaks import canary_request, continues, knows, probed
    from judge.models import Request

    voice = voices.open(name)

    async def asked(request: Request) -> str | None:
        try:
            return (await voice.pace.call(lambda: voice.model.reply(request), 500)).text
        except ModelBusy:
            return None

    try:
        replies = await asyncio.gather(*(asked(one.request()) for one in found))
        line = await asked(canary_request(canary)) if " " in canary else None
    finally:
        await voices.close()
    heard = [(cut, continues(cut, reply)) for cut, reply in zip(found, replies, strict=True) if reply is not None]
    if not heard:
        raise Failed("一次也没问成", where=name, fix="judge doctor --live 看看这个模型")
    return probed(heard, sealed, None if line is None else knows(canary, line), len(found) - len(heard))


def _print(said: Probed) -> None:
    for word, share in (("公开的题", said.open), ("封存的题", said.sealed)):
        if share.asked:
            low, high = share.interval
            print(
                f"{word}  接得上 {share.continued} / {share.asked}（{100 * share.continued / share.asked:.1f}%，区间 {low:.1f}–{high:.1f}%）"
            )
    if said.canary is not None:
        print(f"金丝雀    {'补得出：训练材料里有这份题库' if said.canary else '补不出'}")
    if said.failed:
        print(f"没问成    {said.failed} 题")
    if said.known:
        print(
            f"接得上的题：{'、'.join(said.known[:20])}" + (f" 等 {len(said.known)} 题" if len(said.known) > 20 else "")
        )
    if said.canary or (said.p is not None and said.p < 0.05):
        print(
            "有见过题的迹象：这份题库上的分数要打折看。"
            + ("" if said.p is None else f"（公开比封存多，单侧 p = {said.p:.3f}）")
        )
    else:
        print("没有看出见过题；这不等于没见过。")
