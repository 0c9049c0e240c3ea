"""What the writers of all languages share."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from data_pipeline.programs.tree import (
    Append,
    Assign,
    Call,
    Choice,
    Count,
    Expr,
    For,
    Function,
    If,
    Let,
    Literal,
    Name,
    Not,
    Op,
    Put,
    Range,
    Return,
    Sort,
    Stmt,
    Update,
    While,
    walk,
)

LOOSE, OR, AND, NOT, COMPARE, ADD, TIMES, UNARY, ATOM = range(9)
"""How strongly an expression holds together."""
_STRENGTH = {
    **{"or": OR, "and": AND, "+": ADD, "-": ADD, "*": TIMES, "//": TIMES, "%": TIMES},
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), COMPARE),
}
_ARGUMENT = re.compile(r"\{(\d)(?::(\d))?\}")

Text = tuple[str, int]
"""Source of an expression, and how strongly it holds together."""


class Writer:
    """Writes one function; the base is the family of C. To be made anew for each.

    Args:
      name: of the function, where only an expression of it is written.

    Attributes:
      CALLS: templates of `tree.CALLS`, by name or by name and type of the first
        argument. `{0}` is the first argument, `{0:8}` one that holds together at least
        as an atom; the number is how strongly the whole does.
      OPERATORS: where they are not those of C.
      TYPES: names of types.
      COUNTING: the head of a loop over numbers.
      END: of statements.
      INDENT: of blocks.
      space: around operators.
      camel: names of functions are written as `thisName`, not as `this_name`.
    """

    CALLS: dict[str, Text] = {}
    OPERATORS: dict[str, str] = {"//": "/", "and": "&&", "or": "||"}
    TYPES: dict[str, str] = {}
    COUNTING = "for (int {i} = {first}; {i} {sign} {last}; {i}++)"
    END = ";"
    INDENT = "    "
    space = " "
    camel = True

    def __init__(self, name: str = "") -> None:
        self.params: tuple[str, ...] = ()
        self.changed: set[str] = set()
        self._hoisted: list[str] = []
        self._taken: set[str] = set()
        self._entries: dict[tuple[str, str], str] = {}
        self._name = name

    # A function.

    def function(self, function: Function) -> str:
        """The source, ending with a line end."""
        self.params = tuple(param.id for param in function.params)
        self.changed = {
            node.name.id
            for node in walk(function.body)
            if isinstance(node, (Assign, Update, Append, Count, Put, Sort))
        }
        self._taken = {
            node.id for node in walk(function.body) if isinstance(node, Name)
        }
        self._name = self.called(function)
        body = self.block(function.body)
        return "\n".join([*self.around(self.signature(function), body), ""])

    def signature(self, function: Function) -> str:
        raise NotImplementedError

    def called(self, function: Function) -> str:
        first, *rest = function.name.split("_")
        if not self.camel:
            return function.name
        return first + "".join(word.capitalize() for word in rest)

    def type(self, type: str) -> str:
        """The name of a type."""
        kind, _, inner = type.partition("[")
        if not inner:
            return self.TYPES[type]
        return self.TYPES[kind].format(
            self.TYPES.get(f"in {inner[:-1]}") or self.type(inner[:-1])
        )

    # Statements, each as lines.

    def block(self, body: Sequence[Stmt]) -> list[str]:
        """Lines of statements, not yet indented."""
        lines = []
        for node in body:
            written = self.statement(node)
            lines += self._hoisted + written
            self._hoisted = []
        return lines

    def nested(self, body: Sequence[Stmt]) -> list[str]:
        """Lines of inner statements, whatever is hoisted in this one kept for it."""
        kept, self._hoisted = self._hoisted, []
        lines = self.block(body)
        self._hoisted = kept
        return lines

    def hoist(self, name: str, lines: Sequence[str]) -> str:
        """Puts lines before the statement that is being written.

        Args:
          name: of the variable that they make; `{}` in the lines.

        Returns:
          The name that it got.
        """
        free, number = name, 2
        while free in self._taken:
            free, number = f"{name}{number}", number + 1
        self._taken.add(free)
        self._hoisted += [line.replace("{}", free) for line in lines]
        return free

    def around(self, head: str, body: Sequence[str]) -> list[str]:
        """A head and its block."""
        return [f"{head} {{", *(self.INDENT + line for line in body), "}"]

    def statement(self, node: Stmt) -> list[str]:
        match node:
            case Let(name, value):
                return [self.let(name, value) + self.END]
            case Assign(name, value):
                return self.assign(name, value)
            case Update(name, op, value):
                return [self.update(name, op, value) + self.END]
            case Append(name, value):
                return [self.append(name, value) + self.END]
            case Count(name, key, amount):
                return [self.count(name, key, amount) + self.END]
            case Put(name, key, value):
                return [self.put(name, key, value) + self.END]
            case Sort(name):
                return [self.sort(name) + self.END]
            case For(var, iterable, body):
                return self.loop(var, iterable, body)
            case Range(var, start, stop, body, closed):
                head = self.range(var, start, stop, closed)
                return self.around(head, self.nested(body))
            case While(test, body):
                return self.around(self.head("while", test), self.nested(body))
            case If():
                return self.condition(node)
            case Return(value):
                return [self.returned(value)]
        raise TypeError(f"{node} is no statement")

    def condition(self, node: If) -> list[str]:
        head = self.head("if", node.test)
        lines = self.around(head, self.nested(node.then))
        if not node.other:
            return lines
        chained = self._chained(node.other)
        if chained:
            return [*lines[:-1], f"}} else {chained[0]}", *chained[1:]]
        return lines[:-1] + self.around("} else", self.nested(node.other))

    def _chained(self, body: Sequence[Stmt]) -> list[str]:
        """Lines of a branch that can follow an `else` on its line, or none: another
        condition that puts no statement before itself."""
        if len(body) != 1 or not isinstance(body[0], If):
            return []
        before = list(self._hoisted)
        lines = self.condition(body[0])
        if self._hoisted == before:
            return lines
        self._hoisted = before
        return []

    def loop(self, var: Name, iterable: Expr, body: Sequence[Stmt]) -> list[str]:
        if isinstance(iterable, Name) and iterable.type.startswith("dict"):
            self._entries[iterable.id, var.id] = "value"
            lines = self.around(self.entries(var, "value", iterable), self.nested(body))
            del self._entries[iterable.id, var.id]
            return lines
        return self.around(self.each(var, iterable), self.nested(body))

    def head(self, word: str, test: Expr) -> str:
        return f"{word} ({self.expr(test)})"

    def let(self, name: Name, value: Expr | None) -> str:
        raise NotImplementedError

    def assign(self, name: Name, value: Expr) -> list[str]:
        return [f"{name.id} = {self.expr(value)}{self.END}"]

    def update(self, name: Name, op: str, value: Expr) -> str:
        if isinstance(value, Literal) and value.value == 1 and op in "+-":
            return f"{name.id}{op}{op}"
        return f"{name.id} {self.OPERATORS.get(op, op)}= {self.expr(value)}"

    def append(self, name: Name, value: Expr) -> str:
        raise NotImplementedError

    def count(self, name: Name, key: Expr, amount: Expr) -> str:
        raise NotImplementedError

    def put(self, name: Name, key: Expr, value: Expr) -> str:
        return f"{name.id}[{self.expr(key)}] = {self.expr(value)}"

    def sort(self, name: Name) -> str:
        raise NotImplementedError

    def each(self, var: Name, iterable: Expr) -> str:
        """The head of a loop over elements, characters or values."""
        raise NotImplementedError

    def entries(self, key: Name, value: str, table: Name) -> str:
        """The head of a loop over a dictionary."""
        raise NotImplementedError

    def range(self, var: Name, start: Expr, stop: Expr, closed: bool) -> str:
        """The head of a loop over numbers, the last of them too where it is closed."""
        return self.COUNTING.format(
            i=var.id,
            first=self.expr(start),
            sign="<=" if closed else "<",
            last=self.expr(stop, ADD),
        )

    def returned(self, value: Expr) -> str:
        return f"return {self.expr(value)}{self.END}"

    # Expressions.

    def expr(self, node: Expr, strength: int = LOOSE) -> str:
        """The source, in parentheses if it must hold together more strongly."""
        source, own = self.text(node)
        return source if own >= strength else f"({source})"

    def text(self, node: Expr) -> Text:
        match node:
            case Name(id):
                return id, ATOM
            case Literal():
                return self.literal(node)
            case Op():
                return self.op(node)
            case Not(test):
                return f"!{self.expr(test, UNARY)}", UNARY
            case Choice():
                return self.choice(node)
            case Call("get", (Name(table), Name(key))) if (table, key) in self._entries:
                return self._entries[table, key], ATOM
            case Call("again", args):
                return f"{self._name}({', '.join(map(self.expr, args))})", ATOM
            case Call():
                return self.call(node)
        raise TypeError(f"{node} is no expression")

    def literal(self, node: Literal) -> Text:
        if node.type == "bool":
            return ("true" if node.value else "false"), ATOM
        if node.type == "char":
            return f"'{node.value}'", ATOM
        if node.type == "str":
            return json.dumps(node.value), ATOM
        assert isinstance(node.value, int)
        return str(node.value), UNARY if node.value < 0 else ATOM

    def op(self, node: Op) -> Text:
        if node.op == "-" and isinstance(node.left, Literal) and node.left.value == 0:
            return f"-{self.expr(node.right, UNARY)}", UNARY
        strength = _STRENGTH[node.op]
        sign = self.OPERATORS.get(node.op, node.op)
        left = self.operand(node, node.left, strength)
        right = self.operand(node, node.right, strength + 1)
        return f"{left}{self.space}{sign}{self.space}{right}", strength

    def operand(self, node: Op, inner: Expr, strength: int) -> str:
        """One side of an operator.

        Args:
          strength: with which it must hold together; but `&&` beside `||` stands in
            parentheses, and beside itself in none.
        """
        if isinstance(inner, Op) and {node.op, inner.op} <= {"and", "or"}:
            strength = OR if node.op == inner.op else ATOM
        return self.expr(inner, strength)

    def choice(self, node: Choice) -> Text:
        test, yes, no = (self.expr(one, OR) for one in (node.test, node.yes, node.no))
        return f"{test} ? {yes} : {no}", LOOSE

    def call(self, node: Call) -> Text:
        first = node.args[0].type
        kind = first.partition("[")[0]
        for key in (f"{node.name}:{first}", f"{node.name}:{kind}", node.name):
            if key in self.CALLS:
                return self.filled(*self.CALLS[key], node.args)
        raise KeyError(f"{type(self).__name__} cannot write {node.name} of {first}")

    def filled(self, template: str, strength: int, args: Sequence[Expr]) -> Text:
        """A template with its arguments."""

        def argument(found: re.Match[str]) -> str:
            return self.expr(args[int(found[1])], int(found[2] or LOOSE))

        return _ARGUMENT.sub(argument, template), strength
