"""Text of a policy with wildcards and variables, as regular expressions and string terms of Z3."""

import functools
import re
from dataclasses import dataclass

import z3

RE = z3.ReSort(z3.StringSort())
ONE = z3.AllChar(RE)
ALL = z3.Full(RE)
PRINTABLE = z3.Range(" ", "~")
TEXT = z3.Star(PRINTABLE)
DIGIT = z3.Range("0", "9")
ALNUM = z3.Union(DIGIT, z3.Range("a", "z"), z3.Range("A", "Z"))


def without(*chars):
    """One printable character that is none of these."""
    codes = sorted({ord(" ") - 1, *map(ord, chars), ord("~") + 1})
    return join_or([z3.Range(chr(a + 1), chr(b - 1)) for a, b in zip(codes, codes[1:]) if a + 1 <= b - 1])


def join_or(parts):
    return z3.Union(*parts) if len(parts) > 1 else parts[0]


def seq(*parts):
    parts = [z3.Re(p) if isinstance(p, str) else p for p in parts if not (isinstance(p, str) and p == "")]
    return z3.Concat(*parts) if len(parts) > 1 else parts[0] if parts else z3.Re("")


NO_COLON = without(":")
NO_SLASH = without("/")
NEITHER = without(":", "/")


class Star:
    """`*`"""


class Question:
    """`?`"""


@dataclass(frozen=True)
class Variable:
    key: str
    default: object


@functools.lru_cache(maxsize=None)
def parse(text, wildcards, variables):
    """The parts of a text: strings, Star, Question, Variable."""
    out, literal, at = [], "", 0
    while at < len(text):
        char = text[at]
        part = None
        if char == "*" and wildcards:
            part = Star
        elif char == "?" and wildcards:
            part = Question
        elif variables and text.startswith("${", at) and "}" in text[at:]:
            end = text.index("}", at)
            body = text[at + 2 : end]
            at = end
            if body in ("*", "?", "$"):
                char = body
            else:
                key, comma, default = body.partition(",")
                part = Variable(key.strip(), default.strip().strip("'") if comma else None)
        if part is None:
            literal += char
        else:
            if literal:
                out.append(literal)
            literal = ""
            out.append(part)
        at += 1
    if literal:
        out.append(literal)
    return tuple(out)


def is_plain(parts):
    return not any(isinstance(p, Variable) for p in parts)


def regex(parts, many=ALL, one=ONE, fold=False):
    """The language of parts without variables."""
    out = []
    for part in parts:
        if part is Star:
            out.append(many)
        elif part is Question:
            out.append(one)
        elif fold:
            for char in part:
                cases = sorted({char.lower(), char.upper()})
                out.append(join_or([z3.Re(c) for c in cases]))
        else:
            out.append(z3.Re(part))
    return seq(*out)


def field_regex(parts):
    """As `regex`, but a wildcard in an ARN's first five fields does not cross a colon."""
    out, colons = [], 0
    for part in parts:
        if part is Star:
            out.append(ALL if colons >= 5 else z3.Star(z3.Intersect(ONE, z3.Complement(z3.Re(":")))))
        elif part is Question:
            out.append(ONE if colons >= 5 else z3.Intersect(ONE, z3.Complement(z3.Re(":"))))
        else:
            out.append(z3.Re(part))
            colons += part.count(":")
    return seq(*out)


def colons(parts):
    return sum(part.count(":") for part in parts if isinstance(part, str))


def matches(parts, text, fold=False):
    """Whether one known text matches parts without variables."""
    pattern = "".join(".*" if p is Star else "." if p is Question else re.escape(p) for p in parts)
    return re.fullmatch(pattern, text, re.DOTALL | (re.IGNORECASE if fold else 0)) is not None


def term_matches(parts, value, terms):
    """That the string term `value` matches parts whose variables stand for the string terms `terms` (by key): at most one
    text between two wildcards is found leftmost first, which is exact because a run can take anything."""
    runs, now = [], []
    for part in parts:
        if part is Question:
            raise NotImplementedError("`?` beside a policy variable")
        if part is Star:
            runs.append(now)
            now = []
        else:
            now.append(terms[part.key.lower()] if isinstance(part, Variable) else z3.StringVal(part))
    runs.append(now)
    texts = [z3.Concat(*r) if len(r) > 1 else r[0] if r else z3.StringVal("") for r in runs]
    if len(texts) == 1:
        return value == texts[0]
    first, middle, last = texts[0], texts[1:-1], texts[-1]
    conditions = [z3.PrefixOf(first, value), z3.SuffixOf(last, value)]
    at = z3.Length(first)
    for text in middle:
        found = z3.IndexOf(value, text, at)
        conditions.append(found >= at)
        at = found + z3.Length(text)
    conditions.append(at + z3.Length(last) <= z3.Length(value))
    return z3.And(*conditions)
