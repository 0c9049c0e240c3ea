"""Functions of numbers: recursion, recurrences, loops until a number is used up."""

from __future__ import annotations

from data_pipeline.programs import predicates
from data_pipeline.programs.draft import Draft, Sketch
from data_pipeline.programs.phrases import Phrase, phrase
from data_pipeline.programs.tree import (
    Assign,
    Call,
    Expr,
    If,
    Let,
    Name,
    Op,
    Range,
    Return,
    Stmt,
    Update,
    While,
    arithmetic,
    compare,
    number,
)


def recursion(draft: Draft, level: int) -> Sketch:
    """A function of one or two numbers; level 1 has the plain ones."""
    return draft.choice(_PLAIN if level == 1 else _ALL)(draft)


def _again(*args: Expr, type: str = "int") -> Call:
    return Call("again", args, type)


def _part(draft: Draft, n: Expr) -> tuple[Expr, str]:
    """Something made of a number, and its words."""
    k = draft.whole(2, 9)
    name = n.id if isinstance(n, Name) else "n"
    return draft.choice(
        (
            (n, name),
            (arithmetic("*", n, n), f"{name} * {name}"),
            (arithmetic("*", n, k), f"{k} * {name}"),
            (arithmetic("+", n, k), f"{name} + {k}"),
            (arithmetic("%", n, k), f"{name} % {k}"),
            (number(k), str(k)),
        )
    )


def _stepwise(draft: Draft) -> Sketch:
    """f(n) = part(n) op f(n - d), as a recursion."""
    n = draft.param("int", "count")
    start, down = draft.whole(0, 5), draft.choice((1, 1, 2, 3))
    part, said = _part(draft, n)
    op = draft.choice("++-")
    draft.size += 2
    rest = _again(arithmetic("-", n, down))
    body = (
        If(compare("<", n, down), (Return(number(start)),)),
        Return(Op(op, part, rest, "int")),
    )
    draft.slugs.append("recur")
    below = f"{n.id} < {down}"
    words = phrase(
        f"f({n.id}), where f({n.id}) = {start} if {below}, "
        f"else {said} {op} f({n.id} - {down})",
        f"the value f({n.id}) of the recursion f({n.id}) = {said} {op} "
        f"f({n.id} - {down}) with f({n.id}) = {start} for {below}",
    )
    return draft.sketch("int", words, body)


def _two_back(draft: Draft) -> Sketch:
    """A recurrence of order two, as a loop or a recursion."""
    n = draft.param("int", "short")
    first, second = draft.whole(0, 4), draft.whole(1, 5)
    times, plus = draft.choice((1, 1, 1, 2, 3)), draft.choice((0, 0, 1, 2))
    draft.size += 2 + (times > 1) + (plus > 0)

    def following(one: Expr, two: Expr) -> Expr:
        """The number after `one` and `two`."""
        grown = one if times == 1 else arithmetic("*", one, times)
        total = arithmetic("+", two, grown)
        return arithmetic("+", total, plus) if plus else total

    said = f"f(n-1) + {'' if times == 1 else f'{times} * '}f(n-2)"
    said += f" + {plus}" if plus else ""
    draft.slugs.append("sequence")
    words = phrase(
        f"number `{n.id}` (from 0) of the sequence f(0) = {first}, f(1) = {second}, "
        f"f(n) = {said}",
        f"f(`{n.id}`), where f(0) = {first}, f(1) = {second} and f(n) = {said}",
    )
    if draft.chance(0.4):
        body: tuple[Stmt, ...] = (
            If(compare("==", n, 0), (Return(number(first)),)),
            If(compare("==", n, 1), (Return(number(second)),)),
            Return(
                following(_again(arithmetic("-", n, 2)), _again(arithmetic("-", n, 1)))
            ),
        )
    else:
        a, b, i = Name("a", "int"), Name("b", "int"), Name("i", "int")
        after = Name("after", "int")
        step = (Let(after, following(a, b)), Assign(a, b), Assign(b, after))
        body = (
            Let(a, number(first)),
            Let(b, number(second)),
            Range(i, number(0), n, step),
            Return(a),
        )
    return draft.sketch("int", words, body)


def _digits(draft: Draft) -> Sketch:
    """A sum over the digits in some base, as a recursion."""
    n = draft.param("int", "large")
    base = draft.choice((10, 10, 2, 3, 8))
    digit = arithmetic("%", n, base)
    rest = _again(arithmetic("//", n, base))
    written = "" if base == 10 else f" in base {base}"
    of = f"the digits of `{n.id}`{written} (0 has none)"
    kind = draft.whole(0, 4)
    draft.size += 1 + (kind > 1)
    counted: Expr
    if kind == 0:
        counted, words = digit, f"the sum of {of}"
    elif kind == 1:
        counted, words = number(1), f"the number of {of}"
    elif kind == 2:
        counted, words = arithmetic("*", digit, digit), f"the sum of squares of {of}"
    else:
        k = draft.whole(2, 5)
        if kind == 3:
            counted, words = arithmetic("*", digit, k), f"{k} times the sum of {of}"
        else:
            counted = arithmetic("+", digit, k)
            words = f"the sum of {of}, each increased by {k}"
    draft.slugs.append("digits")
    body = (
        If(compare("==", n, 0), (Return(number(0)),)),
        Return(arithmetic("+", counted, rest)),
    )
    return draft.sketch("int", phrase(words), body)


def _based(draft: Draft) -> Sketch:
    """A number written in a base."""
    n = draft.param("int", "large")
    base = draft.whole(2, 9)
    last = Call("text", (arithmetic("%", n, base),), "str")
    before = _again(arithmetic("//", n, base), type="str")
    body = (
        If(compare("<", n, base), (Return(Call("text", (n,), "str")),)),
        Return(Op("+", before, last, "str")),
    )
    draft.size += 2
    draft.slugs.append(f"to_base_{base}")
    words = phrase(
        f"`{n.id}` written in base {base}, as text",
        f"the digits of `{n.id}` in base {base} as a text",
    )
    return draft.sketch("str", words, body)


def _divisor(draft: Draft) -> Sketch:
    """Euclid's algorithm, plain or with what is made of it."""
    a, b = draft.pair("int", "small")
    times = draft.choice((1, 1, 2, 3, 5))
    draft.size += 2
    draft.slugs.append("common_divisor")
    words = phrase(
        "the greatest common divisor of `a` and `b`",
        "the largest number that divides both `a` and `b`",
    )
    if times > 1:
        words = phrase(f"{times} times {{of}}", of=words)
    if times == 1 and draft.chance(0.6):
        body: tuple[Stmt, ...] = (
            If(compare("==", b, 0), (Return(a),)),
            Return(_again(b, arithmetic("%", a, b))),
        )
        return draft.sketch("int", words, body)
    x, y, rest = Name("x", "int"), Name("y", "int"), Name("rest", "int")
    step = (Let(rest, arithmetic("%", x, y)), Assign(x, y), Assign(y, rest))
    value = x if times == 1 else arithmetic("*", x, times)
    body = (Let(x, a), Let(y, b), While(compare(">", y, 0), step), Return(value))
    return draft.sketch("int", words, body)


def _power(draft: Draft) -> Sketch:
    """A power, kept small by a modulus."""
    a, b = draft.pair("int", "small")
    by = draft.choice((10, 100, 97, 1000, 7))
    rest = _again(a, arithmetic("-", b, 1))
    times = arithmetic("*", a, rest)
    body = (
        If(compare("==", b, 0), (Return(number(1)),)),
        Return(arithmetic("%", times, by)),
    )
    draft.size += 2
    draft.slugs.append("power")
    words = phrase(f"`a` to the power of `b`, modulo {by}", f"a^b modulo {by}")
    return draft.sketch("int", words, body)


def _until(draft: Draft) -> Sketch:
    """How many steps a number takes: one rule if a test holds, else another."""
    n = draft.param("int", "count")
    value, steps = Name("value", "int"), Name("steps", "int")
    by, less = draft.choice((2, 2, 3)), draft.choice((1, 1, 2))
    stop = draft.choice((0, 1)) if less == 1 else 1
    test = compare("==", arithmetic("%", value, by), 0)
    shrink = (
        If(
            test,
            (Update(value, "//", number(by)),),
            (Update(value, "-", number(less)),),
        ),
    )
    step = (*shrink, Update(steps, "+", number(1)))
    loop = While(compare(">", value, stop), step)
    draft.size += 3
    draft.slugs.append("steps_down")
    rule = f"if it is divisible by {by} divide it by {by}, else subtract {less}"
    words = phrase(
        f"the number of steps that `{n.id}` needs until it is at most {stop}, when in "
        f"each step: {rule}"
    )
    body = (Let(value, n), Let(steps, number(0)), loop, Return(steps))
    return draft.sketch("int", words, body)


def _formula(draft: Draft) -> Sketch:
    """Arithmetic of two numbers, or two formulas and a test which."""
    a, b = draft.pair("int", "small")
    formulas = []
    for _ in range(2):
        k = draft.whole(2, 9)
        formulas.append(
            draft.choice(
                (
                    (arithmetic("+", a, b), "a + b"),
                    (arithmetic("-", a, b), "a - b"),
                    (arithmetic("*", a, b), "a * b"),
                    (arithmetic("+", arithmetic("*", a, k), b), f"{k} * a + b"),
                    (arithmetic("-", arithmetic("*", b, k), a), f"{k} * b - a"),
                    (arithmetic("+", arithmetic("*", a, b), k), f"a * b + {k}"),
                    (Call("max", (a, b), "int"), "the larger of `a` and `b`"),
                    (Call("abs", (arithmetic("-", a, b),), "int"), "|a - b|"),
                )
            )
        )
    (one, said), (two, other) = formulas
    draft.slugs.append("formula")
    draft.size += 1
    if draft.chance(0.3):
        by = draft.whole(3, 11)
        total = arithmetic("%", arithmetic("+", arithmetic("*", a, a), one), by)
        return draft.sketch(
            "int",
            phrase(f"the remainder of a * a + ({said}) divided by {by}"),
            (Return(total),),
        )
    tested = predicates.predicate(draft, a)
    which = Phrase((f"{said} if `a` {{one}}, otherwise {other}",), {"one": tested.one})
    body = (If(tested.test, (Return(one),)), Return(two))
    return draft.sketch("int", which, body)


def _triangle(draft: Draft) -> Sketch:
    """How many pairs of numbers pass a test: a loop in a loop."""
    n = draft.param("int", "short")
    i, j, total = Name("i", "int"), Name("j", "int"), Name("count", "int")
    op, word = draft.choice((("*", "products"), ("+", "sums")))
    tested = predicates.predicate(draft, Op(op, i, j, "int"))
    inner = Range(j, i, n, (If(tested.test, (Update(total, "+", number(1)),)),), True)
    body = (
        Let(total, number(0)),
        Range(i, number(1), n, (inner,), True),
        Return(total),
    )
    draft.size += 2
    draft.slugs.append("pairs_below")
    ways = (
        f"the number of {word} i {op} j with 1 <= i <= j <= `{n.id}` that {{many}}",
    )
    return draft.sketch("int", Phrase(ways, {"many": tested.many}), body)


_PLAIN = (_formula, _formula, _digits)
_ALL = (
    _stepwise,
    _two_back,
    _digits,
    _based,
    _until,
    _power,
    _formula,
    _divisor,
    _triangle,
)
