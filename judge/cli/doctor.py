"""judge doctor"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from judge.cli import live
from judge.cli.help import Command
from judge.cli.output import json_option, opened, print_json, store_option
from judge.errors import Failed, JudgeError

if TYPE_CHECKING:
    from judge.voices import Voices

EPILOG = """\b
例：
  judge doctor                     环境、库、配置、密钥在不在
  judge doctor --live              再对每个模型发几次很短的调用，看它会什么
  judge doctor --live --model 新版

查到的能力（结构化输出、概率等）记在库里，评判时照着用。
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is as it should be, what was seen, and how to mend it."""

    name: str
    ok: bool
    seen: str
    fix: str = ""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--live", "with_calls", is_flag=True, help="真的调用模型：DNS、连接、密钥、模型名、各项能力")
@click.option("--model", "only", metavar="名字", help="只看这一个模型（judge.toml 里的，或 预设:模型名）")
@store_option
@json_option
def doctor(with_calls: bool, only: str | None, url: str, as_json: bool) -> None:
    """检查环境、库、配置与模型服务。"""
    voices = live.opened_voices()
    checks = [*_machine(url), *_models(voices, only, url, with_calls)]
    if as_json:
        print_json("judge.doctor/1", {"checks": checks})
    else:
        for check in checks:
            print(
                f"{'✓' if check.ok else '✗'} {check.name}：{check.seen}"
                + (f"\n    修复：{check.fix}" if check.fix else "")
            )
    bad = [check.name for check in checks if not check.ok]
    if bad:
        raise Failed(f"{len(bad)} 处要处理：{'、'.join(bad)}", fix="照上面各条的修复做")


def _machine(url: str) -> list[Check]:
    """Look at what every command needs, without a network."""
    checks = [Check("Python", True, platform.python_version())]
    folder = Path(url).absolute().parent if "://" not in url else Path.cwd()
    free = shutil.disk_usage(next(one for one in (folder, *folder.parents) if one.exists())).free / 2**30
    checks.append(
        Check("磁盘", free > 1, f"{free:.0f} GiB 可用", "" if free > 1 else "腾出空间，或用 --store 换个地方")
    )
    try:
        opened(url, create=True)
        checks.append(Check("库", True, url.rpartition("@")[2]))
    except JudgeError as error:
        checks.append(Check("库", False, error.message, error.fix))
    proxies = [name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY") if os.environ.get(name)]
    return [*checks, Check("代理", True, "、".join(proxies) or "没有设置")]


def _models(voices: Voices, only: str | None, url: str, with_calls: bool) -> list[Check]:
    names = [only] if only else list(voices.config.models)
    if not names:
        fix = "judge models add 名字 --preset 预设 --model 模型名"
        return [Check("模型", True, f"{voices.config.path} 里还没有模型；要现场评测先添加：{fix}")]
    checks = []
    for name in names:
        try:
            voice = voices.open(name)
        except JudgeError as error:
            checks.append(Check(name, False, error.message, error.fix))
            continue
        endpoint = voice.model.identity.endpoint
        checks.append(Check(name, True, f"{endpoint}，密钥已设置或不需要"))
        if with_calls:
            checks.append(_named(endpoint))
            checks.append(_examined(name, voices, url))
    asyncio.run(voices.close())
    return checks


def _named(endpoint: str) -> Check:
    host = urlsplit(endpoint).hostname or ""
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, None)}
    except OSError as error:
        return Check(f"DNS {host}", False, f"解析不了（{error.strerror}）", "检查网络、代理与地址")
    return Check(f"DNS {host}", True, "、".join(sorted(found)[:3]))


def _examined(name: str, voices: Voices, url: str) -> Check:
    from judge.capabilities import examine

    voice = voices.open(name)

    async def whole() -> Check:
        try:
            found = await examine(voice.model)
        except JudgeError as error:
            return Check(f"{name} 调用", False, error.message, error.fix)
        finally:
            close = getattr(voice.model, "aclose", None)
            if close is not None:
                await close()
        opened(url).keep_finding(voice.model.identity, found)
        able = {
            "温度 0": found.temperature_zero,
            "系统消息": found.system_role,
            "结构化输出": found.structured,
            "概率": found.logprobs,
            "思考过程": found.reasoning,
        }
        words = {True: "有", False: "没有", None: "没问出来"}
        seen = "，".join(f"{what}{words[can]}" for what, can in able.items())
        return Check(f"{name} 调用", True, f"{found.returned_model or '没有报模型名'}；{seen}")

    return asyncio.run(whole())
