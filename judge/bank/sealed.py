"""The part of a bank that lies in a zip with a password beside it: kept from crawlers, not from people."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from judge.errors import InputError


def sealed_lines(path: Path, password: str) -> Iterator[tuple[str, bytes]]:
    """Yield ('ZIP › FILE 第 N 行', bytes) for each line of every JSONL file in a zip; raises InputError naming the zip."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(name for name in archive.namelist() if name.endswith(".jsonl")):
                content = archive.read(name, pwd=password.encode())
                for number, line in enumerate(content.splitlines(), 1):
                    yield f"{path} › {name} 第 {number} 行", line
    except FileNotFoundError as error:
        raise InputError("封存的题不在", where=str(path), fix="把表头 sealed 写的 zip 放在题库旁边") from error
    except (zipfile.BadZipFile, zlib.error, OSError) as error:
        raise InputError(f"封存的题读不了（{error}）", where=str(path), fix="重新取得这个 zip") from error
    except (
        RuntimeError,
        NotImplementedError,
    ) as error:  # what zipfile raises for a wrong password, or a kind it cannot read
        fix = "核对表头的 password；只能用 zip -P 那种加密"
        raise InputError("封存的题打不开：密码不对，或加密方式不支持", where=str(path), fix=fix) from error
