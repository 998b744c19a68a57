"""What commands that open a page share: who gets a link, under which address it stands, and what must be said of that."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

import click

from judge.cli.output import listed
from judge.errors import InputError

if TYPE_CHECKING:
    from judge.review.app.guard import App
    from judge.store import Store
    from judge.store.people import Role


Function = TypeVar("Function", bound=Callable[..., None])


def who_options(may: str) -> Callable[[Function], Function]:
    """Add --reviewers and --leads; `may` says what leads may do."""
    reviewers = click.option("--reviewers", metavar="名字,…", help="给这些人各发一个链接，只能用一次")
    leads = click.option("--leads", metavar="名字,…", help=f"负责人：{may}")
    return lambda function: reviewers(leads(function))


def where_options(function: Function) -> Function:
    """Add --host, --port and --allow-host."""
    host = click.option(
        "--host", default="127.0.0.1", metavar="地址", help="在哪个地址上开（默认 127.0.0.1，只有本机能进）"
    )
    port = click.option(
        "--port", type=click.IntRange(0, 65535), default=8750, metavar="端口", help="端口（默认 8750；0：随便挑一个）"
    )
    names = click.option("--allow-host", multiple=True, metavar="主机名", help="别人用来打开的主机名，可写几次")
    return host(port(names(function)))


@dataclass(frozen=True, slots=True)
class Address:
    """Where a page is opened; names: further hosts under which people ask for it."""

    host: str
    port: int
    names: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Return host and port as whoever sits here types them."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def linked(self) -> str:
        """Return host and port as they stand in links: the first of the further names, where there is one."""
        first = self.names[0] if self.names else self.shown
        return first if ":" in first else f"{first}:{self.port}"


def people_of(reviewers: str | None, leads: str | None) -> dict[str, Role]:
    """Return who was named; a lead is no reviewer besides."""
    return {**dict.fromkeys(_names(reviewers), "reviewer"), **dict.fromkeys(_names(leads), "lead")}


def _names(text: str | None) -> tuple[str, ...]:
    names = listed(text) or ()
    for name in names:
        if not name or len(name) > 40 or any(one in "<>" or not one.isprintable() for one in name):
            raise InputError(f"名字 {name!r} 用不得", where="命令行", fix="1 到 40 个字，不含尖括号与控制字符")
    return names


def open_page(
    store: Store,
    kind: Literal["review", "arena"],
    bank: str,
    people: dict[str, Role],
    address: Address,
    said: Callable[[], Sequence[str]],
    app: Callable[[Sequence[str], str], App],
) -> None:
    """Open a bank's page until it is stopped: links, what is `said` of it, a warning where others can reach it.

    app: the page, from the hosts under which it may be asked for and the name of its cookie.
    """
    from judge.review.app.serving import alone, hosts_of, listening, serve

    with alone(store, bank, kind), listening(address.host, address.port) as listener:
        place = replace(address, port=listener.getsockname()[1])
        links = _invited(store, people, place.linked)
        print("\n".join(said()))
        print(
            "\n".join(["链接只能用一次，各人用各人的：", *links])
            if links
            else f"页面 http://{place.shown}/；要新链接：--reviewers 名字"
        )
        if place.host not in ("127.0.0.1", "localhost", "::1"):
            print(
                f"注意：{place.host} 上的人都能连到这个端口。没有链接的进不来，但传输没有加密：只在可信的网络里这样开。"
            )
        print("停下：Ctrl-C。判过的都在库里，再开接着判。", flush=True)
        serve(app(hosts_of(place.host, place.port, place.names), f"judge_{kind}_{place.port}"), [listener])


def _invited(store: Store, people: dict[str, Role], host: str) -> list[str]:
    """Give links to those who were named; to whoever sits here where nobody can enter yet. Return lines to print."""
    known = [one for one in store.people() if not one.revoked]
    if not people and not any(one.role == "lead" for one in known):
        people = {getpass.getuser(): "lead"}
    lines = []
    for name, role in people.items():
        word = "负责人" if role == "lead" else "审阅者"
        lines.append(f"  {word} {name}：http://{host}/#token={store.invite(name, role)}")
    return lines
