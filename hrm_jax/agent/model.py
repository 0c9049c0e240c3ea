"""The model of an agent: a function, and what must be known of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from hrm_jax.search.candidate import Ask, Sample, Write


class AgentModel(NamedTuple):
    """A model as an agent asks it.

    Attributes:
      name: for reports; a session of another one is not gone on with.
      write: answers; see `Write`.
      count: tokens of a text.
      context: tokens of a prompt, at most.
      instructions: that a model needs which has not learned the actions; else "".
      among: the model, held to actions on these files and to lines that stand in them;
        None where it cannot be.
      grammar: that answers are held to; "" for none.
    """

    name: str
    write: Write
    count: Callable[[str], int]
    context: int
    instructions: str = ""
    among: Callable[[Mapping[str, str]], Write] | None = None
    grammar: str = ""

    def say(self, ask: Ask, files: Mapping[str, str]) -> Sample:
        """The answer to one ask.

        Args:
          files: that it may be about, by path.
        """
        write = self.write if self.among is None else self.among(files)
        ((_, sample),) = write([ask])
        # JSON may hold halves of characters, which no file can.
        text = sample.text.encode(errors="replace").decode()
        return sample._replace(text=text)


INSTRUCTIONS = """\
You work in a repository until its tests pass. Answer with exactly one action, in \
one of these forms, and nothing else:

list
list FOLDER
view PATH
view PATH FIRST_LINE LAST_LINE
search WORDS
test
finish
edit
PATH
```
<<<<<<< SEARCH
lines that stand in the file, each as it is
=======
lines that replace them
>>>>>>> REPLACE
```

Of several places where these lines stand, an edit changes the first.

"""
"""Of the actions, for models that are asked in a chat."""
