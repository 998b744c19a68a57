"""judge models"""

from __future__ import annotations

import os
from pathlib import Path

import click

from judge.cli.help import Command
from judge.cli.output import json_option, print_json
from judge.errors import InputError
from judge.identity import Json

EPILOG = """\b
例：
  judge models                 judge.toml 里的模型，密钥在不在
  judge models add 通义 --preset qwen --model qwen-max
  judge models add 本地 --preset vllm --model my-7b --url http://本机:8000/v1
  judge models --presets       能用的预设

密钥只从环境变量读，不写进配置、库、日志和报告。
"""


@click.command(cls=Command, epilog=EPILOG)
@click.argument("action", metavar="[add 名字]", required=False)
@click.argument("name", metavar="", required=False)
@click.option("--preset", metavar="预设", help="哪一家（judge models --presets 列出）")
@click.option("--model", metavar="模型", help="那一家的模型名")
@click.option("--url", metavar="地址", help="换一个地址（自建服务、代理）")
@click.option("--temperature", type=float, metavar="数", help="固定温度（默认按能力）")
@click.option("--concurrency", type=click.IntRange(1), metavar="数", help="同时最多几个调用（默认 32）")
@click.option("--rpm", type=float, metavar="数", help="每分钟最多几次调用")
@click.option("--presets", "list_presets", is_flag=True, help="列出能用的预设")
@json_option
def models(
    action: str | None,
    name: str | None,
    preset: str | None,
    model: str | None,
    url: str | None,
    temperature: float | None,
    concurrency: int | None,
    rpm: float | None,
    list_presets: bool,
    as_json: bool,
) -> None:
    """列出或添加模型。"""
    from judge.config import FILE, read_config

    if list_presets:
        _print_presets(as_json)
        return
    path = Path(os.environ.get("JUDGE_CONFIG", FILE))
    config = read_config(path)
    if action is None:
        rows: list[Json] = []
        for alias, one in config.models.items():
            there = _has_key(one.preset)
            rows.append({"name": alias, "preset": one.preset, "model": one.model, "key": there})
        if as_json:
            print_json("judge.models/1", {"models": rows})
            return
        if not rows:
            print(f"{path} 里还没有模型。添加：judge models add 名字 --preset 预设 --model 模型名")
        for row in rows:
            assert isinstance(row, dict)
            print(f"{row['name']}  {row['preset']}:{row['model']}  密钥{'有' if row['key'] else '没有设置'}")
        return
    if action != "add" or not (name and preset and model):
        raise InputError(
            "要写明名字、预设和模型", where="命令行", fix="judge models add 名字 --preset 预设 --model 模型名"
        )
    given: dict[str, Json] = {"preset": preset, "model": model, "url": url, "temperature": temperature}
    given |= {"concurrency": concurrency, "requests_per_minute": rpm}
    _add(path, name, {key: value for key, value in given.items() if value is not None})


def _has_key(name: str) -> bool:
    """Tell whether the environment holds the key that a preset needs, if it needs one."""
    from judge.models.vendors import api_key, preset

    try:
        api_key(preset(name), os.environ)
    except InputError:
        return False
    return True


def _add(path: Path, name: str, row: dict[str, Json]) -> None:
    """Append a model to judge.toml, whole or not at all; what stands there is left as it is."""
    from judge.config import read_config, written
    from judge.models.vendors import preset

    vendor = preset(str(row["preset"]))
    if name in read_config(path).models:
        raise InputError(f"已经有名为 {name} 的模型", where=str(path), fix=f"换一个名字，或直接改 {path}")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text((before.rstrip("\n") + "\n\n" if before else "") + written(name, row), encoding="utf-8")
        read_config(draft)
        draft.replace(path)
    except OSError as error:
        raise InputError(f"写不了配置（{error.strerror}）", where=str(path), fix="检查目录是否可写") from error
    finally:
        draft.unlink(missing_ok=True)
    variables = "、".join(vendor.key_variables)
    print(f"已写入 {path}：{name}。" + (f"密钥从环境变量读：{variables}" if variables else "这个预设不需要密钥。"))


def _print_presets(as_json: bool) -> None:
    from judge.models.vendors import presets
    from judge.wrapping import definitions

    if as_json:
        rows = {name: {"title": one.title, "key_variables": list(one.key_variables)} for name, one in presets().items()}
        print_json("judge.presets/1", {"presets": rows})
        return
    rows_text = [
        (name, f"{one.title}  {'、'.join(one.key_variables) or '不需要密钥'}") for name, one in presets().items()
    ]
    print("\n".join(definitions(rows_text, 80)))
