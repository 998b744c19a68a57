"""judge models"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from judge.cli.help import Command, Group
from judge.cli.output import json_option, opened, print_json, store_option
from judge.errors import InputError, StoreError
from judge.identity import Json

if TYPE_CHECKING:
    from judge.models.prices import Price
    from judge.models.vendors import Preset
    from judge.store import Store
    from judge.voices import Voices

EPILOG = """\b
例：
  judge models                 judge.toml 里的模型：密钥、限速、单价、能力
  judge models add 通义 --preset qwen --model qwen-max
  judge models add 本地 --preset vllm --model my-7b --url http://本机:8000/v1
  judge models set 通义 temperature=0.3 requests_per_minute=60
  judge models --presets       能用的预设
  judge models --prices        单价表，怎么改

密钥只从环境变量读，不写进配置、库、日志和报告。
"""
IDENTITY = {"preset", "model", "url", "variant", "temperature", "system", "thinking", "revision", "parameters"}
ABLE = {
    "temperature_zero": "温度 0",
    "system_role": "系统消息",
    "structured": "结构化输出",
    "logprobs": "概率",
    "reasoning": "思考过程",
}


@click.group(cls=Group, epilog=EPILOG, invoke_without_command=True)
@click.option("--presets", "with_presets", is_flag=True, help="列出能用的预设")
@click.option("--prices", "with_prices", is_flag=True, help="列出单价表")
@store_option
@json_option
@click.pass_context
def models(context: click.Context, with_presets: bool, with_prices: bool, url: str, as_json: bool) -> None:
    """列出、添加、改动能调用的模型。"""
    if context.invoked_subcommand is not None:
        return
    if with_presets:
        _print_presets(as_json)
    elif with_prices:
        _print_prices(as_json)
    else:
        _print_models(url, as_json)


@models.command("list", cls=Command)
@store_option
@json_option
def list_(url: str, as_json: bool) -> None:
    """列出 judge.toml 里的模型（与不带子命令相同）。"""
    _print_models(url, as_json)


@models.command(cls=Command, epilog="\b\n例：\n  judge models add 通义 --preset qwen --model qwen-max --rpm 60")
@click.argument("name", metavar="名字")
@click.option("--preset", required=True, metavar="预设", help="哪一家（judge models --presets 列出）")
@click.option("--model", required=True, metavar="模型", help="那一家的模型名")
@click.option("--url", metavar="地址", help="换一个地址（自建服务、代理）")
@click.option("--temperature", type=float, metavar="数", help="固定温度（默认按能力）")
@click.option("--concurrency", type=click.IntRange(1), metavar="数", help="同时最多几个调用（默认 32）")
@click.option("--rpm", type=float, metavar="数", help="每分钟最多几次调用")
@click.option("--tpm", type=float, metavar="数", help="每分钟最多多少 token")
@json_option
def add(
    name: str,
    preset: str,
    model: str,
    url: str | None,
    temperature: float | None,
    concurrency: int | None,
    rpm: float | None,
    tpm: float | None,
    as_json: bool,
) -> None:
    """往 judge.toml 里添加一个模型。"""
    from judge.config import add_model
    from judge.models.vendors import preset as named

    given: dict[str, Json] = {"preset": preset, "model": model, "url": url, "temperature": temperature}
    given |= {"concurrency": concurrency, "requests_per_minute": rpm, "tokens_per_minute": tpm}
    vendor = named(preset)
    path = _path()
    add_model(path, name, {key: value for key, value in given.items() if value is not None})
    if as_json:
        print_json("judge.model/1", {"path": str(path), "name": name, "key_variables": list(vendor.key_variables)})
        return
    variables = "、".join(vendor.key_variables)
    key = f"密钥从环境变量读：{variables}" if vendor.key_required else "这个预设不需要密钥"
    print(f"已写入 {path}：{name}。{key}。\n试一试：judge doctor --live --model {name}")


@models.command(
    "set",
    cls=Command,
    epilog="\b\n例：\n  judge models set 通义 temperature=0.3 parameters.top_p=0.9\n  judge models set 通义 temperature=auto",
)
@click.argument("name", metavar="名字")
@click.argument("settings", metavar="键=值…", nargs=-1, required=True)
@json_option
def set_(name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """改 judge.toml 里一个模型的设置；写 键=auto 则去掉这个键，用默认值。"""
    from judge.config import set_model

    path = _path()
    changes: dict[str, str] = {}
    for one in settings:
        key, equals, value = one.partition("=")
        if not equals:
            raise InputError(
                f"看不懂 {one}", where="命令行", fix="写成 键=值，例如 temperature=0.3，或 temperature=auto"
            )
        changes[key.strip()] = value.strip()
    set_model(path, name, changes)
    if as_json:
        print_json("judge.model/1", {"path": str(path), "name": name, "changed": list(changes)})
        return
    said = (
        "。参数不同的模型是另一个候选，用过的名字要加 --revision"
        if IDENTITY & {key.partition(".")[0] for key in changes}
        else ""
    )
    print(f"已改 {path}：{name} 的 {'、'.join(changes)}{said}。")


def _path() -> Path:
    from judge.config import config_path

    return config_path(os.environ)


def has_key(name: str, environment: Mapping[str, str]) -> bool:
    """Tell whether the environment holds the key that a preset needs, if it needs one."""
    from judge.models.vendors import api_key, preset

    try:
        api_key(preset(name), environment)
    except InputError:
        return False
    return True


def _print_models(url: str, as_json: bool) -> None:
    from judge.cli.live import opened_voices
    from judge.models.pacing import Limits
    from judge.models.prices import price_of
    from judge.models.vendors import preset

    voices = opened_voices()
    store = None
    with suppress(StoreError):  # not there yet
        store = opened(url)
    rows: list[dict[str, Json]] = []
    for alias, one in voices.config.models.items():
        price = price_of(voices.prices, preset(one.preset), one.model)
        rows.append(
            {
                "name": alias,
                "preset": one.preset,
                "model": one.model,
                "key": has_key(one.preset, os.environ),
                "concurrency": one.concurrency,
                "requests_per_minute": one.requests_per_minute,
                "tokens_per_minute": one.tokens_per_minute,
                "price": None
                if price is None
                else {"input": price.input, "output": price.output, "as_of": price.as_of},
                "finding": _finding(store, voices, alias),
            }
        )
    if as_json:
        print_json("judge.models/1", {"models": rows})
        return
    if not rows:
        print(f"{voices.config.path} 里还没有模型。添加：judge models add 名字 --preset 预设 --model 模型名")
    for row, one in zip(rows, voices.config.models.values(), strict=True):
        price = price_of(voices.prices, preset(one.preset), one.model)
        limits = [f"同时 {one.concurrency or Limits().concurrency}"]
        limits += [f"{one.requests_per_minute:g} 次/分"] if one.requests_per_minute else []
        limits += [f"{one.tokens_per_minute:g} token/分"] if one.tokens_per_minute else []
        cost = "单价未知" if price is None else _cost(price)
        key = "不需要密钥" if not preset(one.preset).key_required else "密钥有" if row["key"] else "密钥没有设置"
        print(f"{row['name']}  {one.preset}:{one.model}  {key}")
        print(f"    {'，'.join(limits)}；{cost}；能力：{_able(row['finding'])}")


def _finding(store: Store | None, voices: Voices, alias: str) -> Json:
    """Return what `judge doctor --live` saw of a model, None where it never looked or the store is not there."""
    if store is None:
        return None
    try:
        return dict(store.finding(voices.open(alias).model.identity)) or None
    except (StoreError, InputError):
        return None


def _able(finding: Json) -> str:
    if not isinstance(finding, dict):
        return "还没查（judge doctor --live）"
    return "、".join(word for name, word in ABLE.items() if finding.get(name)) or "都没有"


def _cost(price: Price) -> str:
    if not price.input and not price.output:
        return "不按 token 收钱"
    return f"每百万 token 输入 ¥{price.input:g}、输出 ¥{price.output:g}（{price.as_of}）"


def _print_prices(as_json: bool) -> None:
    from judge.cli.live import opened_voices
    from judge.models import prices

    table = opened_voices().prices
    if as_json:
        print_json("judge.prices/1", {"prices": [row.model_dump() for row in table]})
        return
    for row in table:
        print(f"{row.preset}:{row.model}  {_cost(row)}  {row.source}")
    path = _path().with_name(prices.FILE)
    print(f"\n改价或添加：写进 {path}，例如\n")
    print('[[price]]\npreset = "qwen"\nmodel = "qwen-max"\ninput = 2.4\noutput = 9.6\nas_of = "2026-11"')


def _print_presets(as_json: bool) -> None:
    from judge.models.vendors import presets
    from judge.wrapping import definitions

    if as_json:
        rows = {
            name: {
                "title": one.title,
                "url": one.base_url,
                "variants": dict(one.variants or {}),
                "key_required": one.key_required,
                "key_variables": list(one.key_variables),
            }
            for name, one in presets().items()
        }
        print_json("judge.presets/1", {"presets": rows})
        return
    rows_text = [(name, f"{one.title}  {_keys(one)}{_variants(one)}") for name, one in presets().items()]
    print("\n".join(definitions(rows_text, 80)))


def _keys(vendor: Preset) -> str:
    return "、".join(vendor.key_variables) if vendor.key_required else "不需要密钥"


def _variants(vendor: Preset) -> str:
    return f"；variant：{'、'.join(vendor.variants)}" if vendor.variants else ""
