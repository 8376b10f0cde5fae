"""Values of condition keys, and what it means that one matches a value of a policy (before `Not...`)."""

import datetime
import ipaddress
import itertools
import re
from fractions import Fraction

import z3

from patterns import Star, Variable, colons, field_regex, is_plain, matches, parse, regex, term_matches
from solve import NO, OPEN, both, conj, disj, either, k, negation

ARN_LIKE = re.compile(r"(?:[^:]*:){5}.*", re.DOTALL)


class LeftOut(Exception):
    """A construct that this encoding does not know."""


def operator_class(base):
    """`String`, `Numeric`, `Date`, `Bool`, `Binary`, `Ip`, `Arn` or `Null`."""
    return re.match(r"(?:Not)?([A-Z][a-z]+)", base).group(1)


def number(text):
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        return None
    return Fraction(text.rstrip(".")) if not text.endswith(".") else Fraction(text[:-1])


def moment(text):
    """A time in milliseconds since 1970."""
    if (seconds := number(text)) is not None:
        return int(seconds * 1000)
    for form in ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%d", "%Y-%m"):
        try:
            when = datetime.datetime.strptime(text, form)
        except ValueError:
            continue
        return int(when.replace(tzinfo=when.tzinfo or datetime.timezone.utc).timestamp()) * 1000
    return None


def boolean(text):
    return {"true": True, "false": False}.get(text.lower())


def compare(base, order):
    """`order(op)` is the formula `value op limit`."""
    for name, op in (("LessThanEquals", "<="), ("LessThan", "<"), ("GreaterThanEquals", ">="), ("GreaterThan", ">")):
        if base.endswith(name):
            return order(op)
    return order("==")


def apply(op, a, b):
    return {"<=": a <= b, "<": a < b, ">=": a >= b, ">": a > b, "==": a == b}[op]


class Const:
    """The value is this text when the condition holds."""

    def __init__(self, condition, text):
        self.condition, self.text = condition, text

    def term(self):
        return z3.StringVal(self.text), []

    def matches(self, kind, base, parts):
        if kind == "Arn":
            good = ARN_LIKE.fullmatch(self.text) and matches_fields(parts, self.text)
        else:
            good = matches(parts, self.text, "IgnoreCase" in base)
        return k(bool(good))


def matches_fields(parts, text):
    """An Arn operator on a known text: field by field."""
    pattern, seen = "", 0
    for part in parts:
        if isinstance(part, str):
            pattern += re.escape(part)
            seen += part.count(":")
        else:
            pattern += (("." if seen >= 5 else "[^:]") + ("*" if part is Star else ""))
    return re.fullmatch(pattern, text, re.DOTALL) is not None


class Spelt:
    """The value is a string variable, or a part of one, when the condition holds."""

    def __init__(self, condition, strings):
        self.condition, self.strings = condition, strings

    def term(self):
        return self.strings.own()

    def matches(self, kind, base, parts):
        return k(self.strings.test(kind, "IgnoreCase" in base, parts))


class Written:
    """A value that is text: one of several alternatives, of which just one holds when the key is there."""

    def __init__(self, options):
        self.options = options

    def match(self, base, text, request, variables):
        kind = operator_class(base)
        if kind in ("Numeric", "Date", "Bool", "Ip"):
            return self.as_other(kind, base, text)
        if kind == "Binary":
            return OPEN
        wildcards = kind == "Arn" or base.endswith("Like")
        parts = parse(text, wildcards, variables)
        if is_plain(parts):
            if kind == "Arn" and parts == (Star,):
                return OPEN
            if kind == "Arn" and colons(parts) < 5:
                return NO
            return either(both([k(o.condition), o.matches(kind, base, parts)]) for o in self.options)
        if "IgnoreCase" in base:
            raise LeftOut("a policy variable under an operator that ignores case")
        if kind == "Arn" and any(not isinstance(p, (str, Variable)) for p in parts):
            raise LeftOut("a policy variable beside a wildcard under an Arn operator")
        return either(both([k(o.condition), self.compared(o, kind, parts, request)]) for o in self.options)

    def as_other(self, kind, base, text):
        """Texts of a closed list can be read as numbers and so on."""
        if any(isinstance(o, Spelt) for o in self.options):
            raise LeftOut(f"a {kind} operator on a key that holds text")

        def holds(value):
            if kind == "Bool":
                return boolean(text) is not None and boolean(value) == boolean(text)
            a, b = (number(value), number(text)) if kind == "Numeric" else (moment(value), moment(text))
            return kind != "Ip" and a is not None and b is not None and compare(base, lambda op: apply(op, a, b))

        return k(disj([o.condition for o in self.options if holds(o.text)]))

    def compared(self, option, kind, parts, request):
        """With policy variables: a key with no value makes it match nothing, a list makes it unknown."""
        term, texts = option.term()
        return substituted(parts, request, lambda filled, terms, more: k(
            request.problem.link(equal(kind, filled, term, terms), [*texts, *more])))


def equal(kind, parts, term, terms):
    formula = term_matches(parts, term, terms)
    if kind == "Arn":
        several = z3.Concat(*[z3.Full(z3.ReSort(z3.StringSort())), z3.Re(":")] * 5, z3.Full(z3.ReSort(z3.StringSort())))
        formula = z3.And(formula, z3.InRe(term, several))
    return formula


def substituted(parts, request, make):
    """`make(parts, terms, texts)` for each way in which the variables can have values, under its condition."""
    names = list(dict.fromkeys(p.key.lower() for p in parts if isinstance(p, Variable)))
    choices = []
    for name in names:
        key = request.key(name)
        default = next(p.default for p in parts if isinstance(p, Variable) and p.key.lower() == name)
        ways = [(negation(disj([key.present, key.unknown])), ("absent", default)), (key.unknown, ("open", None))]
        if key.multi:
            ways.append((key.present, ("open", None)))
        else:
            for flag, value in key.elements:
                if not isinstance(value, Written):
                    raise LeftOut("a policy variable whose value is no text")
                ways += [(conj([flag, o.condition]), ("value", o)) for o in value.options]
        choices.append([(c, way) for c, way in ways if not z3.is_false(c)])
    results = []
    for combination in itertools.product(*choices):
        condition = k(conj([c for c, _ in combination]))
        ways = dict(zip(names, (way for _, way in combination)))
        if any(w == ("absent", None) for w in ways.values()):
            continue
        if any(w[0] == "open" for w in ways.values()):
            results.append(both([condition, OPEN]))
            continue
        terms, texts, filled = {}, [], []
        for name, (way, what) in ways.items():
            if way == "value":
                terms[name], more = what.term()
                texts += more
        for part in parts:
            defaulted = isinstance(part, Variable) and part.key.lower() not in terms
            part = part.default if defaulted else part
            if isinstance(part, str) and filled and isinstance(filled[-1], str):
                filled[-1] += part
            else:
                filled.append(part)
        results.append(both([condition, make(tuple(filled), terms, texts)]))
    return either(results)


class Strings(Written):
    """A value that is a string variable; or a part of one: `lift` turns parts of a pattern into a language of the whole, and
    the part gets a variable of its own (`domain`, `relation`) when it is compared with others."""

    def __init__(self, request, text, lift=None, name=None, domain=None, relation=None):
        self.request, self.text, self.lift, self.name = request, text, lift, name
        self.domain, self.relation = domain, relation
        super().__init__([Spelt(z3.BoolVal(True), self)])

    def also(self, const, condition):
        """The same under a condition, beside another alternative."""
        return Written([Spelt(condition, self), *([const] if const else [])])

    def test(self, kind, fold, parts):
        if self.lift:
            # An id, an account and a name hold no slash, ids and accounts no colon.
            if any("/" in p for p in parts if isinstance(p, str)):
                return z3.BoolVal(False)
            if kind == "Arn" and self.name == "user":
                raise LeftOut("an Arn operator on aws:username")
            if kind == "Arn":
                return z3.BoolVal(False)
            return self.text.test(("lift", self.name, fold, parts), self.lift(parts, fold))
        language = field_regex(parts) if kind == "Arn" else regex(parts, fold=fold)
        return self.text.test((kind == "Arn", fold, parts), language)

    def own(self):
        if not self.lift:
            return self.text.term, [self.text]

        def make():
            part = self.request.problem.text(self.name, [self.domain])
            related = self.request.problem.link(self.relation(self.text.term, part.term), [self.text, part])
            self.request.problem.hard.append(z3.Implies(self.domain[0], related))
            return part

        part = self.request.once(f"own {self.name}", make)
        return part.term, [part, self.text]


class Number:
    """A number that is no less than zero, and whole."""

    def __init__(self, problem, name):
        self.value = z3.Int(f"number {name}")
        problem.hard.append(self.value >= 0)

    def match(self, base, text, _request, _variables):
        if operator_class(base) != "Numeric":
            raise LeftOut(f"{base} on a number")
        limit = number(text)
        if limit is None:
            return NO
        return k(compare(base, lambda op: apply(op, z3.ToReal(self.value), z3.RealVal(str(limit)))))


class Moment:
    """A second of the years 1970 to 9999."""

    def __init__(self, problem, name, fact):
        self.value, self.fact = z3.Int(f"time {name}"), fact
        problem.hard += [self.value >= 0, self.value <= 253402300799]

    def of(self, fact):
        out = object.__new__(Moment)
        out.value, out.fact = self.value, fact
        return out

    def match(self, base, text, _request, _variables):
        kind = operator_class(base)
        if kind not in self.fact.types:
            raise LeftOut(f"{base} on a time")
        if kind == "Numeric":
            limit = number(text)
            limit = limit and limit * 1000
        else:
            limit = moment(text)
        if limit is None:
            return NO
        return k(compare(base, lambda op: apply(op, z3.ToReal(self.value * 1000), z3.RealVal(str(limit)))))


class Address:
    """An address of version 4 or 6; `public`: none of the ranges that no public sender has."""

    PRIVATE = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
               "192.168.0.0/16", "224.0.0.0/3", "::/3", "4000::/2", "8000::/1"]

    def __init__(self, problem, name, public):
        self.six = z3.Bool(f"v6 {name}")
        self.four_bits, self.six_bits = z3.BitVec(f"v4 of {name}", 32), z3.BitVec(f"v6 of {name}", 128)
        if public:
            problem.hard += [negation(self.within(ipaddress.ip_network(n))) for n in self.PRIVATE]

    def within(self, net):
        bits = self.six_bits if net.version == 6 else self.four_bits
        mask = z3.BitVecVal(int(net.netmask), bits.size())
        same = (bits & mask) == z3.BitVecVal(int(net.network_address), bits.size())
        return z3.And(self.six if net.version == 6 else z3.Not(self.six), same)

    def match(self, base, text, _request, _variables):
        if operator_class(base) != "Ip":
            raise LeftOut(f"{base} on an address")
        try:
            return k(self.within(ipaddress.ip_network(text, strict=False)))
        except ValueError:
            return NO
