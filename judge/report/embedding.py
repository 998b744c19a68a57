"""What pages of ours share: colours by scheme, data inside a page, and the hash by which a policy allows a text."""

from __future__ import annotations

import base64
import hashlib
import json

from judge.charts import DARK, LIGHT
from judge.identity import Json


def colours() -> str:
    """Return the colours as style, light and dark. Paper has no dark mode: whoever prints at night prints black on white."""
    light, dark = ("".join(f"--{name}:{value};" for name, value in palette.items()) for palette in (LIGHT, DARK))
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def island(value: Json) -> str:
    """Write JSON that cannot end the script it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for one in "<>\u2028\u2029":
        text = text.replace(one, f"\\u{ord(one):04x}")
    return text


def policy_hash(text: str) -> str:
    """Return the name by which a content security policy allows a text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
