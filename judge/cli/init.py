"""judge init"""

from __future__ import annotations

import os

import click

from judge.cli.help import Command
from judge.cli.output import json_option, print_json
from judge.errors import InputError
from judge.identity import Json

EPILOG = """\b
例：
  judge init                  在当前目录写一份 judge.toml，说出找到哪些密钥
  judge init --bank 我的题库.jsonl
"""

HEAD = """\
# judge 的模型：候选与评委都写在这里，名字随你起。密钥不写在这里，只从环境变量读。
# 添加：judge models add 名字 --preset 预设 --model 模型名      检查：judge doctor --live
#
# 不写 --judge 时用谁评：去掉下一行的 #（要写在最前面）；不写就用离线评委 baseline
# judge = "评委"
#
# 每个模型能写的键（都可省，除了 preset 与 model）：
#   url                  换一个地址（自建服务、代理）
#   variant              那一家的另一个地址（国际站等，见 judge models --presets）
#   temperature          固定温度；不写则按能力：计算、代码、逻辑等 0，闲聊、创作、角色扮演 0.7
#   system               系统提示
#   thinking             true / false：开关思考
#   revision             同名模型换过版本时，用它区分
#   parameters           其余参数，例如 { top_p = 0.9 }
#   concurrency          同时最多几个调用（默认 32）
#   requests_per_minute  每分钟最多几次调用；tokens_per_minute 每分钟最多多少 token
#   attempts             一次调用最多试几回（默认 6）；timeout 一次调用最多几秒（默认 600）
"""


@click.command(cls=Command, epilog=EPILOG)
@click.option("--bank", metavar="题库", help="打算用的题库：先检查一遍，并写进下一步的命令")
@json_option
def init(bank: str | None, as_json: bool) -> None:
    """写一份 judge.toml，看看有哪些密钥，说下一步做什么。"""
    from judge.config import config_path, read_config
    from judge.models.vendors import presets

    path = config_path(os.environ)
    known = read_config(path).models
    found = {
        name: variable
        for name, vendor in presets().items()
        for variable in vendor.key_variables
        if os.environ.get(variable, "").strip()
    }
    if bank is not None:
        _check_bank(bank)
    written = not path.exists()
    if written:
        examples = [_example(name) for name in list(found)[:3] or ["deepseek", "vllm"]]
        try:
            path.write_text(HEAD + "\n" + "\n".join(examples), encoding="utf-8")
        except OSError as error:
            raise InputError(f"写不了配置（{error.strerror}）", where=str(path), fix="检查目录是否可写") from error
    if as_json:
        keys: dict[str, Json] = dict(found)
        print_json("judge.init/1", {"path": str(path), "written": written, "keys": keys, "models": list(known)})
        return
    print(f"已写好 {path}" if written else f"{path} 已经在了，没有动它（{len(known)} 个模型）")
    if found:
        print("找到的密钥：" + "、".join(f"{variable}（{name}）" for name, variable in found.items()))
    else:
        print("没有找到任何厂商的密钥；自建服务（vllm、sglang、ollama 等）不需要密钥")
    preset = next(iter(found), "vllm")
    wanted = f" --bank {bank}" if bank else ""
    print("下一步：")
    print(f"  judge models add 新版 --preset {preset} --model 模型名")
    print("  judge doctor --live")
    print(f"  judge compare 新版 旧版 --judge 评委 --limit 10{wanted} --dry-run")


def _example(name: str) -> str:
    from judge.models.vendors import presets

    vendor = presets()[name]
    key = f"密钥：{vendor.key_variables[0]}" if vendor.key_required else "不需要密钥"
    return f'# {vendor.title}，{key}\n# [models."起个名字"]\n# preset = "{name}"\n# model = "填模型名"\n'


def _check_bank(name: str) -> None:
    from judge.bank import bank_file, read_bank, shipped_banks
    from judge.errors import UnknownName

    path = bank_file(name)
    if path is None:
        fix = "写题库文件的路径，或随包题库的名字（judge banks 列出）"
        raise UnknownName("题库", name, [one.stem for one in shipped_banks()], fix=fix)
    read_bank(path)
