G = {
    " 一斤二 ": 600,
    "两公斤三": 2300,
    "两斤半": 1250,
    "三斤二两半": 1625,
    "两两": 100,
    "两斤两两": 1100,
    "半斤": 250,
    "一公斤半": 1500,
    "两公斤三两": 2150,
    "\t十二斤\n": 6000,
    "半两": 25,
    "一公斤一斤二": 1600,
}
BAD = [
    "",
    "  ",
    "三",
    "半",
    "两",
    "斤二两",
    "三两二斤",
    "三两二",
    "三斤二公斤",
    "abc",
    "3斤",
    "三斤三斤",
    "三斤多",
    "十",
    "公斤",
    "一斤两",
    "一斤十",
    "一斤二两三",
    "十两斤",
    "两十斤",
    "零斤",
    "一百斤",
]


def check(namespace: dict) -> None:
    f = namespace["to_grams"]
    for s, g in G.items():
        assert f(s) == g and isinstance(f(s), int), (s, f(s), g)
    for s in BAD:
        try:
            r = f(s)
        except ValueError:
            continue
        raise AssertionError((s, r))
