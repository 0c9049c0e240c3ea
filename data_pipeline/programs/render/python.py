"""Python."""

from __future__ import annotations

from collections.abc import Sequence

from data_pipeline.programs.render import idioms
from data_pipeline.programs.render.writer import (
    ADD,
    ATOM,
    COMPARE,
    LOOSE,
    NOT,
    OR,
    Text,
    Writer,
)
from data_pipeline.programs.tree import (
    Call,
    Choice,
    Expr,
    Function,
    Gather,
    If,
    Literal,
    Name,
    Not,
    Op,
    Range,
    last_place,
)


class Python(Writer):
    """Comprehensions where a loop does nothing else."""

    OPERATORS = {}
    TYPES = {
        **{"int": "int", "index": "int", "bool": "bool", "str": "str", "char": "str"},
        **{"list": "list[{}]", "dict": "dict[{}, int]"},
    }
    CALLS = {
        "abs": ("abs({0})", ATOM),
        "min": ("min({0}, {1})", ATOM),
        "max": ("max({0}, {1})", ATOM),
        "len": ("len({0})", ATOM),
        "at": ("{0:8}[{1}]", ATOM),
        "digit": ("int({0})", ATOM),
        "place": ('ord({0}) - ord("a")', ADD),
        "letter": ('chr(ord("a") + {0:6})', ATOM),
        "upper": ("{0:8}.upper()", ATOM),
        "is_digit": ("{0:8}.isdigit()", ATOM),
        "is_letter": ("{0:8}.isalpha()", ATOM),
        "within": ("{1:5} in {0}", COMPARE),
        "contains": ("{1:5} in {0:5}", COMPARE),
        "starts": ("{0:8}.startswith({1})", ATOM),
        "ends": ("{0:8}.endswith({1})", ATOM),
        "text": ("str({0})", ATOM),
        "join": ("{1:8}.join({0})", ATOM),
        "has": ("{1:5} in {0:5}", COMPARE),
        "get": ("{0:8}[{1}]", ATOM),
        "values": ("{0:8}.values()", ATOM),
    }
    END = ""
    camel = False

    def function(self, function: Function) -> str:
        return super().function(idioms.gathered(function))

    def signature(self, function: Function) -> str:
        params = ", ".join(
            f"{one.id}: {self.type(one.type)}" for one in function.params
        )
        return f"def {function.name}({params}) -> {self.type(function.result)}:"

    def around(self, head: str, body: Sequence[str]) -> list[str]:
        return [head, *(self.INDENT + line for line in body)]

    def head(self, word: str, test: Expr) -> str:
        return f"{word} {self.expr(test)}:"

    def condition(self, node: If) -> list[str]:
        lines = self.around(self.head("if", node.test), self.nested(node.then))
        match node.other:
            case (If() as other,):
                first, *rest = self.condition(other)
                lines += [f"el{first}", *rest]
            case (_, *_):
                lines += self.around("else:", self.nested(node.other))
        return lines

    def let(self, name: Name, value: Expr | None) -> str:
        empty = {"list": "[]", "dict": "{}", "set": "set()", "str": '""'}
        if value is None:
            return f"{name.id} = {empty[name.type.partition('[')[0]]}"
        return f"{name.id} = {self.expr(value)}"

    def update(self, name: Name, op: str, value: Expr) -> str:
        return f"{name.id} {op}= {self.expr(value)}"

    def append(self, name: Name, value: Expr) -> str:
        verb = "add" if name.type.startswith("set") else "append"
        return f"{name.id}.{verb}({self.expr(value)})"

    def count(self, name: Name, key: Expr, amount: Expr) -> str:
        where = self.expr(key)
        return f"{name.id}[{where}] = {name.id}.get({where}, 0) + {self.expr(amount)}"

    def sort(self, name: Name) -> str:
        return f"{name.id}.sort()"

    def each(self, var: Name, iterable: Expr) -> str:
        return f"for {var.id} in {self.expr(iterable)}:"

    def entries(self, key: Name, value: str, table: Name) -> str:
        return f"for {key.id}, {value} in {table.id}.items():"

    def range(self, var: Name, start: Expr, stop: Expr, closed: bool) -> str:
        return f"for {var.id} in {self._range(start, stop, closed)}:"

    def _range(self, start: Expr, stop: Expr, closed: bool) -> str:
        end = f"{self.expr(stop, ADD)} + 1" if closed else self.expr(stop)
        from_zero = isinstance(start, Literal) and start.value == 0
        return f"range({end})" if from_zero else f"range({self.expr(start)}, {end})"

    def text(self, node: Expr) -> Text:
        if isinstance(node, Gather):
            return self._gathered(node)
        if isinstance(node, Not):
            test = node.test
            if isinstance(test, Call) and test.name in ("within", "has", "contains"):
                return self.expr(test).replace(" in ", " not in ", 1), COMPARE
            return f"not {self.expr(test, NOT)}", NOT
        return super().text(node)

    def _gathered(self, node: Gather) -> Text:
        if isinstance(node.iterable, Range):
            ends = node.iterable
            items = self._range(ends.start, ends.stop, ends.closed)
        else:
            items = self.expr(node.iterable, OR)
        inner = f"{self.expr(node.value)} for {node.var.id} in {items}"
        if node.test is not None:
            inner += f" if {self.expr(node.test, OR)}"
        around = {"list": "[{}]", "text": '"".join({})'}
        return around.get(node.kind, f"{node.kind}({{}})").replace("{}", inner), ATOM

    def literal(self, node: Literal) -> Text:
        if node.type == "bool":
            return str(node.value), ATOM
        if node.type == "char":
            return f'"{node.value}"', ATOM
        return super().literal(node)

    def choice(self, node: Choice) -> Text:
        test, yes, no = (self.expr(one, OR) for one in (node.test, node.yes, node.no))
        return f"{yes} if {test} else {no}", LOOSE

    def call(self, node: Call) -> Text:
        if node.name == "text" and node.args[0].type == "char":
            return self.text(node.args[0])
        if node.name == "at" and node.args[1] == last_place(node.args[0]):
            return f"{self.expr(node.args[0], ATOM)}[-1]", ATOM
        return super().call(node)

    def op(self, node: Op) -> Text:
        match node:
            case Op("and", Op(">=", one, low), Op("<=", two, high)) if one == two:
                ends = [self.expr(end, ADD) for end in (low, one, high)]
                return " <= ".join(ends), COMPARE
        return super().op(node)
