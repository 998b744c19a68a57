import contextlib
import io
import re


def check(namespace: dict) -> None:
    src = re.search(r"```python\n(.*?)```", namespace["__prompts__"][0], re.S).group(1)
    buf = io.StringIO()
    with contextlib.redirect_stdout(buf):
        exec(src, {})
    got = buf.getvalue().strip()
    assert got == "-4 1 -3\n0 2 2\n(-3, -2) (-3, 2)\nTrue False True", got
    assert got in namespace["__references__"][0]
