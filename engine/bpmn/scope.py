"""Process variables of one instance: scopes in scopes, owned by us and not by the library's task data.

Reading walks outwards until a scope has the name; writing goes to the innermost scope that has the name already, else
to the outermost one (BPMN 10.4.1 with the visibility of Camunda). The scope of the process instance has the id '';
a called instance has a scope of its own that sees nothing outside.

Values are kept in their stored form until somebody reads them, so that storing and restoring an instance costs
nothing for the variables that an operation does not touch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.values import Typed, decode, encode, plain

ROOT = ""
Change = tuple[str, str]  # the name of a variable, and what happened to it


class Scope:
    """The variables of one scope. `parent` None makes it an outermost scope."""

    __slots__ = ("_stored", "_values", "parent")

    def __init__(self, parent: str | None, stored: dict[str, bytes] | None = None) -> None:
        self.parent = parent
        self._stored: dict[str, bytes] = {} if stored is None else stored
        self._values: dict[str, Any] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def get(self, name: str) -> Any:
        """Returns the value of a name that the scope holds. The value must not be changed in place."""
        if name not in self._values:
            self._values[name] = plain(decode(self._stored[name]))
        return self._values[name]

    def typed(self, name: str) -> Any:
        """Returns the value of a name under the type that its sender gave it."""
        return decode(self._stored[name])

    def set(self, name: str, value: Any) -> Any:
        """Keeps a value; what is kept is its stored form, so that later changes of a list or dict do not leak in."""
        self._stored[name] = encode(value)
        if isinstance(value, (list, dict, Typed)):
            self._values.pop(name, None)
        else:
            self._values[name] = value

    def delete(self, name: str) -> None:
        """Forgets a name that the scope holds."""
        del self._stored[name]
        self._values.pop(name, None)

    def forget_read(self) -> None:
        """Forgets values that were read; they are read again from their stored form."""
        self._values.clear()

    @property
    def stored(self) -> Mapping[str, bytes]:
        """The stored form of all values."""
        return self._stored


class Scopes:
    """All scopes of one instance, by id.

    `changed` gathers what was written since it was last cleared: names with `create`, `update` or `delete`."""

    def __init__(self) -> None:
        self._scopes: dict[str, Scope] = {}
        self.changed: set[Change] = set()

    def __contains__(self, scope_id: object) -> bool:
        return scope_id in self._scopes

    def items(self) -> Iterator[tuple[str, Scope]]:
        """Yields all scopes with their ids, outer ones first."""
        return iter(self._scopes.items())

    def forget_read(self) -> None:
        """Forgets in all scopes what was read."""
        self.changed.clear()
        for scope in self._scopes.values():
            scope.forget_read()

    def open(self, scope_id: str, parent: str | None, stored: dict[str, bytes] | None = None) -> Scope:
        """Opens a scope; it sees whatever its parent sees."""
        scope = Scope(parent, stored)
        self._scopes[scope_id] = scope
        return scope

    def close(self, scope_id: str) -> None:
        """Forgets a scope with its variables; unknown ids are ignored."""
        self._scopes.pop(scope_id, None)

    def local(self, scope_id: str) -> Scope:
        """Returns one scope."""
        return self._scopes[scope_id]

    def view(self, scope_id: str) -> VariableView:
        """Returns what an expression at this scope can read."""
        return VariableView(tuple(self._chain(scope_id)))

    def set(self, scope_id: str, name: str, value: Any) -> str:
        """Writes by the rules of visibility and returns the id of the scope written to."""
        target = self.owner(scope_id, name)
        self.set_local(target, name, value)
        return target

    def set_local(self, scope_id: str, name: str, value: Any) -> None:
        """Writes to exactly this scope."""
        scope = self._scopes[scope_id]
        self.changed.add((name, "update" if name in scope else "create"))
        scope.set(name, value)

    def delete(self, scope_id: str, name: str) -> str | None:
        """Removes the innermost visible variable of that name; returns its scope, None if there is none."""
        target = self.owner(scope_id, name)
        if name not in self._scopes[target]:
            return None
        self._scopes[target].delete(name)
        self.changed.add((name, "delete"))
        return target

    def owner(self, scope_id: str, name: str) -> str:
        """Returns the innermost scope that has the name, else the outermost one."""
        current = scope_id
        while name not in self._scopes[current]:
            parent = self._scopes[current].parent
            if parent is None:
                return current
            current = parent
        return current

    def _chain(self, scope_id: str) -> Iterator[Scope]:
        current: str | None = scope_id
        while current is not None:
            scope = self._scopes[current]
            yield scope
            current = scope.parent


class VariableView(Mapping[str, Any]):
    """What is in sight from one scope, innermost first. Reads through; holds no copies."""

    __slots__ = ("_chain",)

    def __init__(self, chain: tuple[Scope, ...]) -> None:
        self._chain = chain

    def __getitem__(self, name: str) -> Any:
        for scope in self._chain:
            if name in scope:
                return scope.get(name)
        raise KeyError(name)

    def get(self, key: str, default: Any = None) -> Any:
        """Returns the value in sight, or the default."""
        for scope in self._chain:
            if key in scope:
                return scope.get(key)
        return default

    def typed(self) -> dict[str, Any]:
        """Returns all that is in sight under the types that senders gave."""
        return {name: next(scope for scope in self._chain if name in scope).typed(name) for name in self}

    def __contains__(self, name: object) -> bool:
        return any(name in scope for scope in self._chain)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for scope in self._chain for name in scope))

    def __len__(self) -> int:
        return len({name for scope in self._chain for name in scope})
