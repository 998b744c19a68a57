"""judge doctor"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

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
    return asyncio.run(_looked_at(voices, names, url, with_calls))


async def _looked_at(voices: Voices, names: list[str], url: str, with_calls: bool) -> list[Check]:
    checks, reached = [], dict[str, bool]()
    for name in names:
        try:
            voice = voices.open(name)
            if check_key := getattr(voice.model, "check_key", None):
                check_key()
        except JudgeError as error:
            checks.append(Check(name, False, error.message, error.fix))
            continue
        endpoint = voice.model.identity.endpoint
        checks.append(Check(name, True, f"{endpoint}，密钥已设置，或不需要密钥"))
        if with_calls and endpoint not in reached and "://" in endpoint:
            found = await asyncio.to_thread(_reached, endpoint)
            reached[endpoint] = all(check.ok for check in found)
            checks += found
        if with_calls and reached.get(endpoint, True):
            checks += await _examined(name, voices, url)
    await voices.close()
    return checks


def _reached(endpoint: str) -> list[Check]:
    """Look up the host of an endpoint, connect, and shake hands; what a proxy does is left to it."""
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    proxy = None if host in {"localhost", "127.0.0.1", "::1"} or proxy_bypass(host) else getproxies().get(parts.scheme)
    if proxy is not None:
        return [Check(f"网络 {host}", True, f"经代理 {urlsplit(proxy).hostname}，不单独查 DNS 与 TLS")]
    try:
        found = sorted({str(one[4][0]) for one in socket.getaddrinfo(host, port)})
    except OSError as error:
        return [Check(f"DNS {host}", False, f"解析不了（{error.strerror}）", "检查网络、代理与地址")]
    checks = [Check(f"DNS {host}", True, "、".join(found[:3]))]
    try:
        with socket.create_connection((host, port), timeout=10) as plain:
            checks.append(_shaken(plain, host) if parts.scheme == "https" else Check(f"连接 {host}:{port}", True, "通"))
    except OSError as error:
        fix = "检查服务是否开着、端口与防火墙；要走代理就设 HTTPS_PROXY"
        checks.append(Check(f"连接 {host}:{port}", False, f"连不上（{error.strerror or error}）", fix))
    return checks


def _shaken(plain: socket.socket, host: str) -> Check:
    """Shake hands under the trust that the model client uses, and say under what the server is known."""
    try:
        with _trust().wrap_socket(plain, server_hostname=host) as secure:
            certificate, version = secure.getpeercert() or {}, secure.version()
    except ssl.SSLError as error:
        said = getattr(error, "verify_message", "") or error.reason or str(error)
        fix = "公司自签的证书：把根证书装进系统证书库，或用 SSL_CERT_FILE 指定；也核对本机时间"
        return Check(f"TLS {host}", False, f"握手不成（{said}）", fix)
    issuer = next((pair[0][1] for pair in certificate.get("issuer", ()) if pair[0][0] == "organizationName"), "未知")
    return Check(f"TLS {host}", True, f"{version}，签发者 {issuer}，到 {certificate.get('notAfter', '未知')} 为止")


def _trust() -> ssl.SSLContext:
    try:
        import truststore  # what openai 3 trusts: the system's own store
    except ImportError:
        return ssl.create_default_context()
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def _examined(name: str, voices: Voices, url: str) -> list[Check]:
    """Make the short calls that show what a model can do, and keep what was seen."""
    from judge.capabilities import examine
    from judge.cli.models import ABLE

    voice = voices.open(name)
    try:
        found = await examine(voice.model)
    except JudgeError as error:
        return [Check(f"{name} 调用", False, error.message, error.fix)]
    opened(url).keep_finding(voice.model.identity, found)
    words = {True: "行", False: "不行", None: "没问出来"}
    seen = "，".join(f"{word} {words[getattr(found, field)]}" for field, word in ABLE.items())
    checks = [Check(f"{name} 调用", True, f"{found.returned_model or '没有报模型名'}；{seen}")]
    listed, model = found.listed, voice.model.identity.model
    if listed is not None:
        there = (
            "在服务的模型清单里" if model in listed else f"不在服务的模型清单里（清单有 {len(listed)} 个），但答了话"
        )
        checks.append(Check(f"{name} 模型名", True, f"{model} {there}"))
    return checks
