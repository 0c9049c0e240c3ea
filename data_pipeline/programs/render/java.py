"""Java, as a static method."""

from __future__ import annotations

from data_pipeline.programs.render.writer import (
    ADD,
    ATOM,
    COMPARE,
    UNARY,
    Text,
    Writer,
)
from data_pipeline.programs.tree import Call, Expr, Function, Literal, Name, Not, Op


class Java(Writer):
    TYPES = {
        **{"int": "int", "index": "int", "bool": "boolean", "str": "String"},
        **{"char": "char", "list": "List<{}>", "dict": "Map<{}, Integer>"},
        **{"set": "Set<{}>", "in int": "Integer", "in char": "Character"},
    }
    CALLS = {
        "abs": ("Math.abs({0})", ATOM),
        "min": ("Math.min({0}, {1})", ATOM),
        "max": ("Math.max({0}, {1})", ATOM),
        "len": ("{0:8}.size()", ATOM),
        "len:str": ("{0:8}.length()", ATOM),
        "at": ("{0:8}.get({1})", ATOM),
        "at:str": ("{0:8}.charAt({1})", ATOM),
        "digit": ("{0:5} - '0'", ADD),
        "place": ("{0:5} - 'a'", ADD),
        "letter": ("(char) ('a' + {0:6})", UNARY),
        "upper:char": ("Character.toUpperCase({0})", ATOM),
        "upper": ("{0:8}.toUpperCase()", ATOM),
        "is_digit": ("Character.isDigit({0})", ATOM),
        "is_letter": ("Character.isLetter({0})", ATOM),
        "within": ("{0:8}.indexOf({1}) >= 0", COMPARE),
        "contains": ("{0:8}.contains({1})", ATOM),
        "starts": ("{0:8}.startsWith({1})", ATOM),
        "ends": ("{0:8}.endsWith({1})", ATOM),
        "text": ("String.valueOf({0})", ATOM),
        "join": ("String.join({1}, {0})", ATOM),
        "has:set": ("{0:8}.contains({1})", ATOM),
        "get": ("{0:8}.get({1})", ATOM),
        "values": ("{0:8}.values()", ATOM),
    }

    def signature(self, function: Function) -> str:
        params = ", ".join(f"{self.type(one.type)} {one.id}" for one in function.params)
        return f"static {self.type(function.result)} {self.called(function)}({params})"

    def let(self, name: Name, value: Expr | None) -> str:
        empty = {"list": "ArrayList", "dict": "HashMap", "set": "HashSet"}
        kind = self.type(name.type)
        if value is not None:
            return f"{kind} {name.id} = {self.expr(value)}"
        if name.type == "str":
            return f'{kind} {name.id} = ""'
        return f"{kind} {name.id} = new {empty[name.type.partition('[')[0]]}<>()"

    def append(self, name: Name, value: Expr) -> str:
        return f"{name.id}.add({self.expr(value)})"

    def count(self, name: Name, key: Expr, amount: Expr) -> str:
        return f"{name.id}.merge({self.expr(key)}, {self.expr(amount)}, Integer::sum)"

    def put(self, name: Name, key: Expr, value: Expr) -> str:
        return f"{name.id}.put({self.expr(key)}, {self.expr(value)})"

    def sort(self, name: Name) -> str:
        return f"Collections.sort({name.id})"

    def each(self, var: Name, iterable: Expr) -> str:
        items = self.expr(iterable)
        if iterable.type == "str":
            items = f"{self.expr(iterable, ATOM)}.toCharArray()"
        return f"for ({self.type(var.type)} {var.id} : {items})"

    def entries(self, key: Name, value: str, table: Name) -> str:
        self._entries[table.id, key.id] = f"{table.id}.get({key.id})"
        return f"for (String {key.id} : {table.id}.keySet())"

    def text(self, node: Expr) -> Text:
        match node:
            case Not(Call("within", args)):
                return self.filled("{0:8}.indexOf({1}) < 0", COMPARE, args)
        return super().text(node)

    def op(self, node: Op) -> Text:
        match node:
            case Op("==" | "!=" as op, left, right) if self._is_object(left, right):
                same = f"{self.expr(left, ATOM)}.equals({self.expr(right)})"
                return (same, ATOM) if op == "==" else (f"!{same}", UNARY)
            case Op("+", Literal(), Call("text", (value,)), "str") if (
                value.type == "int"
            ):
                # Java makes a text of a number beside a text.
                left = self.expr(node.left)
                return f"{left} + {self.expr(value, ADD + 1)}", ADD
        return super().op(node)

    @staticmethod
    def _is_object(left: Expr, right: Expr) -> bool:
        """Texts, and numbers that both come out of a list, are compared as objects."""
        if left.type == "str":
            return True
        sides = [
            isinstance(side, Call)
            and side.name in ("at", "get")
            and side.args[0].type != "str"
            for side in (left, right)
        ]
        return all(sides)
