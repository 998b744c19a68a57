"""The one page of the review, and its words: from a server, or as a file that carries its items."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from judge import markup
from judge.identity import Json
from judge.report.embedding import colours, island, policy_hash
from judge.report.words import Language, Words, words_in


def words(language: Language) -> Words:
    """Read the words of the page in a language."""
    return words_in(Path(__file__).parent, language)


@cache
def asset(name: str) -> str:
    """Return a file of the page: the script, or the style with its colours."""
    text = (files("judge.review.app") / "templates" / name).read_text(encoding="utf-8")
    return colours() + text + markup.pygments_css() if name.endswith(".css") else text


@cache
def page(language: Language) -> str:
    """Return the page as a server gives it: the same for everyone, nothing of any item in it."""
    return _filled(language, None)


def alone(language: Language, content: Json) -> str:
    """Return the page as one file with its items inside, that loads nothing."""
    return _filled(language, content)


def _filled(language: Language, content: Json) -> str:
    style, script = asset("review.css"), asset("review.js")
    policy = f"default-src 'none'; style-src {policy_hash(style)}; script-src {policy_hash(script)}; img-src data:; base-uri 'none'; form-action 'none'"
    environment = Environment(
        loader=PackageLoader("judge.review.app"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("review.html.j2").render(
        language=language,
        title=words(language)["title"],
        words=Markup(island(dict(words(language).under("page")))),
        content=None if content is None else Markup(island(content)),
        style=Markup(style),
        script=Markup(script),
        policy=policy,
    )
