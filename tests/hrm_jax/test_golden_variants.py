"""Models of other shapes, and of lower precision, against PyTorch's."""

import re
from functools import partial

from tests.hrm_jax import replay
from tests.hrm_jax.golden import covers, train_config


@covers("var_")
def test_variants(golden):
    """Learned positions without a prefix; a puzzle vector padded to whole tokens, with
    one prefix token and with as many as it needs; a softmax loss."""
    hyper = golden.json("meta/train_hyper")
    for prefix in sorted(set(re.findall(r"^var_\w+/", "\n".join(golden), re.M))):
        variant = golden.below(prefix)
        config = train_config(variant.json("config"), hyper)
        variant.hold(partial(replay.evaluation, variant, config, 2), config)
        variant.hold(partial(replay.first_step, variant, config), config)


@covers("eval_bf16/")
def test_bfloat16(golden):
    hyper = golden.json("meta/train_hyper")
    config = train_config(golden.json("meta/config"), hyper, dtype="bfloat16")
    golden.hold(partial(replay.first_segment, golden, config), config)
