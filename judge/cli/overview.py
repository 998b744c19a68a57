"""All commands at a glance: the first thing a user sees, so it loads nothing it does not need."""

from __future__ import annotations

from judge.wrapping import definitions

# name: (place, what it does). The modules are loaded only when the command runs.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("judge.cli.demo:demo", "不用密钥、不联网，先看一遍"),
    "compare": ("judge.cli.compare:compare", "比较两个候选：该不该换，差多少，有多大把握"),
    "run": ("judge.cli.run:run", "几个候选一起评：作答、评判、排榜"),
    "leaderboard": ("judge.cli.leaderboard:leaderboard", "一个题库上所有候选的排行榜"),
    "report": ("judge.cli.report:report", "写一份能转发的报告：网页、Excel、CSV、Markdown"),
    "validate": ("judge.cli.validate:validate", "评委的证书：与人有多一致，能不能单独用"),
    "disputes": ("judge.cli.disputes:disputes", "哪些评判最该怀疑，为什么"),
    "audit": ("judge.cli.audit:audit", "人工抽查：抽哪些、收回来、校正多少、何时够"),
    "review": ("judge.cli.review:review", "打开审阅页：人来判有分歧的评判，榜跟着变"),
    "arena": ("judge.cli.arena:arena", "匿名对战：人自己出题，两个候选并排作答，人判"),
    "show": ("judge.cli.show:show", "一道题的全部：对话、评判、理由、人工判定"),
    "import": ("judge.cli.import_:import_", "导入题目、回答、评判与人工判定"),
    "export": ("judge.cli.export:export", "导出为本项目的 JSONL"),
    "banks": ("judge.cli.banks:banks", "库里与随包的题库；检查、新建自己的，看模型见没见过题"),
    "rubrics": ("judge.cli.rubrics:rubrics", "各种评法与花费，各项能力的评分标准"),
    "init": ("judge.cli.init:init", "写一份 judge.toml，说下一步做什么"),
    "models": ("judge.cli.models:models", "列出、添加、改动可调用的模型"),
    "doctor": ("judge.cli.doctor:doctor", "检查环境、库、配置与模型服务"),
    "runs": ("judge.cli.runs:runs", "做过的导入与评测"),
    "reread": ("judge.cli.reread:reread", "重读评委原话，列出与记录不同之处"),
}

EXAMPLES = (
    ("judge import 数据目录", "导入一整个目录，格式自动识别"),
    ("judge compare 新模型 旧模型", "该不该换"),
    ("judge leaderboard --by ability", "排行榜，按能力分列"),
    ("judge show 题号 --pair 新模型,旧模型", "这道题到底怎么判的"),
)


def overview(width: int = 80) -> str:
    """Return the help of `judge` itself."""
    commands = [(name, text) for name, (_, text) in COMMANDS.items()]
    options = [("-V, --version", "显示版本"), ("-h, --help", "显示本说明；judge 命令 --help 看各命令的用法与例子")]
    lines = ["用法：judge 命令 [选项] [参数]", "", "  中文多轮开放题的大模型评委评测：数字可信，分歧可查，人可改判。"]
    for heading, rows in (("命令", commands), ("选项", options), ("例", EXAMPLES)):
        lines += ["", f"{heading}：", *("  " + line for line in definitions(rows, width - 2, widest=40))]
    return "\n".join(lines)
