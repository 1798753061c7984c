"""The protobuf text format, as far as Caffe's prototxt files use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

from export.checked import read_text
from mirror.domain import MirrorError

DEEPEST = 32
"""Messages inside messages; Caffe's own go to five."""

_TOKEN = re.compile(
    r"""[\s,;]+ | \#[^\n]*
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<word>[A-Za-z_][\w./]*)
      | (?P<number>[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)f?|-inf)
      | (?P<mark>[{}<>:\[\]])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_CLOSING = {"{": "}", "<": ">"}


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


class Message:
    """A message's fields by name, each a list in the file's order: text (numbers and words as written) or messages."""

    def __init__(self, source: str, line: int) -> None:
        self.source, self.line = source, line
        self.fields: dict[str, list[str | Message]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def messages(self, name: str) -> list[Message]:
        """Every message of that name; none when the field is absent."""
        found = self.fields.get(name, [])
        return [value if isinstance(value, Message) else self._fail(name, "a message in braces") for value in found]

    def message(self, name: str) -> Message:
        """The message of that name; an empty one when absent."""
        found = self.messages(name)
        return found[-1] if found else Message(self.source, self.line)

    def texts(self, name: str) -> list[str]:
        """Every scalar of that name as it was written."""
        found = self.fields.get(name, [])
        return [value if isinstance(value, str) else self._fail(name, "one value") for value in found]

    def text(self, name: str, default: str = "") -> str:
        found = self.texts(name)
        return found[-1] if found else default

    def integers(self, name: str) -> list[int]:
        try:
            return [int(text, 0) for text in self.texts(name)]
        except ValueError:
            self._fail(name, "a whole number")

    def integer(self, name: str, default: int) -> int:
        found = self.integers(name)
        return found[-1] if found else default

    def numbers(self, name: str) -> list[float]:
        try:
            return [float(text.rstrip("fF") if text[-1:] in "fF" and text[:1] in "-+.0123456789" else text)
                    for text in self.texts(name)]
        except ValueError:
            self._fail(name, "a number")

    def number(self, name: str, default: float) -> float:
        found = self.numbers(name)
        return found[-1] if found else default

    def flag(self, name: str, default: bool) -> bool:
        text = self.text(name, "true" if default else "false")
        if text not in ("true", "false", "1", "0"):
            self._fail(name, "true or false")
        return text in ("true", "1")

    def _fail(self, name: str, wanted: str) -> NoReturn:
        raise MirrorError(f"{self.source}: '{name}' in the message of line {self.line} must be {wanted}")


def read_prototxt(path: Path) -> Message:
    """The file's message. Raises MirrorError, one line with the line number, when it is no prototxt."""
    text = read_text(path, "prototxt")
    return parse_prototxt(text, path.name)


def parse_prototxt(text: str, source: str) -> Message:
    """The message of a text; ``source`` names it in errors."""
    return _Parser(text, source).message("", 1, 0)


class _Parser:
    def __init__(self, text: str, source: str) -> None:
        self.source = source
        self.tokens = self._tokens(text)
        self.ahead = next(self.tokens)

    def _tokens(self, text: str) -> Iterator[_Token]:
        position, line = 0, 1
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self.wrong(line, f"cannot read {text[position:position + 12]!r}")
            if match.lastgroup:
                yield _Token(match.lastgroup, match.group(), line)
            line += match.group().count("\n")
            position = match.end()
        yield _Token("end", "", line)

    def wrong(self, line: int, what: str) -> MirrorError:
        return MirrorError(f"{self.source}: is no prototxt: line {line}: {what}")

    def take(self) -> _Token:
        token = self.ahead
        if token.kind != "end":
            self.ahead = next(self.tokens)
        return token

    def skipped(self, mark: str) -> bool:
        if self.ahead.kind == "mark" and self.ahead.text == mark:
            self.take()
            return True
        return False

    def message(self, closing: str, line: int, depth: int) -> Message:
        if depth > DEEPEST:
            raise self.wrong(line, f"more than {DEEPEST} messages inside each other")
        made = Message(self.source, line)
        while True:
            token = self.take()
            if token.kind == "end":
                if closing:
                    raise self.wrong(token.line, f"ends before the '{closing}' of line {line}")
                return made
            if closing and token.text == closing and token.kind == "mark":
                return made
            if token.kind != "word":
                raise self.wrong(token.line, f"a field's name was expected, not {token.text!r}")
            values = made.fields.setdefault(token.text, [])
            colon = self.skipped(":")
            if self.ahead.kind == "mark" and self.ahead.text in _CLOSING:
                start = self.take()
                values.append(self.message(_CLOSING[start.text], start.line, depth + 1))
            elif not colon:
                raise self.wrong(token.line, f"'{token.text}' has neither ':' nor '{{' after it")
            elif self.skipped("["):
                while not self.skipped("]"):
                    values.append(self.scalar(token.text))
            else:
                values.append(self.scalar(token.text))

    def scalar(self, name: str) -> str:
        token = self.take()
        if token.kind in ("number", "word"):
            return token.text
        if token.kind != "string":
            raise self.wrong(token.line, f"'{name}' has no value")
        text = _unquoted(token.text)
        while self.ahead.kind == "string":
            text += _unquoted(self.take().text)
        return text


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), text[1:-1])
