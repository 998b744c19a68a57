import contextlib
import io
import re


def check(namespace: dict) -> None:
    src = re.search(r"```python\n(.*?)```", namespace["__prompts__"][0], re.S).group(1)
    lines = src.splitlines()
    lines[3] = "xs.append(4)"
    p = namespace["__prompts__"][2]
    new3 = re.search(r"第三行改成 (g = .*?\(k\))，", p).group(1)
    last = re.search(r"最后一行改成 (print\(.*?\"\)\))。", p).group(1)
    assert lines[2].startswith("g = ") and lines[-1].startswith("print(")
    lines[2], lines[-1] = new3, last
    buf = io.StringIO()
    with contextlib.redirect_stdout(buf):
        exec("\n".join(lines), {})
    got = buf.getvalue().strip()
    assert got == "70 空"
    assert namespace["__references__"][2].splitlines()[0] == "打印：" + got
