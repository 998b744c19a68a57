import contextlib
import io
import re


def check(namespace: dict) -> None:
    src = re.search(r"```python\n(.*?)```", namespace["__prompts__"][0], re.S).group(1)
    buf = io.StringIO()
    ns = {}
    with contextlib.redirect_stdout(buf):
        exec(src, ns)
    assert buf.getvalue().strip() == "['番茄', '鸡蛋', '鱼']"
    assert buf.getvalue().strip() in namespace["__references__"][0]
    assert all(isinstance(d["left"], int) for d in ns["data"])
    assert len(ns["data"]) == 3  # 调用方的列表被改动了
