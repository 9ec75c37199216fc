"""Translates the simple `${…}` expressions of existing Camunda diagrams into FEEL text.

`${amount > 100 && !done}` becomes `amount > 100 and (done != true)`. As in the original, `!x` holds for a missing x.
Whatever would call Java (beans, functions, methods) is refused, but for some calls that only read:
`execution.getVariable('x')`, `size()`, `length()`, `isEmpty()`, `equals()`.
"""

from __future__ import annotations

import re

from engine.feel.errors import FeelSyntaxError
from engine.feel.lexer import KEYWORDS, syntax_error
from engine.feel.limits import MAX_TEXT, MAX_TREE_DEPTH

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<name>(?:[^\W\d]|\$)[\w$]*)"
    r"|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.()\[\],]))"
)
_WRITTEN_OUT = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "div": "/", "mod": "%",
}  # fmt: skip
_BINARY = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_READS = ("getVariable", "getVariableLocal", "hasVariable")
_FEEL = {"||": "or", "&&": "and", "==": "="}


def is_juel(text: str) -> bool:
    """Tells whether a text is one `${…}` or `#{…}` expression."""
    stripped = text.strip()
    return stripped[:2] in ("${", "#{") and stripped.endswith("}")


def translate(text: str) -> str:
    """Returns the FEEL text of a `${…}` expression; raises FeelSyntaxError for what FEEL cannot say."""
    if len(text) > MAX_TEXT:
        raise FeelSyntaxError(f"the expression is longer than {MAX_TEXT} characters", line=1, column=1)
    if not is_juel(text):
        raise syntax_error(text, 0, "expected one expression of the form ${…}, with no text around it")
    return _Translator(text).translate()


_HOLE = re.compile(r"[$#]\{(?:[^}'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*\}")


def translate_text(text: str) -> str:
    """Returns the FEEL text of a value: one expression, or expressions with text around them (`order ${number}`).

    What is null leaves no trace in such a text. Raises FeelSyntaxError for what FEEL cannot say."""
    stripped = text.strip()
    holes = list(_HOLE.finditer(stripped)) if len(text) <= MAX_TEXT else []
    if not holes or holes[0].group() == stripped:
        return translate(stripped)
    parts, position = [], 0
    for hole in holes:
        parts += [_string(stripped[position : hole.start()]), f"string({translate(hole.group())})"]
        position = hole.end()
    rest = stripped[position:]
    if "${" in rest or "#{" in rest:
        raise syntax_error(stripped, position, "an expression that begins with ${ does not end")
    return f"string join([{', '.join([*parts, _string(rest)])}])"


class _Translator:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        self.index = 0
        self.depth = 0
        self._cut(text.index("{") + 1, text.rindex("}"))

    def _cut(self, position: int, end: int) -> None:
        while self.text[position:end].strip():
            match = _TOKEN.match(self.text, position, end)
            if match is None:
                place = position + len(self.text[position:end]) - len(self.text[position:end].lstrip())
                raise syntax_error(self.text, place, f"{self.text[place]!r} is not understood in a ${{…}} expression")
            kind = match.lastgroup or ""
            word, position = match[kind], match.end()
            if kind == "name" and word in _WRITTEN_OUT:
                kind, word = "sign", _WRITTEN_OUT[word]
            self.tokens.append((kind, word, match.start(match.lastgroup or 0)))
        self.tokens.append(("end", "", end))

    def translate(self) -> str:
        found = self._choice()
        if self._kind() != "end":
            raise self._error(f"{self._word()!r} stands where nothing more is expected")
        return found

    def _kind(self) -> str:
        return self.tokens[self.index][0]

    def _word(self) -> str:
        return self.tokens[self.index][1]

    def _error(self, reason: str) -> FeelSyntaxError:
        return syntax_error(self.text, self.tokens[self.index][2], reason)

    def _take(self, sign: str) -> bool:
        if self._kind() == "sign" and self._word() == sign:
            self.index += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._error(f'expected "{sign}"')

    def _choice(self) -> str:
        """`a ? b : c`."""
        self.depth += 1
        if self.depth > MAX_TREE_DEPTH:
            raise self._error("the expression is nested too deeply")
        found = self._binary(0)
        if self._take("?"):
            yes = self._choice()
            self._expect(":")
            found = f"(if {found} then {yes} else {self._choice()})"
        self.depth -= 1
        return found

    def _binary(self, rank: int) -> str:
        if rank == len(_BINARY):
            return self._unary()
        left = self._binary(rank + 1)
        while self._kind() == "sign" and self._word() in _BINARY[rank]:
            sign = self._word()
            self.index += 1
            right = self._binary(rank + 1)
            left = f"modulo({left}, {right})" if sign == "%" else f"{left} {_FEEL.get(sign, sign)} {right}"
        return left

    def _unary(self) -> str:
        signs = []
        while (self._kind(), self._word()) in (("sign", "!"), ("sign", "-"), ("name", "empty")):
            signs.append(self._word())
            self.index += 1
        if len(signs) > MAX_TREE_DEPTH // 4:
            raise self._error("the expression is nested too deeply")
        found = self._value()
        for sign in reversed(signs):
            found = {"!": f"({found} != true)", "-": f"(-{found})"}.get(sign) or _empty(found)
            if len(found) > MAX_TEXT:
                raise self._error("the expression becomes too long")
        return found

    def _value(self) -> str:
        kind, word = self._kind(), self._word()
        if self._take("("):
            inner = self._choice()
            self._expect(")")
            return self._path(f"({inner})")
        self.index += 1
        if kind == "number":
            return word
        if kind == "string":
            return _string(_unescaped(word[1:-1]))
        if kind == "name" and word == "execution":
            return self._path(self._execution())
        if kind == "name":
            return word if word in ("true", "false", "null") else self._path(self._name(word))
        self.index -= 1
        raise self._error("expected a value" if kind == "end" else f"{word!r} stands where a value is expected")

    def _execution(self) -> str:
        """`execution.getVariable('x')` reads a variable, which FEEL does by its name."""
        self._expect(".")
        word = self._word()
        if self._kind() != "name" or word not in _READS:
            raise self._error(
                f"execution.{word} is not known here; read variables by their names, and the business key as an input"
            )
        self.index += 1
        self._expect("(")
        name = self._word()[1:-1]
        if self._kind() != "string" or not re.fullmatch(r"[^\W\d]\w*", name) or name in KEYWORDS:
            raise self._error("expected the name of one variable in quotes")
        self.index += 1
        self._expect(")")
        return f"({name} != null)" if word == "hasVariable" else name

    def _method(self, found: str, word: str) -> str:
        """The calls that FEEL has a function for; every other one is Java."""
        if word == "equals":
            self._expect("(")
            other = self._choice()
            self._expect(")")
            return f"({found} = {other})"
        reading = {"size": f"count({found})", "length": f"string length({found})", "isEmpty": _empty(found)}.get(word)
        if reading is None:
            raise self._error(f"methods such as {word}() cannot be called; write the condition in FEEL")
        self._expect("(")
        self._expect(")")
        return reading

    def _name(self, word: str) -> str:
        if "$" in word or word in KEYWORDS or word == "instanceof":
            self.index -= 1
            raise self._error(f"{word!r} cannot be the name of a variable in FEEL")
        if self._kind() == "sign" and self._word() in ("(", ":") and self._calls():
            raise self._error(f"a ${{…}} expression cannot call {word!r}; write the condition in FEEL")
        return word

    def _calls(self) -> bool:
        if self._word() == "(":
            return True
        following = [kind for kind, _, _ in self.tokens[self.index + 1 : self.index + 3]]
        return following[:1] == ["name"] and self.tokens[self.index + 2][1] == "("

    def _path(self, found: str) -> str:
        while True:
            if self._take("."):
                if self._kind() != "name":
                    raise self._error('expected a name after "."')
                word = self._word()
                self.index += 1
                if self._kind() == "sign" and self._word() == "(":
                    found = self._method(found, word)
                else:
                    found = f"{found}.{self._name(word)}"
            elif self._take("["):
                kind, word = self._kind(), self._word()
                self.index += 1
                if kind == "number" and word.isdigit():
                    found = f"{found}[{int(word) + 1}]"
                elif kind == "string":
                    found = f"get value({found}, {_string(_unescaped(word[1:-1]))})"
                else:
                    self.index -= 1
                    raise self._error("only a number or a string can stand in [ ]")
                self._expect("]")
            else:
                return found


def _unescaped(content: str) -> str:
    return re.sub(r"\\(.)", r"\1", content, flags=re.DOTALL)


def _string(plain: str) -> str:
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _empty(value: str) -> str:
    """Null, an empty string or an empty list; the types are asked first, for a personal value is none of them."""
    return (
        f'({value} = null or ({value} instance of string and {value} = "")'
        f" or ({value} instance of list<Any> and {value} = []))"
    )
