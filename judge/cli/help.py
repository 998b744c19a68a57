"""click's help laid out for Chinese: widths in cells, headings translated."""

from __future__ import annotations

from collections.abc import Iterable

import click

from judge.wrapping import definitions, wrap


class HanFormatter(click.HelpFormatter):
    """click's layout with widths measured in cells and Chinese headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix="用法：")

    def write_heading(self, heading: str) -> None:
        names = {"Options": "选项", "Arguments": "参数", "Commands": "命令"}
        self.write(f"{'':>{self.current_indent}}{names.get(heading, heading)}：\n")

    def write_text(self, text: str) -> None:
        margin = " " * self.current_indent
        for paragraph in text.split("\n\n"):
            kept = paragraph.startswith("\b")
            lines = paragraph[1:].strip("\n").split("\n") if kept else wrap(paragraph, self.width - self.current_indent)
            self.write("\n".join(margin + line for line in lines) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        margin = " " * self.current_indent
        rows = [(term, text.replace("[required]", "（必填）").replace("  [x>=1]", "")) for term, text in rows]
        for line in definitions(rows, self.width - self.current_indent, col_max):
            self.write(margin + line + "\n")


class HanContext(click.Context):
    """A context whose help is laid out by HanFormatter."""

    formatter_class = HanFormatter


class Command(click.Command):
    """A command whose help is laid out for Chinese."""

    context_class = HanContext

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        pieces = {"[OPTIONS]": "[选项]", "COMMAND [ARGS]...": "[子命令]", "[COMMAND] [ARGS]...": "[子命令]"}
        return [pieces.get(piece, piece) for piece in super().collect_usage_pieces(ctx)]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明"
        return option


class Group(Command, click.Group):
    """A command with commands of its own."""
