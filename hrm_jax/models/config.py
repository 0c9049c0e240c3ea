"""Every size and choice of a reasoner; values live in `configs/default.py`."""

from __future__ import annotations

import dataclasses

from data_pipeline.schema import require, require_at_least, require_one_of
from hrm_jax.models import symbols

_RECURRENCES = ("hierarchical", "looped")
_INJECTIONS = ("every_call", "start")
_NORMS = ("post", "pre")
_VISIBILITIES = ("all", "prefix", "causal")
_FEEDBACKS = ("none", "insight")
_MIXERS = ("attention", "mlp")
_POSITIONS = ("rotary", "learned", "none")
_DTYPES = ("float32", "bfloat16")
_INITIAL_STATES = ("fixed", "random")

REMATS = ("none", "block")
"""What a reasoner may compute again for its derivative (`reasoner.Reasoner.remat`)."""


@dataclasses.dataclass(frozen=True)
class ReasonerConfig:
    """Sizes and choices.

    HRM is `h_layers=4, l_layers=4, gradient_window=2` (one-step gradient); TRM is
    `h_layers=0, l_layers=2, gradient_window=l_cycles + 1` (the whole last H-cycle).
    HRM-Text is `injection="start", norm="pre", gated_attention=True` and
    `visibility="prefix"`.
    A looped transformer is `recurrence="looped"`; with `l_cycles=1`, more `l_layers`
    and `halting.max_segments=1` it is a flat one.

    Attributes:
      vocab_size: V.
      seq_len: S, tokens of an example without the prefix.
      num_puzzles: P, rows of the puzzle table.
      width: D.
      num_heads: N; the head width D / N is whole, and even where positions are rotary.
      recurrence: "hierarchical", or "looped" for one latent that one module refines:
        then there is no H module and no H-cycle (`h_layers=0`, `h_cycles=1`).
      h_layers: blocks of the H module; 0 lets the L module play both parts.
      l_layers: blocks of the L module.
      h_cycles: H updates in a segment.
      l_cycles: L updates before each H update; looped, all updates of a segment.
      gradient_window: how many of the last module calls carry gradient, at least 1 and
        at most `module_calls`.
      injection: where the example enters: "every_call" of the L module, or at the
        "start" of a segment, added to z_h, which begins as zeros.
      norm: "post", after each part of a block; or "pre", before each, and once more at
        the exit of a module.
      visibility: whom a token sees: "all", on a board; of rows of text, where nobody
        sees another example, "prefix": the prompt and what comes before the token;
        "causal": what comes before it.
      mixer: "attention", or "mlp" for a SwiGLU over the positions, which has no heads:
        it takes no scopes, and no rotary positions.
      attention_scopes: which board cells the heads see, dealt out evenly to the heads
        in this order: "row", "column", "box", "neighbours" (the cell and the up to four
        beside it) or "all". Empty: all heads see all.
      box_rows, box_cols: the board that the scopes speak of.
      equivariant: renaming the symbols (all tokens but the first two) renames the
        answer, by construction (hrm_jax/models/symbols.py). Costs a latent for each
        token and symbol; augmentation by renaming is then without effect.
      gated_attention: the result of attention is multiplied, channel by channel, by
        the sigmoid of a projection of its own.
      feedback: "insight": before each H update, what z_l has found at all tokens that a
        token sees is added to its z_h, through a gate (hrm_jax/models/insight.py); or
        "none".
      shared_cache: in generation, all calls of a module see the keys and values of its
        last call at the tokens before: less memory, and other numbers than in training.
      tied_embedding: the answer head is the token embedding, transposed.
      positions: "rotary", "learned" or "none".
      rotary_theta: base of the rotary wavelengths.
      expansion: feed-forward width over `width`, times 3/2 (SwiGLU has three matrices).
      feed_forward_multiple: feed-forward widths are rounded up to a multiple of this.
      conv_width: taps of the convolution over neighbouring positions (cells in reading
        order, prefix first) inside the SwiGLU over the channels; 0 for none, URM has 2.
      norm_eps: in RMSNorm.
      puzzle_width: E, 0 for none; padded with zeros to whole prefix tokens.
      prefix_len: prefix tokens that carry the puzzle embedding.
      halt_bias: initial bias of both halting logits.
      initial_states: "fixed": all examples start from the same two vectors; "random":
        each from its own draw (arXiv:2605.21488).
      state_noise: std of what is added to both states before each segment in training.
      dtype: of activations, "float32" or "bfloat16"; parameters are float32.
    """

    vocab_size: int
    seq_len: int
    num_puzzles: int
    width: int
    num_heads: int
    recurrence: str
    h_layers: int
    l_layers: int
    h_cycles: int
    l_cycles: int
    gradient_window: int
    injection: str
    norm: str
    visibility: str
    mixer: str
    attention_scopes: tuple[str, ...]
    box_rows: int
    box_cols: int
    equivariant: bool
    gated_attention: bool
    feedback: str
    shared_cache: bool
    tied_embedding: bool
    positions: str
    rotary_theta: float
    expansion: float
    feed_forward_multiple: int
    conv_width: int
    norm_eps: float
    puzzle_width: int
    prefix_len: int
    halt_bias: float
    initial_states: str
    state_noise: float
    dtype: str

    def __post_init__(self):
        object.__setattr__(self, "attention_scopes", tuple(self.attention_scopes))
        self._require_values()
        self._require_fit()
        if self.visibility != "all":
            self._require_fit_for_text()

    def _require_values(self) -> None:
        require_at_least(
            "model",
            self,
            vocab_size=1,
            seq_len=1,
            num_puzzles=1,
            width=1,
            num_heads=1,
            l_layers=1,
            h_cycles=1,
            l_cycles=1,
            feed_forward_multiple=1,
            h_layers=0,
            conv_width=0,
            puzzle_width=0,
            prefix_len=0,
            state_noise=0,
        )
        require_one_of(
            "model",
            self,
            recurrence=_RECURRENCES,
            injection=_INJECTIONS,
            norm=_NORMS,
            visibility=_VISIBILITIES,
            feedback=_FEEDBACKS,
            mixer=_MIXERS,
            positions=_POSITIONS,
            initial_states=_INITIAL_STATES,
            dtype=_DTYPES,
        )
        for name in ("rotary_theta", "expansion", "norm_eps"):
            self._require(getattr(self, name) > 0, name, "above 0")

    def _require_fit(self) -> None:
        """Holds fields against each other."""
        if self.recurrence == "looped":
            lone = "with recurrence = 'looped'"
            self._require(self.h_layers == 0, "h_layers", f"0 {lone}")
            self._require(self.h_cycles == 1, "h_cycles", f"1 {lone}")
            self._require(self.feedback == "none", "feedback", f"none {lone}")
        rotary, mlp = self.positions == "rotary", self.mixer == "mlp"
        whole = self.width % self.num_heads == 0
        self._require(whole, "num_heads", f"a divisor of width = {self.width}")
        # Rotation turns the channels of a head in pairs.
        even = not rotary or self.width % (2 * self.num_heads) == 0
        half = f"a divisor of width / 2 = {self.width / 2:g} with rotary positions"
        self._require(even, "num_heads", half)
        nameless = f"False with vocab_size = {self.vocab_size}, which is no symbol"
        self._require(self.num_symbols >= 1, "equivariant", nameless)
        unscoped = not (mlp and self.attention_scopes)
        self._require(unscoped, "attention_scopes", "empty with mixer = 'mlp'")
        square = (self.box_rows * self.box_cols) ** 2 == self.seq_len
        known = square or not self.attention_scopes
        self._require(known, "attention_scopes", "empty where the board is not square")
        placed = not (mlp and rotary)
        self._require(placed, "positions", "learned or none with mixer = 'mlp'")
        after = not (mlp and self.norm == "pre")
        self._require(after, "norm", "post with mixer = 'mlp'")
        own = not (self.tied_embedding and self.equivariant)
        self._require(own, "tied_embedding", "False with equivariant")
        looped = self.recurrence == "looped"
        calls = "l_cycles" if looped else "h_cycles * (l_cycles + 1)"
        window = f"between 1 and {calls} = {self.module_calls}"
        inside = 1 <= self.gradient_window <= self.module_calls
        self._require(inside, "gradient_window", window)
        room = f"large enough for puzzle_width = {self.puzzle_width}"
        fits = self.prefix_len * self.width >= self.puzzle_width
        self._require(fits, "prefix_len", room)

    def _require_fit_for_text(self) -> None:
        """Refuses what needs to see all tokens, where not all are seen."""
        lone = f"with visibility = {self.visibility!r}"
        self._require(self.mixer != "mlp", "mixer", f"attention {lone}")
        self._require(not self.equivariant, "equivariant", f"False {lone}")
        self._require(not self.attention_scopes, "attention_scopes", f"() {lone}")
        self._require(self.prefix_len == 0, "prefix_len", f"0 {lone}")
        self._require(self.conv_width == 0, "conv_width", f"0 {lone}")
        learned = self.positions == "learned"
        self._require(not learned, "positions", f"rotary or none {lone}")
        fixed = self.initial_states == "fixed"
        self._require(fixed, "initial_states", f"fixed {lone}")

    def _require(self, holds: bool, name: str, demand: str) -> None:
        require(holds, "model", self, name, demand)

    @property
    def tokens(self) -> int:
        """Tokens of an example, with the prefix."""
        return self.prefix_len + self.seq_len

    @property
    def num_symbols(self) -> int:
        """K, latents for each token: 1, or one for each symbol."""
        return self.vocab_size - symbols.NAMELESS if self.equivariant else 1

    @property
    def length(self) -> int:
        """T, latents of an example."""
        return self.num_symbols * self.tokens

    @property
    def embedding_learns(self) -> bool:
        """Does the gradient reach the token embedding?"""
        every = self.injection == "every_call"
        return every or self.tied_embedding or self.entry_learns

    @property
    def entry_learns(self) -> bool:
        """Does the gradient reach the z_h that a segment begins with?

        Not where a call inside of which no gradient flows has replaced it.
        """
        before = self.module_calls - self.gradient_window
        return before <= (0 if self.recurrence == "looped" else self.l_cycles)

    @property
    def module_calls(self) -> int:
        """Calls of the L or H module in a segment."""
        if self.recurrence == "looped":
            return self.l_cycles
        return self.h_cycles * (self.l_cycles + 1)

    def layer_widths(self) -> dict[str, int]:
        """By name, what the number of devices that share a layer must divide."""
        attends = self.mixer == "attention" or self.equivariant
        inner = {"feed-forward width": self.inner_width(self.width)}
        if self.mixer == "mlp":
            inner["feed-forward width over positions"] = self.inner_width(self.tokens)
        return inner | ({"heads": self.num_heads} if attends else {})

    def inner_width(self, width: int) -> int:
        """F of a SwiGLU over `width` channels."""
        multiple = self.feed_forward_multiple
        return -(-round(self.expansion * width * 2 / 3) // multiple) * multiple
