import contextlib
import io
import re


def check(namespace: dict) -> None:
    src = re.search(r"```python\n(.*?)```", namespace["__prompts__"][0], re.S).group(1)
    buf = io.StringIO()
    with contextlib.redirect_stdout(buf):
        exec(src, {})
    got = buf.getvalue().strip()
    assert got == "-2 45\n-1 45 False", got
    assert got in namespace["__references__"][0]
