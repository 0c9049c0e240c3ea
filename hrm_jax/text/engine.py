"""Answers to many prompts at once: a slot whose answer has ended takes the next prompt.

The device works through a few tokens of all slots at a time; what has come is handed
out, and free slots are filled, before it goes on (continuous batching).
"""

from __future__ import annotations

import collections
import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from data_pipeline.schema import UserError
from data_pipeline.text.special import Special
from hrm_jax.models import matrices
from hrm_jax.models.config import ReasonerConfig
from hrm_jax.text import admission, decoder, mask, speculation
from hrm_jax.text.admission import Copy, Prompt
from hrm_jax.text.decoder import Settings
from hrm_jax.text.rules import Anything, Rule
from hrm_jax.text.speed import Speed
from hrm_jax.types import Variables


@dataclasses.dataclass(frozen=True)
class Request:
    """One prompt to be answered.

    Attributes:
      prompt: tokens, with the language and the end of the prompt.
      max_tokens: of the answer.
      temperature, top_p, seed: see `sampling.sample`.
      rule: makes what the answer keeps to; None for nothing.
    """

    prompt: Sequence[int]
    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    rule: Callable[[], Rule] | None = None


class Progress(NamedTuple):
    """What has come of an answer.

    Attributes:
      number: of the request, in the order of submission.
      tokens: new ones, without the end's.
      reason: "" as long as it goes on; "stop" at its end, "length" where it was cut
        short.
      log_probs: of these tokens, and of the end where that is the reason, by the model
        itself (`decoder.speak`).
      segments: that each of them was thought about.
    """

    number: int
    tokens: list[int]
    reason: str
    log_probs: list[float]
    segments: int


class Engine:
    """Generates; not for use by several threads at once.

    While an answer keeps to a rule, all slots go on by one token at a time: the host
    has to say which may come next. With 1.2 M parameters and 8 slots on two CPU cores
    all of them were up to a quarter slower then, were one ruled or each (LOG.md); and
    none is drafted.

    Attributes:
      speed: so far.
      bound: tokens of each answer between two times that the host looks, at most; as
        many as `steps` unless somebody who is in a hurry sets less.
    """

    def __init__(
        self,
        config: ReasonerConfig,
        variables: Variables,
        slots: int,
        segments: int = 1,
        steps: int = 16,
        known: int | None = None,
        min_confidence: float | None = None,
        drafts: int = 0,
    ):
        """Args:
        slots: answers at once.
        segments: that each token is thought about, at most.
        steps: the most that `bound` can be.
        known: tokens that the tokenizer has, where the model has more; None for all.
        min_confidence: an answer takes the first number of segments after which the
          model, having read the prompt, is so sure to be right; None for all of them.
        drafts: tokens that are drafted and checked at a time (`speculation`), of
          answers without a rule and in one segment.
        """
        assert not drafts or segments == 1, "drafts are checked in one segment"
        self._config = config
        self._variables = matrices.as_read(variables, config.dtype)
        self._segments = segments
        self._min_confidence = min_confidence
        self._needed = np.full(slots, segments)
        self._steps = self.bound = steps
        self._drafts = drafts
        self._known = known or config.vocab_size
        self._slots = decoder.empty(config, slots, config.seq_len, segments)
        self._waiting: collections.deque[tuple[int, Request]] = collections.deque()
        self._owners: list[int | None] = [None] * slots
        self._held: list[Prompt | None] = [None] * slots
        self._rules: dict[int, Rule] = {}
        self._submitted: dict[int, float] = {}
        self._count = 0
        self.speed = Speed()

    def submit(self, request: Request) -> int:
        """Takes a prompt in.

        Returns:
          Its number.

        Raises:
          UserError: the prompt leaves no room for an answer.
        """
        length, context = len(request.prompt), self._config.seq_len
        if not 1 <= length < context:
            raise UserError(
                f"The prompt has {length:,} tokens, but with an answer it must fit "
                f"into the model's context of {context:,}: shorten it."
            )
        number, self._count = self._count, self._count + 1
        self._waiting.append((number, request))
        self._submitted[number] = time.monotonic()
        return number

    def cancel(self, number: int) -> None:
        """Gives an answer up; its slot is free at once."""
        self._waiting = collections.deque(
            pair for pair in self._waiting if pair[0] != number
        )
        self._submitted.pop(number, None)
        if number in self._owners:
            slot = self._owners.index(number)
            self._free(slot)
            active = self._slots.active.at[slot].set(False)
            self._slots = self._slots._replace(active=active)

    @property
    def busy(self) -> bool:
        """Is there anything to do?"""
        return bool(self._waiting) or any(n is not None for n in self._owners)

    def advance(self) -> list[Progress]:
        """Fills free slots, and goes on by some tokens in all of them."""
        began = time.monotonic()
        self._admit()
        if all(owner is None for owner in self._owners):
            return []
        ruled = [slot for slot, n in enumerate(self._owners) if n in self._rules]
        allowed, steps = None, self._steps
        if ruled:
            rules_of = {slot: self._rules[self._owner(slot)] for slot in ruled}
            allowed, steps = mask.allowed(rules_of, self._slots.logits, self._known), 1
        busy = [slot for slot, owner in enumerate(self._owners) if owner is not None]
        size = 1  # tokens of a round, at most
        if self._drafts and allowed is None:
            size = self._drafts + 1
            self._slots, tokens, log_probs = speculation.speak(
                self._config,
                self._drafts,
                -(-steps // size),
                self._known,
                self._variables,
                self._slots,
                -(-self.bound // size),
            )
        else:
            self._slots, tokens, log_probs = decoder.speak(
                self._config,
                int(self._needed[busy].max()),
                steps,
                self._known,
                self._variables,
                self._slots,
                allowed,
                self.bound,
            )
        tokens, log_probs, active = jax.device_get(
            (tokens, log_probs, self._slots.active)
        )
        news = [
            self._progress(
                slot, tokens[:, slot], log_probs[:, slot], bool(active[slot]), size
            )
            for slot in busy
        ]
        self.speed.seconds += time.monotonic() - began
        return news

    def run(self, requests: Sequence[Request]) -> Iterator[Progress]:
        """Answers all requests; what comes, as it comes."""
        for request in requests:
            self.submit(request)
        while self.busy:
            yield from self.advance()

    def prepare(self, ruled: bool) -> None:
        """Compiles all that prompts of any length will need, so that none waits for it.

        Args:
          ruled: and what answers that keep to a grammar need.
        """
        slots, context = len(self._owners), self._config.seq_len
        lengths = [min(length, context - 1) for length in admission.lengths(context)]
        requests = [
            # Each its own prompt: what a slot holds is not read again.
            [
                Request([Special.ANSWER] * (length - 1) + [count + n], 1)
                for n in range(count)
            ]
            for length in lengths
            for count in sorted({1, admission.few(slots)})
        ]
        # Known prompts, one and several at a time.
        requests += [[requests[-1][0]] * count for count in (1, slots)]
        if ruled:
            anything = Anything(self._config.vocab_size)
            requests.append([Request([Special.ANSWER], 1, rule=lambda: anything)])
        for some in requests:
            for _ in self.run(some):
                pass
        if self._min_confidence is not None:
            self._prepare_segments(ruled)
        self.speed = Speed()

    def _prepare_segments(self, ruled: bool) -> None:
        """Each number that the model may ask for; no slot is at work."""
        shape = len(self._owners), self._config.vocab_size
        anything = jnp.ones(shape, bool)
        kinds: list[tuple[int, Array | None]] = [(self._steps, None)]
        if ruled:
            kinds.append((1, anything))
        for segments in range(1, self._segments + 1):
            for steps, allowed in kinds:
                self._slots, *_ = decoder.speak(
                    self._config,
                    segments,
                    steps,
                    self._known,
                    self._variables,
                    self._slots,
                    allowed,
                    self.bound,
                )

    def memory_bytes(self) -> int:
        """Bytes of the weights as it reads them, and of the cache; without the weights
        that it was made of, which whoever made it may keep."""
        leaves = jax.tree.leaves((self._variables, self._slots))
        return sum(leaf.size * leaf.dtype.itemsize for leaf in leaves)

    def _owner(self, slot: int) -> int:
        owner = self._owners[slot]
        assert owner is not None, "nobody's slot"
        return owner

    def _admit(self) -> None:
        """Gives free slots to requests that wait, the oldest first."""
        free = [slot for slot, owner in enumerate(self._owners) if owner is None]
        taken = [self._waiting.popleft() for _ in free[: len(self._waiting)]]
        asked: dict[int, Request] = {}
        for slot, (number, request) in zip(free, taken, strict=False):
            self._owners[slot] = number
            asked[slot] = request
            if request.rule is not None:
                self._rules[number] = request.rule()
        wanted = {slot: tuple(request.prompt) for slot, request in asked.items()}
        plan = admission.plan(self._held, wanted.items())
        for slot, prompt in wanted.items():
            self._held[slot] = prompt
        self._copy(plan.before, asked)
        # The like long together.
        lengths: dict[int, list[int]] = {}
        for slot in plan.read:
            length = admission.length_of(wanted[slot], self._config.seq_len)
            lengths.setdefault(length, []).append(slot)
        few = admission.few(len(self._owners))
        for length, slots in lengths.items():
            for start in range(0, len(slots), few):
                self._read(
                    length, admission.padded(slots[start : start + few], few), asked
                )
        self._copy(plan.after, asked)
        if asked and self._min_confidence is not None:
            self._needed = np.array(self._slots.segments)

    def _read(
        self, length: int, rows: Sequence[int | None], asked: Mapping[int, Request]
    ) -> None:
        prompts = np.full((len(rows), length), Special.PAD, np.int32)
        for row, slot in enumerate(rows):
            if slot is not None:
                prompt = asked[slot].prompt
                prompts[row, : len(prompt)] = prompt
                self.speed.prompt_tokens += len(prompt)
        places, lengths, settings = self._row_settings(rows, asked)
        self._slots = decoder.admit(
            self._config,
            self._segments,
            self._min_confidence,
            self._variables,
            self._slots,
            places,
            jnp.asarray(prompts),
            lengths,
            settings,
        )

    def _copy(self, copies: Sequence[Copy], asked: Mapping[int, Request]) -> None:
        if not copies:
            return
        # At once, since a slot may be a source and a place.
        rows = admission.padded([one.slot for one in copies], len(self._owners))
        places, lengths, settings = self._row_settings(rows, asked)
        sources = np.zeros(len(rows), np.int32)
        sources[: len(copies)] = [one.source for one in copies]
        self._slots = decoder.copy(
            self._slots, places, jnp.asarray(sources), lengths, settings
        )

    def _row_settings(
        self, rows: Sequence[int | None], asked: Mapping[int, Request]
    ) -> tuple[Array, Array, Settings]:
        """Where the rows of a program belong, how long their prompts are, and how their
        answers are drawn."""
        nowhere = len(self._owners), 1, 0.0, 1.0, 0, 1
        of_rows: list[tuple[float, ...]] = [nowhere] * len(rows)
        for row, slot in enumerate(rows):
            if slot is not None:
                one = asked[slot]
                warm = one.temperature, one.top_p, one.seed % 2**32
                of_rows[row] = slot, len(one.prompt), *warm, one.max_tokens
        places, lengths, temperature, top_p, seed, limit = zip(*of_rows, strict=True)
        return (
            jnp.asarray(places, jnp.int32),
            jnp.asarray(lengths, jnp.int32),
            Settings(
                jnp.asarray(temperature, jnp.float32),
                jnp.asarray(top_p, jnp.float32),
                jnp.asarray(np.array(seed, np.uint32)),
                jnp.asarray(limit, jnp.int32),
            ),
        )

    def _progress(
        self,
        slot: int,
        tokens: np.ndarray,
        log_probs: np.ndarray,
        active: bool,
        size: int,
    ) -> Progress:
        number = self._owner(slot)
        spoken = tokens != Special.PAD
        said, likely = tokens[spoken].tolist(), log_probs[spoken].tolist()
        ended = said[-1:] == [Special.END]
        if number in self._submitted:
            waited = time.monotonic() - self._submitted.pop(number)
            self.speed.first_seconds.append(waited)
        self.speed.tokens += len(said)
        self.speed.rounds += int(spoken.reshape(-1, size).any(1).sum())
        segments = int(self._needed[slot])
        self.speed.segments += len(said) * segments
        if number in self._rules:
            for token in said:
                self._rules[number].advance(token)
        if not active:
            self._free(slot)
        reason = "" if active else "stop" if ended else "length"
        tokens_said = said[:-1] if ended else said
        return Progress(number, tokens_said, reason, likely, segments)

    def _free(self, slot: int) -> None:
        number = self._owner(slot)
        self._owners[slot] = None
        self._rules.pop(number, None)
        self._submitted.pop(number, None)
