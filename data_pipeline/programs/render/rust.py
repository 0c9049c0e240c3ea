"""Rust, with `use std::collections::*`."""

from __future__ import annotations

from data_pipeline.programs.render.writer import (
    ADD,
    ATOM,
    COMPARE,
    LOOSE,
    TIMES,
    UNARY,
    Text,
    Writer,
)
from data_pipeline.programs.tree import (
    Call,
    Choice,
    Expr,
    Function,
    Literal,
    Name,
    Op,
    last_place,
    number,
)

_BORROWED = {"str": "&str", "list[int]": "&[i64]", "list[str]": "&[String]"}
_WHOLE = ("int", "index")


class Rust(Writer):
    """Parameters are borrowed; texts that are kept are owned."""

    TYPES = {
        **{"int": "i64", "index": "usize", "bool": "bool", "str": "String"},
        **{"char": "char", "list": "Vec<{}>", "dict": "HashMap<{}, i64>"},
        **{"set": "HashSet<{}>"},
    }
    CALLS = {
        "abs": ("{0:8}.abs()", ATOM),
        "len": ("{0:8}.len()", ATOM),
        "at": ("{0:8}[{1}]", ATOM),
        "digit": ("{0:8}.to_digit(10).unwrap() as i64", UNARY),
        "place": ("({0:8} as u8 - b'a') as i64", UNARY),
        "letter": ("(b'a' + ({0}) as u8) as char", UNARY),
        "upper:char": ("{0:8}.to_ascii_uppercase()", ATOM),
        "upper": ("{0:8}.to_uppercase()", ATOM),
        "is_digit": ("{0:8}.is_ascii_digit()", ATOM),
        "is_letter": ("{0:8}.is_alphabetic()", ATOM),
        "within": ("{0:8}.contains({1})", ATOM),
        "starts": ("{0:8}.starts_with({1})", ATOM),
        "ends": ("{0:8}.ends_with({1})", ATOM),
        "text": ("{0:8}.to_string()", ATOM),
        "join": ("{0:8}.join({1})", ATOM),
        "get": ("{0:8}[{1}]", ATOM),
        "values": ("{0:8}.values()", ATOM),
    }
    camel = False

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._owned: set[str] = set()

    def signature(self, function: Function) -> str:
        params = ", ".join(
            f"{one.id}: {self._param(one.type)}" for one in function.params
        )
        return f"fn {function.name}({params}) -> {self.type(function.result)}"

    def _param(self, type: str) -> str:
        if type in _BORROWED:
            return _BORROWED[type]
        return f"&{self.type(type)}" if type.startswith("dict") else self.type(type)

    def head(self, word: str, test: Expr) -> str:
        return f"{word} {self.expr(test)}"

    def let(self, name: Name, value: Expr | None) -> str:
        head = f"let {'mut ' if name.id in self.changed else ''}{name.id}"
        kind = name.type.partition("[")[0]
        if kind == "str":
            self._owned.add(name.id)
        if value is None or value == Literal("", "str"):
            empty = {"list": "Vec", "dict": "HashMap", "set": "HashSet"}
            return f"{head} = {empty.get(kind, 'String')}::new()"
        if isinstance(value, Literal) and name.type == "int":
            return f"{head}: i64 = {self.expr(value)}"
        return f"{head} = {self.kept(value, name.type)}"

    def assign(self, name: Name, value: Expr) -> list[str]:
        match value:
            case Op("+", Call("text", (char,)), Name(id)) if id == name.id:
                return [f"{id}.insert(0, {self.expr(char)});"]
        return [f"{name.id} = {self.kept(value, name.type)};"]

    def update(self, name: Name, op: str, value: Expr) -> str:
        if name.type == "str":
            if value.type == "char":
                return f"{name.id}.push({self.expr(value)})"
            return f"{name.id}.push_str({self.lent(value)})"
        return f"{name.id} {self.OPERATORS.get(op, op)}= {self.whole(value, name.type)}"

    def append(self, name: Name, value: Expr) -> str:
        verb = "insert" if name.type.startswith("set") else "push"
        return f"{name.id}.{verb}({self.kept(value)})"

    def count(self, name: Name, key: Expr, amount: Expr) -> str:
        entry = f"*{name.id}.entry({self.kept(key)}).or_insert(0)"
        return f"{entry} += {self.whole(amount)}"

    def put(self, name: Name, key: Expr, value: Expr) -> str:
        return f"{name.id}.insert({self.kept(key)}, {self.kept(value)})"

    def sort(self, name: Name) -> str:
        return f"{name.id}.sort()"

    def each(self, var: Name, iterable: Expr) -> str:
        items = self.expr(iterable, ATOM)
        if iterable.type == "str":
            return f"for {var.id} in {items}.chars()"
        local = isinstance(iterable, Name) and iterable.id not in self.params
        items = f"&{items}" if local else items
        return f"for {'&' if var.type == 'int' else ''}{var.id} in {items}"

    def entries(self, key: Name, value: str, table: Name) -> str:
        return f"for ({key.id}, &{value}) in {table.id}"

    def range(self, var: Name, start: Expr, stop: Expr, closed: bool) -> str:
        sign = "..=" if closed else ".."
        first = self.whole(start, var.type, ADD)
        return f"for {var.id} in {first}{sign}{self.whole(stop, var.type, ADD)}"

    def function(self, function: Function) -> str:
        lines = super().function(function).split("\n")
        # What a function ends with is its value.
        last = lines[-3].strip()
        if last.startswith("return "):
            lines[-3] = self.INDENT + last.removeprefix("return ").removesuffix(";")
        return "\n".join(lines)

    def returned(self, value: Expr) -> str:
        if isinstance(value, Name) and value.id in self._owned:
            return f"return {value.id};"
        return f"return {self.kept(value)};"

    # Whole numbers are i64, but places and lengths usize; texts are owned or lent.

    def whole(self, node: Expr, type: str = "int", strength: int = LOOSE) -> str:
        """An expression as an int, or as a place."""
        own = self.kind(node)
        if own == type or own not in _WHOLE or isinstance(node, Literal):
            return self.expr(node, strength)
        source = f"{self.expr(node, UNARY)} as {self.TYPES[type]}"
        return source if strength <= TIMES else f"({source})"

    def kind(self, node: Expr) -> str:
        """The type of an expression as it is written: lengths are places."""
        match node:
            case Call("len"):
                return "index"
            case Op("%" | "//" | "+", left, Literal()):
                return self.kind(left)
        return node.type

    def kept(self, node: Expr, type: str = "") -> str:
        """An expression as a value of its own."""
        if node.type != "str":
            return self.whole(
                node, type or ("int" if node.type == "int" else node.type)
            )
        if isinstance(node, Literal):
            return f"{self.expr(node)}.to_string()" if node.value else "String::new()"
        if isinstance(node, (Name, Call)) and self._is_place(node):
            verb = "to_string" if self._is_lent(node) else "clone"
            return f"{self.expr(node)}.{verb}()"
        return self.expr(node)

    def _is_place(self, node: Expr) -> bool:
        return isinstance(node, Name) or isinstance(node, Call) and node.name == "at"

    def _is_lent(self, node: Expr) -> bool:
        """It is a `&str`: a parameter."""
        return isinstance(node, Name) and node.id in self.params

    def lent(self, node: Expr) -> str:
        """A text as `&str`."""
        if isinstance(node, Literal) or self._is_lent(node):
            return self.expr(node)
        return f"&{self.expr(node, UNARY)}"

    def text(self, node: Expr) -> Text:
        match node:
            case Call("again", args):
                inner = ", ".join(self.whole(arg) for arg in args)
                return f"{self._name}({inner})", ATOM
        return super().text(node)

    def op(self, node: Op) -> Text:
        if node.type == "str":
            return self._joined(node), ATOM
        left, right = node.left, node.right
        if left.type == "str":
            sides = [f"{self.expr(one)}" for one in (left, right)]
            return f"{sides[0]} {node.op} {sides[1]}", COMPARE
        types = {
            self.kind(one) for one in (left, right) if not isinstance(one, Literal)
        }
        if node.type == "int" and types == {"index"} and self.kind(node) == "int":
            types.add("int")
        if {"int", "index"} <= types:
            node = Op(node.op, self._cast(left), self._cast(right), node.type)
        return super().op(node)

    def operand(self, node: Op, inner: Expr, strength: int) -> str:
        """`x as i64 < y` would begin a list of types."""
        source = super().operand(node, inner, strength)
        cast = source.endswith((" as i64", " as usize"))
        return f"({source})" if cast and node.op == "<" else source

    def _cast(self, node: Expr) -> Expr:
        if self.kind(node) == "index" and not isinstance(node, Literal):
            return Call("as int", (node,), "int")
        return node

    def _joined(self, node: Op) -> str:
        parts: list[Expr] = []

        def collect(one: Expr) -> None:
            if isinstance(one, Op):
                collect(one.left)
                collect(one.right)
            else:
                parts.append(one)

        collect(node)
        # What is made a text only to be joined is joined as it is.
        bare = [
            one.args[0] if isinstance(one, Call) and one.name == "text" else one
            for one in parts
        ]
        holes = "".join(
            one.value if isinstance(one, Literal) and one.type == "str" else "{}"
            for one in bare  # type: ignore[misc]
        )
        args = [
            self.expr(one)
            for one in bare
            if not (isinstance(one, Literal) and one.type == "str")
        ]
        return f'format!("{holes}", {", ".join(args)})'

    def choice(self, node: Choice) -> Text:
        yes, no = self.kept(node.yes), self.kept(node.no)
        return f"if {self.expr(node.test)} {{ {yes} }} else {{ {no} }}", LOOSE

    def call(self, node: Call) -> Text:
        match node:
            case Call("as int", (inner,)):
                return f"{self.expr(inner, UNARY)} as i64", UNARY
            case Call("max" | "min" as which, (one, other)):
                if isinstance(one, Literal):
                    one, other = other, one
                first, second = (
                    self.whole(one, node.type, ATOM),
                    self.whole(other, node.type),
                )
                return f"{first}.{which}({second})", ATOM
            case Call("at", (word, place)) if word.type == "str":
                source = self.expr(word, ATOM)
                if place == number(0):
                    return f"{source}.chars().next().unwrap()", ATOM
                if place == last_place(word):
                    return f"{source}.chars().last().unwrap()", ATOM
                return f"{source}.chars().nth({self.expr(place)}).unwrap()", ATOM
            case Call(
                "starts" | "ends" | "contains" as which, (word, Literal(str() as one))
            ):
                verb = which if which == "contains" else f"{which}_with"
                return f"{self.expr(word, ATOM)}.{verb}('{one}')", ATOM
            case Call("has", (keys, key)):
                lent = self.expr(key, UNARY)
                by_name = isinstance(key, Name) and key.type == "str"
                return (
                    f"{self.expr(keys)}.contains({'' if by_name else '&'}{lent})",
                    ATOM,
                )
        return super().call(node)
