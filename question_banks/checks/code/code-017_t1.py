import re


def check(namespace: dict) -> None:
    src = re.search(r"```python\n(.*?)```", namespace["__prompts__"][0], re.S).group(1)
    ns = {}
    exec(src, ns)
    times = [3, 5, 5, 9]
    for t in (2, 4, 5, 10):
        now = ns["last_before"](times, t)
        idx = [i for i, x in enumerate(times) if x < t]
        want = idx[-1] if idx else None
        assert f"t={t}：{now} / {want}" in namespace["__references__"][0], (t, now, want)
