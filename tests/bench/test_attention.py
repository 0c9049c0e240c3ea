"""What attention has to do, counted."""

import jax.numpy as jnp
import numpy as np

from bench import attention
from hrm_jax.models import cost
from kernels.attention import masks
from kernels.attention import reference as truth


def test_operations_are_those_of_the_program():
    shape = attention.SHAPES[0]
    q = jnp.zeros((2, shape.tokens, shape.heads, shape.head_width))
    program = cost.flops(lambda q: truth.attention(q, q, q, masks.Mask()), q)
    assert attention.work(shape, 2, 4, backward=False).flops == program


def test_a_prefix_mask_leaves_out_what_nobody_sees():
    shape = next(shape for shape in attention.SHAPES if shape.prefix)
    half = jnp.arange(shape.tokens) < shape.tokens // 2
    mask = masks.Mask(causal=True, prompt=half[None])
    table = masks.visible(mask, shape.tokens, shape.tokens)[0, 0]
    np.testing.assert_array_equal(attention._visible(shape), table)
    share = float(table.mean())
    full = attention.work(shape._replace(prefix=False), 1, 2, True)
    counted = attention.work(shape, 1, 2, True)
    np.testing.assert_allclose(counted.flops, full.flops * share)
    assert counted.bytes == full.bytes
