"""The entry: finds the command, translates what goes wrong into one clear message and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from judge import __version__
from judge.cli.overview import COMMANDS, overview
from judge.errors import Failed, InputError, JudgeError, nearest


class Lazy(click.Group):
    """A group that knows its commands by name and loads one only when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            close = nearest(args[0], COMMANDS)
            hint = f"；是不是 {close[0]}" if close else ""
            raise InputError(f"没有 {args[0]} 这个命令{hint}", fix="judge --help 查看全部命令")
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        return overview()


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="judge %(version)s")
def group() -> None:
    """Hold the commands together."""


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code: 0 done, 1 a bug, 2 usage or data, 4 cap, 5 gate, 130 interrupted."""
    wants_json = "--json" in arguments
    try:
        group.main(list(arguments), prog_name="judge", standalone_mode=False)
    except JudgeError as error:
        _report(error, wants_json and not isinstance(error, Failed))
        return error.exit_code
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        _report(_translated(error), wants_json)
        return InputError.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("\n已中断；已经写入的都在，重来会接着做。", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader (head, less) has seen enough; a second failure at exit would print a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception:  # everything else is our fault, and is said to be
        import traceback

        traceback.print_exc()
        print("\n错误 E1000: 这是 judge 自己的缺陷，请把上面的内容连同命令一起反馈。", file=sys.stderr)
        return 1
    return 0


def _report(error: JudgeError, wants_json: bool) -> None:
    if wants_json:
        from judge.cli.output import print_json

        fields = {"code": error.code, "where": error.where, "message": error.message, "fix": error.fix}
        print_json("judge.error/1", {"error": fields})
    print(error, file=sys.stderr)


def _translated(error: click.ClickException) -> InputError:
    """Say click's complaint in Chinese, with the fix in it."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "judge"
    fix = f"{path} --help 查看用法与例子"
    match error:
        case click.NoSuchOption() if context and context.command is group:
            message, fix = f"{error.option_name} 写在了命令前面", "选项写在命令后面，例如 judge import … --store X"
            return InputError(message, where="命令行", fix=fix)
        case click.NoSuchOption():
            close = nearest(error.option_name, error.possibilities or ())
            hint = f"；是不是 {close[0]}" if close else ""
            return InputError(f"没有 {error.option_name} 这个选项{hint}", where="命令行", fix=fix)
        case click.MissingParameter():
            return InputError(f"缺少 {_name(error.param)}", where="命令行", fix=fix)
        case click.BadParameter():
            expected = _expected(error.param.type) if error.param else "别的值"
            return InputError(f"{_name(error.param)} 的值不合适：应是{expected}", where="命令行", fix=fix)
        case click.BadOptionUsage():
            # click says which of the two it is in its English alone.
            message = "后面不跟值" if "does not take" in error.message else "后面要跟一个值"
            return InputError(f"{error.option_name} {message}", where="命令行", fix=fix)
        case click.UsageError() if error.message.startswith("Got unexpected extra"):
            rest = error.message.partition("(")[2].removesuffix(")")
            return InputError(f"多出来的参数：{rest}", where="命令行", fix=fix)
        case _:
            return InputError(error.format_message(), where="命令行", fix=fix)


def _name(param: click.Parameter | None) -> str:
    """Name a parameter as the user types it."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.human_readable_name if param else "参数"


def _expected(kind: click.ParamType[Any]) -> str:
    """Say what values an option takes."""
    match kind:
        case click.Choice():
            return f" {'、'.join(map(str, kind.choices))} 之一"
        case click.IntRange() if kind.min is not None:
            return f"不小于 {kind.min} 的整数" if kind.max is None else f"{kind.min} 到 {kind.max} 的整数"
        case click.FloatRange() if kind.min is not None and kind.max is not None:
            return f" {kind.min:g} 到 {kind.max:g} 的数"
        case click.FloatRange() if kind.min is not None:
            return f"大于 {kind.min:g} 的数" if kind.min_open else f"不小于 {kind.min:g} 的数"
        case click.IntRange() | click.types.IntParamType():
            return "整数"
        case click.types.FloatParamType():
            return "数"
        case _:
            return "别的值"
