"""Weights from a folder or the hub's cache: found, hashed, loaded, or refused with the way out.

`hf:PATH_OR_ID` names a causal model; `hf:BASE+ADAPTER` one with a LoRA laid over it; a model that classifies sequences with one
output is a reward model.
"""

from __future__ import annotations

import importlib.util
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from judge.errors import InputError, ModelRefused
from judge.identity import content_hash
from judge.models.local.weights import weights_hash

Tokens: TypeAlias = tuple[int, ...]
Device: TypeAlias = Literal["auto", "cpu", "cuda", "mps"]
INSTALL = "装上它要的：pip install 'judge-open[local]'"
# Base models without a template of their own: plain turns, said in the model's identity.
PLAIN_TEMPLATE = (
    "{{ bos_token or '' }}{% for message in messages %}{{ {'system': '', 'user': '用户：', 'assistant': '助手：'}[message['role']] }}{{ message['content'] }}\n"
    "{% endfor %}{% if add_generation_prompt %}助手：{% endif %}"
)
NEXT_TURN = "\n用户："  # where an answer ends there
VOCABULARIES = frozenset({"tokenizer.json", "vocab.json", "vocab.txt", "spiece.model"})
# Of a generation_config: what only sampling knows or is said with every request; and what changes no odds.
SAMPLING = (
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "max_length",
    "max_new_tokens",
)
NAMES = frozenset({"bos_token_id", "eos_token_id", "pad_token_id", "transformers_version"})

_LOADING = threading.Lock()  # transformers sets the precision for the whole process while it loads one model
# What transformers and its parts happen to raise on files that are not as they should be.
BROKEN = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, ImportError)


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is loaded; all of it but the device is part of its identity."""

    dtype: str = "auto"
    device: Device = "auto"
    quantization: Literal["", "8bit", "4bit"] = ""
    trust_remote_code: bool = False
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A model that is there but not loaded: where, its tokenizer, and the name of its weights.

    template: "own", or "plain" where the tokenizer has none.
    """

    name: str
    folder: Path
    adapter: Path | None
    settings: Settings
    tokenizer: Any
    template: Literal["own", "plain"]
    hash: str
    context: int  # tokens of prompt and answer together
    device: str
    notes: tuple[str, ...]  # what a person should know: that it runs on the CPU, say

    @property
    def where(self) -> str:
        return f"hf:{self.name}"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready: the torch module, its tokenizer, where it runs.

    reward: scores whole dialogues instead of going on with them. top_k, top_p: its own settings for sampling, 0 and 1 for none.
    plain: its settings change no other odds, such as those of words said before.
    """

    model: Any
    tokenizer: Any
    device: str
    reward: bool
    top_k: int = 0
    top_p: float = 1.0
    plain: bool = True


def needs() -> None:
    """Raise InputError where torch or transformers is not installed."""
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(f"本地模型要用 {'、'.join(missing)}，还没有装", where="hf:", fix=INSTALL)


def split(name: str) -> tuple[str, str | None]:
    """Return base and adapter of what follows `hf:`; an existing folder is never cut in two."""
    if Path(name).expanduser().exists() or "+" not in name:
        return name, None
    base, _, adapter = name.partition("+")
    if not base or not adapter:
        raise InputError(f"看不懂 hf:{name}", fix="写成 hf:基座+适配器，两边都是目录或名字")
    return base, adapter


def located(name: str, revision: str | None) -> Path:
    """Return the folder that a path or a hub id stands for, without a network; raises InputError with the way to get it."""
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise InputError("这不是目录", where=f"hf:{name}", fix="写模型目录，里面有 config.json 与权重")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, local_files_only=True))
    except HFValidationError as error:
        raise InputError(
            "没有这个目录，也不像模型名", where=f"hf:{name}", fix="写已有的目录，或 组织/模型名"
        ) from error
    except (LocalEntryNotFoundError, OSError) as error:
        fix = f"先下载：huggingface-cli download {name}（国内可先设 HF_ENDPOINT 镜像），或写本地目录"
        raise InputError("本机没有这个模型", where=f"hf:{name}", fix=fix) from error


def find(name: str, settings: Settings) -> Found:
    """Look a model up and read its tokenizer; raises InputError (not installed, nothing there, no tokenizer, own code)."""
    needs()
    base, over = split(name)
    folder = located(base, settings.revision)
    where = f"hf:{name}"
    if not (folder / "config.json").is_file():
        raise InputError("目录里没有 config.json", where=where, fix="写模型的目录；LoRA 写成 hf:基座+适配器")
    adapter = None if over is None else located(over, None)
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        raise InputError("适配器目录里没有 adapter_config.json", where=where, fix="写 LoRA 训练输出的目录")
    tokenizer = _tokenizer(folder, settings, where)
    template: Literal["own", "plain"] = "own"
    if tokenizer.chat_template is None:
        tokenizer.chat_template, template = PLAIN_TEMPLATE, "plain"
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.convert_ids_to_tokens(0)
    hashes = [weights_hash(one) for one in (folder, adapter) if one is not None]
    identity = content_hash("local", [hashes, settings.dtype, settings.quantization, template])
    device, notes = _device(settings.device)
    if template == "plain":
        notes = (*notes, "没有对话模板，按“用户：……助手：……”的样子问（多半是基座模型）")
    return Found(name, folder, adapter, settings, tokenizer, template, identity, _context(folder), device, notes)


def load(found: Found) -> Loaded:
    """Load the weights; raises InputError (an unknown precision, own code) and ModelRefused (they do not load)."""
    with _LOADING:
        model, reward = _module(found.folder, found.settings, found.device, found.where)
        if found.adapter is not None:
            model = _adapted(model, found.adapter, found.where)
    model.eval()
    if reward:  # it finds the end of a row by this
        model.config.get_text_config().pad_token_id = found.tokenizer.pad_token_id
    return Loaded(model, found.tokenizer, found.device, reward, *(() if reward else _settings(model)))


def _settings(model: Any) -> tuple[int, float, bool]:
    """Take how to sample out of a model's own settings, for whoever asks says how warm; the rest, such as a penalty, holds."""
    config = model.generation_config
    top_k, top_p = config.top_k or 0, config.top_p or 1.0
    for name in SAMPLING:
        setattr(config, name, None)
    config.do_sample, config.num_beams = False, 1
    plain = all(value in (None, 0, 1) for name, value in config.to_diff_dict().items() if name not in NAMES)
    return top_k, top_p, plain


def _context(folder: Path) -> int:
    """Return how many tokens a model takes, as its configuration says; of several parts, the text part's."""
    found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    parts = (found, found.get("text_config", {}))
    names = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length")
    return next((int(part[name]) for part in parts for name in names if part.get(name)), 32768)


def _device(wanted: Device) -> tuple[str, tuple[str, ...]]:
    """Return where to run: what was asked for, or the CPU with a note where that is not there."""
    import torch

    if wanted in ("auto", "cuda") and torch.cuda.is_available():
        return "cuda", ()
    if wanted == "mps" and torch.backends.mps.is_available():
        return "mps", ()
    if wanted in ("cuda", "mps"):
        return "cpu", (f"没有可用的 {wanted}，改在 CPU 上跑，会慢得多",)
    return "cpu", ()


def _tokenizer(folder: Path, settings: Settings, where: str) -> Any:
    from transformers import AutoTokenizer

    fix = "目录里要有 tokenizer.json，或别的词表；从基座模型拷一份过来"
    if not any(path.name in VOCABULARIES or path.suffix in (".tiktoken", ".model") for path in folder.iterdir()):
        # Without one, transformers makes a tokenizer that knows no word, and says nothing.
        raise InputError("读不出分词器（目录里没有词表）", where=where, fix=fix)
    try:
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=settings.trust_remote_code)
    except BROKEN as error:
        if "trust_remote_code" in str(error):
            raise _own_code(where) from error
        raise InputError(f"读不出分词器（{_first(error)}）", where=where, fix=fix) from error


def _module(folder: Path, settings: Settings, device: str, where: str) -> tuple[Any, bool]:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    options: dict[str, Any] = {"trust_remote_code": settings.trust_remote_code}
    dtype = settings.dtype if settings.dtype == "auto" else getattr(torch, settings.dtype, None)
    if not isinstance(dtype, str | torch.dtype):
        fix = "用 auto、float32、bfloat16、float16"
        raise InputError(f"没有 {settings.dtype} 这种精度", where=where, fix=fix)
    try:
        config = AutoConfig.from_pretrained(folder, **options)
        reward = any("SequenceClassification" in name or "RewardModel" in name for name in config.architectures or ())
        options["dtype"] = dtype
        if settings.quantization:
            from transformers import BitsAndBytesConfig

            options["quantization_config"] = BitsAndBytesConfig(**{f"load_in_{settings.quantization}": True})  # type: ignore[no-untyped-call]
            options["device_map"] = device
        elif device == "cuda":
            options["device_map"] = "auto"
        kind = AutoModelForSequenceClassification if reward else AutoModelForCausalLM
        found: Any = kind.from_pretrained(folder, output_loading_info=True, **options)
        model, about = found
        _whole(model, about, reward, where)
        if device == "cuda" and {"cpu", "disk"} & {str(one) for one in getattr(model, "hf_device_map", {}).values()}:
            raise torch.cuda.OutOfMemoryError("some layers would lie outside the GPU")
        return (model if "device_map" in options else model.to(device)), reward
    except torch.cuda.OutOfMemoryError as error:
        fix = (
            '先 --stage answer 再 --stage judge，候选与评委就不同时占显存；或 quantization = "4bit"，或 device = "cpu"'
        )
        raise ModelRefused("显存放不下这个模型", where=where, fix=fix) from error
    except (*BROKEN, _weights_error()) as error:
        if "trust_remote_code" in str(error):
            raise _own_code(where) from error
        raise ModelRefused(
            f"装不进模型（{_first(error)}）", where=where, fix="看目录里的权重是否下载完整；transformers 是否够新"
        ) from error


def _whole(model: Any, about: Any, reward: bool, where: str) -> None:
    """Refuse a model of which some weights were not in the folder: transformers would go on with random ones."""
    fix = "看目录里的权重是否下载完整，config.json 的 architectures 是否就是它"
    missing = sorted({*about["missing_keys"], *(str(one[0]) for one in about["mismatched_keys"])})
    if missing:
        raise ModelRefused(f"缺 {len(missing)} 个权重（{missing[0]} 等）", where=where, fix=fix)
    if reward and model.config.num_labels != 1:
        raise ModelRefused(f"奖励模型应只给一个数，它给 {model.config.num_labels} 个", where=where, fix=fix)


def _adapted(model: Any, folder: Path, where: str) -> Any:
    try:
        from peft import PeftModel
    except ImportError as error:
        raise InputError("LoRA 要用 peft，还没有装", where=where, fix="pip install peft") from error
    try:
        return PeftModel.from_pretrained(model, folder).merge_and_unload()
    except (*BROKEN, _weights_error()) as error:
        raise ModelRefused(
            f"适配器合不进基座（{_first(error)}）", where=where, fix="核对它是不是从这个基座训出来的"
        ) from error


def _weights_error() -> type[Exception]:
    from safetensors import SafetensorError

    return SafetensorError


def _own_code(where: str) -> InputError:
    fix = "信得过它的代码才写 trust_remote_code = true（judge.toml）：它会在本机执行"
    return InputError("这个模型要运行它自带的代码", where=where, fix=fix)


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
