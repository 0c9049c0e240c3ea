"""C++17, with `using namespace std`."""

from __future__ import annotations

from data_pipeline.programs.render.writer import (
    ADD,
    ATOM,
    COMPARE,
    TIMES,
    UNARY,
    Text,
    Writer,
)
from data_pipeline.programs.tree import (
    Call,
    Expr,
    Function,
    Literal,
    Name,
    Not,
    Op,
    last_place,
)

_BARE = ("int", "index", "bool", "char")


class Cpp(Writer):
    TYPES = {
        **{"int": "int", "index": "int", "bool": "bool", "str": "string"},
        **{
            "char": "char",
            "list": "vector<{}>",
            "dict": "map<{}, int>",
            "set": "set<{}>",
        },
    }
    CALLS = {
        "abs": ("abs({0})", ATOM),
        "min": ("min({0}, {1})", ATOM),
        "max": ("max({0}, {1})", ATOM),
        "len": ("(int){0:8}.size()", UNARY),
        "at": ("{0:8}[{1}]", ATOM),
        "digit": ("{0:5} - '0'", ADD),
        "place": ("{0:5} - 'a'", ADD),
        "letter": ("char('a' + {0:6})", ATOM),
        "upper": ("char(toupper({0}))", ATOM),
        "is_digit": ("isdigit({0})", ATOM),
        "is_letter": ("isalpha({0})", ATOM),
        "text": ("to_string({0})", ATOM),
        "text:char": ("string(1, {0})", ATOM),
        "within": ("string({0}).find({1}) != string::npos", COMPARE),
        "contains": ("{0:8}.find({1}) != string::npos", COMPARE),
        "has": ("{0:8}.count({1})", ATOM),
        "get": ("{0:8}.at({1})", ATOM),
        "values": ("{0:8}", ATOM),
    }
    camel = False

    def signature(self, function: Function) -> str:
        params = []
        for one in function.params:
            kind = self.type(one.type)
            params.append(
                f"{kind} {one.id}" if one.type in _BARE else f"const {kind}& {one.id}"
            )
        return f"{self.type(function.result)} {function.name}({', '.join(params)})"

    def let(self, name: Name, value: Expr | None) -> str:
        start = "" if value is None or value == Literal("", "str") else self.expr(value)
        return f"{self.type(name.type)} {name.id}" + (f" = {start}" if start else "")

    def append(self, name: Name, value: Expr) -> str:
        verb = "insert" if name.type.startswith("set") else "push_back"
        return f"{name.id}.{verb}({self.expr(value)})"

    def count(self, name: Name, key: Expr, amount: Expr) -> str:
        where = f"{name.id}[{self.expr(key)}]"
        if amount == Literal(1, "int"):
            return f"{where}++"
        return f"{where} += {self.expr(amount)}"

    def sort(self, name: Name) -> str:
        return f"sort({name.id}.begin(), {name.id}.end())"

    def each(self, var: Name, iterable: Expr) -> str:
        if isinstance(iterable, Call):
            assert iterable.name == "values"
            return f"for (const auto& [key, {var.id}] : {self.expr(iterable)})"
        kind = self.type(var.type)
        kind = kind if var.type in _BARE else f"const {kind}&"
        return f"for ({kind} {var.id} : {self.expr(iterable)})"

    def entries(self, key: Name, value: str, table: Name) -> str:
        return f"for (const auto& [{key.id}, {value}] : {table.id})"

    def text(self, node: Expr) -> Text:
        match node:
            case Not(Call("within" | "contains", _) as found):
                return self.call(found)[0].replace(" != ", " == "), COMPARE
            case Not(Call("starts" | "ends", _) as end):
                return self.call(end)[0].replace(" == ", " != "), COMPARE
        return super().text(node)

    def op(self, node: Op) -> Text:
        if node.type == "bool" and (short := self._by_size(node)):
            return short, COMPARE
        match node:
            # Two literals, or a literal and a character, are no strings yet.
            case Op("+", Literal() as left, Literal() | Call() as right, "str"):
                if not (isinstance(right, Call) and right.type == "str"):
                    return f"string({self.expr(left)}) + {self.expr(right, TIMES)}", ADD
        return super().op(node)

    def _by_size(self, node: Op) -> str | None:
        """Lengths are compared with literals and lengths without a cast."""
        match node:
            case Op(op, Op("%", Call("len", (items,)), by), Literal() as other):
                size, rest = f"{self.expr(items, ATOM)}.size()", self.expr(by)
                if isinstance(by, Literal):
                    return f"{size} % {rest} {op} {self.expr(other)}"
            case Op(op, Call("len", (items,)), Literal() as other):
                return f"{self.expr(items, ATOM)}.size() {op} {self.expr(other)}"
            case Op(op, Call("len", (items,)), Call("len", (others,))):
                sizes = [self.expr(one, ATOM) for one in (items, others)]
                return f"{sizes[0]}.size() {op} {sizes[1]}.size()"
        return None

    def call(self, node: Call) -> Text:
        match node:
            case Call("upper", (word,), "str"):
                lines = [f"string {{}} = {self.expr(word)};"]
                lines.append("for (char& c : {}) c = toupper(c);")
                return self.hoist("upper", lines), ATOM
            case Call("join", (Name(words), Literal() as between)):
                lines = [
                    "string {};",
                    f"for (size_t i = 0; i < {words}.size(); i++) {{",
                    f"{self.INDENT}if (i > 0) {{}} += {self.expr(between)};",
                    f"{self.INDENT}{{}} += {words}[i];",
                    "}",
                ]
                return self.hoist("joined", lines), ATOM
            case Call("starts", (word, Literal(str() as start))):
                return self._end(word, "front", start)
            case Call("ends", (word, Literal(str() as end))):
                return self._end(word, "back", end)
            case Call("at", (word, place)) if place == last_place(word):
                return f"{self.expr(word, ATOM)}.back()", ATOM
        return super().call(node)

    def _end(self, word: Expr, which: str, letter: str) -> Text:
        source = self.expr(word, ATOM)
        return f"{source}.{which}() == '{letter}'", COMPARE
