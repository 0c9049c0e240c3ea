"""Names of a Python program that are used, but bound nowhere that would be found."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterable

_ALWAYS = frozenset(dir(builtins)) | {"__file__", "__path__", "__annotations__"}


def unbound(tree: ast.Module) -> set[tuple[int, str]]:
    """Line and name of each use of an unbound name.

    A name of the same function or module has to be bound before, in the order in which
    the lines stand; `x += 1` alone does not bind it. Nothing is said of a program with
    an `import *`.
    """
    analysis = _Analysis()
    for statement in tree.body:
        analysis.visit(statement)
    if analysis.anything:
        return set()
    return {
        (line, name)
        for scope in analysis.scopes
        for name, line, moment in scope.uses
        if not scope.finds(name, moment)
    }


class _Scope:
    """Attributes:
    parent: where else names are looked up.
    at_once: it is run where it stands, as a comprehension is and a function is not.
    hidden: inner scopes do not see its names, which are those of a class.
    bound: when each name is bound first.
    local: names that are assigned at all, `x += 1` included.
    elsewhere: names that are declared to be those of an outer scope.
    uses: name, line and moment.
    """

    def __init__(self, parent: _Scope | None, at_once: bool, hidden: bool = False):
        self.parent = parent
        self.at_once = at_once
        self.hidden = hidden
        self.bound: dict[str, int] = {}
        self.local: set[str] = set()
        self.elsewhere: set[str] = set()
        self.uses: list[tuple[str, int, int]] = []

    def bind(self, name: str, moment: int) -> None:
        self.local.add(name)
        self.bound[name] = min(moment, self.bound.get(name, moment))

    def finds(self, name: str, moment: int) -> bool:
        scope: _Scope | None = self
        in_time = True
        while scope is not None:
            if name in scope.local and (scope is self or not scope.hidden):
                first = scope.bound.get(name)
                if first is not None and (first < moment or not in_time):
                    return True
                if not scope.hidden and scope.parent is not None:
                    return False  # local to a function, and not bound by then
            in_time = in_time and scope.at_once
            scope = scope.parent
        return name in _ALWAYS


class _Analysis(ast.NodeVisitor):
    """Collects the scopes of a program, with what each binds and uses.

    Attributes:
      anything: names come from an `import *`.
    """

    def __init__(self):
        self._scope = _Scope(None, at_once=True)
        self.scopes = [self._scope]
        self.anything = False
        self._moments = itertools.count(1)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._bind(node.id)
        else:
            self._use(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_all([node.value, *node.targets])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value:
            self._visit_all([node.value, node.target])
        elif not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._visit_all([node.iter, node.target, *node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            name = node.target.id
            self._use(node.target)
            if name not in self._scope.elsewhere:
                self._scope.local.add(name)
        else:
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        scope = self._scope
        while isinstance(scope, _Comprehension) and scope.parent is not None:
            scope = scope.parent
        scope.bind(node.target.id, next(self._moments))

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.anything |= alias.name == "*"
            self._bind((alias.asname or alias.name).partition(".")[0])

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        if node.name:
            self._bind(node.name)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        if node.rest:
            self._bind(node.rest)
        self.generic_visit(node)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        self._scope.elsewhere.update(node.names)
        if isinstance(node, ast.Global):  # whoever assigns it, it may be there
            for name in node.names:
                self.scopes[0].bind(name, 0)

    visit_Nonlocal = visit_Global

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._bind(node.name)
        around = [*node.decorator_list, *_annotations(node.args)]
        self._visit_all([*around, *([node.returns] if node.returns else [])])
        self._function(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node.args, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        keywords = [keyword.value for keyword in node.keywords]
        self._visit_all([*node.decorator_list, *node.bases, *keywords])
        self._within(_Scope(self._scope, at_once=True, hidden=True), node.body)
        self._bind(node.name)

    def visit_ListComp(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp
    ) -> None:
        self._comprehension(node.generators, [node.elt])

    visit_SetComp = visit_ListComp
    visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node.generators, [node.key, node.value])

    def _comprehension(
        self, generators: list[ast.comprehension], results: list[ast.expr]
    ) -> None:
        self.visit(generators[0].iter)
        parts: list[ast.AST] = []
        for number, one in enumerate(generators):
            parts += [*([one.iter] if number else []), one.target, *one.ifs]
        self._within(_Comprehension(self._scope, at_once=True), [*parts, *results])

    def _function(self, args: ast.arguments, body: Iterable[ast.AST]) -> None:
        defaults = [one for one in (*args.defaults, *args.kw_defaults) if one]
        self._visit_all(defaults)
        scope = _Scope(self._scope, at_once=False)
        for arg in _arguments(args):
            scope.bind(arg.arg, 0)
        self._within(scope, body)

    def _within(self, scope: _Scope, nodes: Iterable[ast.AST]) -> None:
        outer, self._scope = self._scope, scope
        self.scopes.append(scope)
        self._visit_all(nodes)
        self._scope = outer

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _use(self, node: ast.Name) -> None:
        self._scope.uses.append((node.id, node.lineno, next(self._moments)))

    def _bind(self, name: str) -> None:
        if name not in self._scope.elsewhere:
            self._scope.bind(name, next(self._moments))


class _Comprehension(_Scope):
    """`:=` in it binds a name of what is around it."""


def _arguments(args: ast.arguments) -> list[ast.arg]:
    rest = [one for one in (args.vararg, args.kwarg) if one]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *rest]


def _annotations(args: ast.arguments) -> list[ast.expr]:
    return [one.annotation for one in _arguments(args) if one.annotation]
