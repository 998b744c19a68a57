"""judge review"""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.about import About, about_options, target_option
from judge.cli.door import Address, open_page, people_of, where_options, who_options
from judge.cli.help import Command
from judge.cli.output import opened, store_option
from judge.errors import InputError, UnknownName

if TYPE_CHECKING:
    from judge.report.words import Language
    from judge.review.app.guard import App
    from judge.review.chair import Chair
    from judge.store import Store
    from judge.store.people import Role

EPILOG = """\b
例：
  judge review                      一个人用：打印一个链接，判的、看的都在里面
  judge review --reviewers 张,李 --leads 王 --target 3
  judge review llmeval2 --items 200 --host 0.0.0.0 --allow-host 评测机:8750
  judge review --export-static 发出去/ --reviewers 小陈  离线判，一人一个文件
  judge review --revoke 张          这个人从此进不来
  judge review --purge-reviewer 张  删掉名字与附言，判定留着

判之前页面上没有候选、评委与得分；左右随机；每一条被抽中的概率都记着，判过的立刻进校正。
停了再开、断网、刷新都不丢：判定一交就进库，判到哪里接着判。
"""


@click.command(cls=Command, epilog=EPILOG)
@about_options
@who_options("能裁定、看全组、翻看、发链接")
@click.option(
    "--items", type=click.IntRange(0), default=40, metavar="条", help="至少有这么多条没判的，不够就抽（默认 40）"
)
@click.option("--uniform", type=click.FloatRange(0.3, 1), default=0.3, metavar="比例", help="均匀抽的比例（默认 0.3）")
@click.option(
    "--overlap", type=click.FloatRange(0, 1), default=0.2, metavar="比例", help="请两个人判的比例（默认 0.2）"
)
@click.option("--seed", type=int, default=0, metavar="种子", help="换一个种子抽出别的条目（默认 0）")
@target_option
@click.option(
    "--repeats",
    type=click.FloatRange(0, 0.5),
    default=0.1,
    metavar="比例",
    help="同一条左右换过再给同一个人的比例，量这个人（默认 0.1）",
)
@click.option(
    "--golds",
    type=click.FloatRange(0, 0.5),
    default=0.05,
    metavar="比例",
    help="掺进一边答非所问的比例，量这个人（默认 0.05）",
)
@click.option("--own-rulings", is_flag=True, help="负责人也能裁定自己判过的")
@where_options
@click.option(
    "--export-static",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="目录",
    help="不开服务：给每个人写一个能离线判的文件",
)
@click.option("--revoke", metavar="名字", help="撤销这个人的链接与登录，然后退出")
@click.option("--purge-reviewer", metavar="名字", help="删掉这个人的名字与附言，判定留着，然后退出")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", help="页面的语言（默认中文）")
@store_option
def review(
    about: About,
    reviewers: str | None,
    leads: str | None,
    items: int,
    uniform: float,
    overlap: float,
    seed: int,
    wanted: float,
    repeats: float,
    golds: float,
    own_rulings: bool,
    host: str,
    port: int,
    allow_host: tuple[str, ...],
    export_static: Path | None,
    revoke: str | None,
    purge_reviewer: str | None,
    lang: Language,
    url: str,
) -> None:
    """打开审阅页：人来判有分歧的评判，榜跟着变。"""
    from judge.cli.live import limits
    from judge.review.chair import Drawing
    from judge.review.chair import opened as opened_room
    from judge.review.room import Terms

    store = opened(url)
    if revoke is not None:
        _revoke(store, revoke)
        return
    if purge_reviewer is not None:
        _purge(store, purge_reviewer)
        return
    people = people_of(reviewers, leads)
    print("正在看评委说了什么……", file=sys.stderr)
    terms, drawing = Terms(repeats, golds, wanted, own_rulings), Drawing(items, uniform, overlap, seed)
    chair = opened_room(store, about.plan(store), drawing, terms, limits())
    if export_static is not None:
        _export(chair, people, export_static, lang)
    else:
        _open(chair, people, Address(host, port, allow_host), lang)


def _revoke(store: Store, name: str) -> None:
    if not store.revoke(name):
        raise UnknownName("审阅者", name, [one.name for one in store.people()])
    print(f"{name} 的链接与登录已撤销；判过的都在。")


def _purge(store: Store, name: str) -> None:
    if name not in (known := store.named()):
        raise UnknownName("审阅者", name, known)
    print(f"已删掉 {name} 的名字与附言；{store.purge(name)} 条判定留着，不再写是谁。")


def _open(chair: Chair, people: dict[str, Role], address: Address, lang: Language) -> None:
    from judge.review.app import review_app

    def said() -> list[str]:
        room, figures = chair.room, chair.last_figures
        width = figures.width if figures else None
        now = "还没有校正的数字" if width is None else f"校正后的区间半宽现在 ±{width:.1f}"
        return [
            f"题库 {room.bank}：抽出 {len(room.desk.places)} 条，还有 {room.desk.waiting} 条要判。",
            f"{now}，想要 ±{room.terms.wanted:g}；够了就可以停，judge leaderboard --corrected 看榜。",
        ]

    def app(hosts: Sequence[str], cookie: str) -> App:
        return review_app(chair, hosts, cookie, lang)

    open_page(chair.room.store, "review", chair.room.bank, people, address, said, app)


def _export(chair: Chair, people: dict[str, Role], folder: Path, lang: Language) -> None:
    from judge.review.app.exporting import exported

    folder.mkdir(parents=True, exist_ok=True)
    for name in people or {getpass.getuser(): "reviewer"}:
        path = folder / f"审阅-{name}.html"
        if path.exists():
            raise InputError("文件已经在了，不覆盖", where=str(path), fix="换个目录")
        text, count = exported(chair.room, name, lang)
        path.write_text(text, encoding="utf-8")
        print(f"{path}：{count} 条；判完在页面里“保存判定文件”，收回来：judge import 判定文件.jsonl")
