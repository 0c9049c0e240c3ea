"""How fast an engine is."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass
class Speed:
    """How much an engine has done, and how long it took.

    Attributes:
      prompt_tokens, tokens: that were read, each prompt as often as it was, and
        generated.
      segments: that the generated tokens were thought about, all together.
      rounds: that they came in, of each answer: as many, or fewer with drafts.
      first_seconds: from a prompt's submission until its first token was handed out, of
        each answer.
      seconds: that the device and its feeding took.
    """

    prompt_tokens: int = 0
    tokens: int = 0
    segments: int = 0
    rounds: int = 0
    seconds: float = 0.0
    first_seconds: list[float] = dataclasses.field(default_factory=list)

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0

    @property
    def tokens_per_round(self) -> float:
        return self.tokens / self.rounds if self.rounds else 0.0

    @property
    def segments_per_token(self) -> float:
        return self.segments / self.tokens if self.tokens else 0.0
