import contextlib
import io
import re


def check(namespace: dict) -> None:
    src = re.search(r"```python\n(.*?)```", namespace["__prompts__"][0], re.S).group(1)
    lines = src.splitlines()
    assert lines[3] == "xs = [7, 8]"
    lines[3] = "xs.append(4)"
    buf = io.StringIO()
    with contextlib.redirect_stdout(buf):
        exec("\n".join(lines), {})
    got = buf.getvalue().strip()
    assert got == "[100, 200, 400] [] [1, 2, 3, 4]"
    assert namespace["__references__"][1].splitlines()[0] == "打印：" + got
