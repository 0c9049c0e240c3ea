"""Tokens per byte of source code, by language, beside GPT-2's way with whitespace.

    python bench/tokens_per_byte.py python-library go-library java-library folder

Files are what `data.corpus` would take; a sixth of each language is held out and
measured, the rest trains. The other tokenizer differs in its pieces alone: those of
GPT-2, but digits are single there too, without the space before them.
"""

from __future__ import annotations

import collections
import pathlib
import random
import sys
from collections.abc import Callable

import tokenizers
from tokenizers import models, pre_tokenizers, trainers

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from data_pipeline.text.corpus import verdicts
from data_pipeline.text.corpus.entries import Entry
from data_pipeline.text.tokenizer import Tokenizer

_SIZES = (1024, 4096, 8192, 16384)
_BYTES = 3_000_000
"""Of a language."""
_SPACE, _LETTERS = r" \t\r\n\x0b\f", r"A-Za-z\x80-\xff"
_GPT2 = (
    rf"'(?:[sdmt]|ll|ve|re)| ?[{_LETTERS}]+|[0-9]| ?[^{_SPACE}0-9{_LETTERS}]+"
    rf"|[{_SPACE}]+(?![^{_SPACE}])|[{_SPACE}]+"
)


def main(names: list[str]) -> None:
    held, trained = _texts(names)
    print(f"{'tokens':>7} {'pieces':>6} " + " ".join(f"{name:>10}" for name in held))
    for size in _SIZES:
        ours, theirs = Tokenizer.train(trained, size), _gpt2(trained, size)
        for name, encode in (("ours", ours.encode), ("GPT-2", theirs)):
            shares = [
                sum(len(encode(text)) for text in texts) / sum(map(len, texts))
                for texts in held.values()
            ]
            row = " ".join(f"{share:10.4f}" for share in shares)
            print(f"{size:7,} {name:>6} {row}", flush=True)


def _texts(names: list[str]) -> tuple[dict[str, list[bytes]], list[bytes]]:
    """Held out ones by language, and those to train on."""
    found = collections.defaultdict(list)
    for name in names:
        for file in Entry.of(name).files():
            if verdicts.against(file, ()) is None:
                found[file.language].append(file.content)
    held, trained = {}, []
    for language, texts in sorted(found.items()):
        random.Random(0).shuffle(texts)
        chosen, size = [], 0
        for text in texts:
            chosen.append(text)
            size += len(text)
            if size > _BYTES:
                break
        print(f"{language}: {len(chosen):,} files, {size / 1e6:.1f} MB")
        apart = max(1, len(chosen) // 6)
        held[language] = chosen[:apart]
        trained += chosen[apart:]
    return held, trained


def _gpt2(texts: list[bytes], size: int) -> Callable[[bytes], list[int]]:
    other = tokenizers.Tokenizer(models.BPE())
    pattern = tokenizers.Regex(_GPT2)
    other.pre_tokenizer = pre_tokenizers.Split(pattern, "isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        initial_alphabet=[chr(byte) for byte in range(256)],
        min_frequency=2,
        show_progress=False,
    )
    other.train_from_iterator((text.decode("latin-1") for text in texts), trainer)
    return lambda text: other.encode(text.decode("latin-1")).ids


if __name__ == "__main__":
    main(sys.argv[1:])
