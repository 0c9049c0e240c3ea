"""JavaScript."""

from __future__ import annotations

import json

from data_pipeline.programs.render.writer import (
    ADD,
    ATOM,
    TIMES,
    Text,
    Writer,
)
from data_pipeline.programs.tree import Call, Expr, Function, Literal, Name, Op


class JavaScript(Writer):
    COUNTING = "for (let {i} = {first}; {i} {sign} {last}; {i}++)"
    OPERATORS = {"and": "&&", "or": "||", "==": "===", "!=": "!=="}
    CALLS = {
        "abs": ("Math.abs({0})", ATOM),
        "min": ("Math.min({0}, {1})", ATOM),
        "max": ("Math.max({0}, {1})", ATOM),
        "len": ("{0:8}.length", ATOM),
        "len:set": ("{0:8}.size", ATOM),
        "len:dict": ("{0:8}.size", ATOM),
        "at": ("{0:8}[{1}]", ATOM),
        "digit": ("Number({0})", ATOM),
        "place": ("{0:8}.charCodeAt(0) - 97", ADD),
        "letter": ("String.fromCharCode(97 + {0:6})", ATOM),
        "upper": ("{0:8}.toUpperCase()", ATOM),
        "is_digit": ('{0:5} >= "0" && {0:5} <= "9"', 2),
        "is_letter": ('{0:5} >= "a" && {0:5} <= "z"', 2),
        "within": ("{0:8}.includes({1})", ATOM),
        "contains": ("{0:8}.includes({1})", ATOM),
        "starts": ("{0:8}.startsWith({1})", ATOM),
        "ends": ("{0:8}.endsWith({1})", ATOM),
        "text": ("String({0})", ATOM),
        "join": ("{0:8}.join({1})", ATOM),
        "has": ("{0:8}.has({1})", ATOM),
        "get": ("{0:8}.get({1})", ATOM),
        "values": ("{0:8}.values()", ATOM),
    }

    def signature(self, function: Function) -> str:
        params = ", ".join(one.id for one in function.params)
        return f"function {self.called(function)}({params})"

    def let(self, name: Name, value: Expr | None) -> str:
        kind = name.type.partition("[")[0]
        empty = {"list": "[]", "dict": "new Map()", "set": "new Set()", "str": '""'}
        assigned = name.id in self.changed and kind in ("int", "index", "str", "bool")
        start = empty[kind] if value is None else self.expr(value)
        return f"{'let' if assigned else 'const'} {name.id} = {start}"

    def update(self, name: Name, op: str, value: Expr) -> str:
        if op == "//":
            return f"{name.id} = Math.floor({name.id} / {self.expr(value, TIMES + 1)})"
        return super().update(name, op, value)

    def append(self, name: Name, value: Expr) -> str:
        verb = "add" if name.type.startswith("set") else "push"
        return f"{name.id}.{verb}({self.expr(value)})"

    def count(self, name: Name, key: Expr, amount: Expr) -> str:
        where = self.expr(key)
        old = f"({name.id}.get({where}) || 0)"
        return f"{name.id}.set({where}, {old} + {self.expr(amount)})"

    def put(self, name: Name, key: Expr, value: Expr) -> str:
        return f"{name.id}.set({self.expr(key)}, {self.expr(value)})"

    def sort(self, name: Name) -> str:
        order = "(a, b) => a - b" if name.type == "list[int]" else ""
        return f"{name.id}.sort({order})"

    def each(self, var: Name, iterable: Expr) -> str:
        return f"for (const {var.id} of {self.expr(iterable)})"

    def entries(self, key: Name, value: str, table: Name) -> str:
        return f"for (const [{key.id}, {value}] of {table.id})"

    def op(self, node: Op) -> Text:
        match node:
            case Op("//", left, right):
                inner = f"{self.expr(left, TIMES)} / {self.expr(right, TIMES + 1)}"
                return f"Math.floor({inner})", ATOM
            case Op("+", Literal(), Call("text", (value,)), "str"):
                return f"{self.expr(node.left)} + {self.expr(value, TIMES)}", ADD
        return super().op(node)

    def literal(self, node: Literal) -> Text:
        if node.type == "char":
            return json.dumps(node.value), ATOM
        return super().literal(node)
