"""What a folder of weights is called: by its content, without reading all of it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from judge.identity import Json, content_hash

WHOLE = ("*.json", "*.txt", "*.model", "*.jinja", "*.py", "*.tiktoken", "*.bin", "*.pt", "*.gguf")
NOT_WEIGHTS = (
    "optimizer",
    "scheduler",
    "rng_state",
    "trainer_state",
    "training_args",
)  # what training leaves beside them


def weights_hash(folder: Path) -> str:
    """Name the weights of a folder: configuration, tokenizer and weights by content, of safetensors a sample of every tensor.

    Reading whole checkpoints would take minutes. Training that touches a tensor changes all of it, so that a sample tells.
    """
    parts: list[Json] = []
    for path in sorted(one for one in folder.iterdir() if one.is_file() and not one.name.startswith(NOT_WEIGHTS)):
        name = path.name
        if path.suffix == ".safetensors":
            parts.append([name, path.stat().st_size, _sampled(path)])
        elif any(path.match(pattern) for pattern in WHOLE):
            with path.open("rb") as file:
                parts.append([name, hashlib.file_digest(file, "sha256").hexdigest()])
    return content_hash("weights", parts)


def _sampled(path: Path, size: int = 4096) -> str:
    """Hash a file's header and, of every tensor, its beginning, its middle and its end; what is no safetensors, whole."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            header = file.read(length if length < path.stat().st_size else 0)
            tensors = [one["data_offsets"] for name, one in json.loads(header).items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, AttributeError):
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256(header)
        for start, end in sorted(tensors):
            for place in sorted({start, max(start, (start + end - size) // 2), max(start, end - size)}):
                file.seek(8 + length + place)
                digest.update(file.read(min(size, end - place)))
    return digest.hexdigest()
