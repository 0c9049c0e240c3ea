"""Go."""

from __future__ import annotations

from data_pipeline.programs.render.writer import ATOM, COMPARE, Text, Writer
from data_pipeline.programs.tree import (
    Call,
    Choice,
    Expr,
    Function,
    Let,
    Literal,
    Name,
    Op,
    Stmt,
    walk,
)


class Go(Writer):
    """Without min, max and abs, which Go has for ints only since 1.21 or not at all."""

    TYPES = {
        **{"int": "int", "index": "int", "bool": "bool", "str": "string"},
        **{"char": "rune", "list": "[]{}", "dict": "map[{}]int", "set": "map[{}]bool"},
    }
    COUNTING = "for {i} := {first}; {i} {sign} {last}; {i}++"
    CALLS = {
        "len": ("len({0})", ATOM),
        "digit": ("int({0:5} - '0')", ATOM),
        "place": ("int({0:5} - 'a')", ATOM),
        "letter": ("rune('a' + {0:6})", ATOM),
        "upper:char": ("unicode.ToUpper({0})", ATOM),
        "upper": ("strings.ToUpper({0})", ATOM),
        "is_digit": ("unicode.IsDigit({0})", ATOM),
        "is_letter": ("unicode.IsLetter({0})", ATOM),
        "within": ("strings.ContainsRune({0}, {1})", ATOM),
        "contains": ("strings.Contains({0}, {1})", ATOM),
        "starts": ("strings.HasPrefix({0}, {1})", ATOM),
        "ends": ("strings.HasSuffix({0}, {1})", ATOM),
        "text": ("strconv.Itoa({0})", ATOM),
        "text:char": ("string({0})", ATOM),
        "join": ("strings.Join({0}, {1})", ATOM),
        "has": ("{0:8}[{1}]", ATOM),
        "get": ("{0:8}[{1}]", ATOM),
        "values": ("{0:8}", ATOM),
    }
    END = ""
    INDENT = "\t"

    def signature(self, function: Function) -> str:
        params = ", ".join(f"{one.id} {self.type(one.type)}" for one in function.params)
        result = self.type(function.result)
        return f"func {self.called(function)}({params}) {result}"

    def head(self, word: str, test: Expr) -> str:
        return f"{'for' if word == 'while' else word} {self.expr(test)}"

    def let(self, name: Name, value: Expr | None) -> str:
        if value is not None:
            return f"{name.id} := {self.expr(value)}"
        return f"{name.id} := " + (
            '""' if name.type == "str" else f"{self.type(name.type)}{{}}"
        )

    def assign(self, name: Name, value: Expr) -> list[str]:
        match value:
            case Call("max" | "min" as which, (first, other)) if first == name:
                other = self._held(other)
                better = Op(">" if which == "max" else "<", other, name, "bool")
                inner = [f"{name.id} = {self.expr(other)}"]
                return self.around(self.head("if", better), inner)
        return super().assign(name, value)

    def update(self, name: Name, op: str, value: Expr) -> str:
        if name.type == "str" and value.type == "char":
            return f"{name.id} += {self.expr(Call('text', (value,), 'str'))}"
        return super().update(name, op, value)

    def append(self, name: Name, value: Expr) -> str:
        if name.type.startswith("set"):
            return f"{name.id}[{self.expr(value)}] = true"
        return f"{name.id} = append({name.id}, {self.expr(value)})"

    def count(self, name: Name, key: Expr, amount: Expr) -> str:
        where = f"{name.id}[{self.expr(key)}]"
        if amount == Literal(1, "int"):
            return f"{where}++"
        return f"{where} += {self.expr(amount)}"

    def sort(self, name: Name) -> str:
        kind = "Ints" if name.type == "list[int]" else "Strings"
        return f"sort.{kind}({name.id})"

    def each(self, var: Name, iterable: Expr) -> str:
        return f"for _, {var.id} := range {self.expr(iterable)}"

    def entries(self, key: Name, value: str, table: Name) -> str:
        return f"for {key.id}, {value} := range {table.id}"

    def op(self, node: Op) -> Text:
        match node:
            case Op(op, Call("at", (one, i)), Call("at", (two, j)), "bool") if (
                one.type == two.type == "str"
            ):  # bytes of texts are compared as they are
                sides = [
                    f"{self.expr(word, ATOM)}[{self.close(place)}]"
                    for word, place in ((one, i), (two, j))
                ]
                return f"{sides[0]} {op} {sides[1]}", COMPARE
            case Op(op, Call("at", (one, i)), Literal() as two, "bool") if (
                two.type == "char"
            ):
                byte = f"{self.expr(one, ATOM)}[{self.close(i)}]"
                return f"{byte} {op} {self.expr(two)}", COMPARE
        return super().op(node)

    def close(self, node: Expr) -> str:
        """An expression without spaces around its operators."""
        kept, self.space = self.space, ""
        source = self.expr(node)
        self.space = kept
        return source

    def operand(self, node: Op, inner: Expr, strength: int) -> str:
        """As gofmt has it: what binds more strongly stands closer together."""
        kept = self.space
        if isinstance(inner, Op) and inner.op in _CLOSE.get(node.op, ()):
            self.space = ""
        source = super().operand(node, inner, strength)
        self.space = kept
        return source

    def statement(self, node: Stmt) -> list[str]:
        match node:
            case Let(name, Choice() | Call("abs" | "min" | "max") as value):
                _, lines = self._apart(value)
                return [line.replace("{}", name.id) for line in lines]
        return super().statement(node)

    def choice(self, node: Choice) -> Text:
        return self.hoist(*self._apart(node)), ATOM

    def call(self, node: Call) -> Text:
        match node:
            case Call("abs" | "max" | "min"):
                return self.hoist(*self._apart(node)), ATOM
            case Call("at", (items, place)):
                found = f"{self.expr(items, ATOM)}[{self.close(place)}]"
                return (f"rune({found})" if node.type == "char" else found), ATOM
        return super().call(node)

    def _apart(self, node: Expr) -> tuple[str, list[str]]:
        """Statements that put what Go has no expression for into a variable `{}`, and
        a name for it."""
        held = Name("{}", "int")
        match node:
            case Choice(test, yes, no):
                first, second, name = no, self.expr(yes), "chosen"
            case Call("abs", (first,)):
                test = Op("<", held, Literal(0, "int"), "bool")
                second, name = "-{}", "distance"
            case Call("max", (first, other)):
                other = self._held(other)
                test = Op("<", held, other, "bool")
                second, name = self.expr(other), "larger"
            case Call("min", (first, other)):
                other = self._held(other)
                test = Op(">", held, other, "bool")
                second, name = self.expr(other), "smaller"
            case _:
                raise TypeError(f"{node} is an expression of Go")
        inner = self.around(self.head("if", test), [f"{{}} = {second}"])
        return name, [f"{{}} := {self.expr(first)}", *inner]

    def _held(self, node: Expr) -> Expr:
        """An expression that may be written twice: a variable, if it takes more."""
        apart = any(
            isinstance(one, Choice)
            or isinstance(one, Call)
            and one.name in ("abs", "min", "max")
            for one in walk(node)
        )
        return Name(self.expr(node), node.type) if apart else node


_TIMES = ("*", "//", "%")
_CLOSE = {
    **{"+": _TIMES, "-": _TIMES},
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), (*_TIMES, "+", "-")),
}
