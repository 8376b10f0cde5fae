"""Satisfiability of a formula whose atoms speak of strings.

Z3 decides everything. Its string solver is quick at one membership in an intersection of regular expressions, and slow at many
memberships below a Boolean formula, so the two are asked in turn: one solver chooses which atoms hold, another whether some
strings make just these hold; if none do, the smallest such choice is excluded and the first is asked again. The answer is
`sat` only with strings in hand and `unsat` only by clauses that Z3 proved, so nothing rests on the order of the questions.
"""

import time
from dataclasses import dataclass, field

import z3


@dataclass
class K:
    """A truth that AWS may leave open: `sure` in every reading, `possible` in some."""

    sure: object
    possible: object

    def __invert__(self):
        return K(negation(self.possible), negation(self.sure))


def negation(a):
    return z3.BoolVal(False) if z3.is_true(a) else z3.BoolVal(True) if z3.is_false(a) else z3.Not(a)


def conj(parts):
    parts = [p for p in parts if not z3.is_true(p)]
    if any(z3.is_false(p) for p in parts):
        return z3.BoolVal(False)
    return z3.And(*parts) if len(parts) > 1 else parts[0] if parts else z3.BoolVal(True)


def disj(parts):
    return negation(conj([negation(p) for p in parts]))


YES = K(z3.BoolVal(True), z3.BoolVal(True))
NO = K(z3.BoolVal(False), z3.BoolVal(False))
OPEN = K(z3.BoolVal(False), z3.BoolVal(True))


def k(b):
    b = z3.BoolVal(b) if isinstance(b, bool) else b
    return K(b, b)


def both(parts):
    parts = list(parts)
    return K(conj([p.sure for p in parts]), conj([p.possible for p in parts]))


def either(parts):
    parts = list(parts)
    return K(disj([p.sure for p in parts]), disj([p.possible for p in parts]))


def choose(condition, then, otherwise):
    return either([both([k(condition), then]), both([~k(condition), otherwise])])


@dataclass
class Text:
    """A string of the request: in `domain` (one of several, each under its condition), or not there."""

    name: str
    domains: list
    atoms: dict = field(default_factory=dict)

    def __post_init__(self):
        self.term = z3.String(self.name)
        self.present = disj([condition for condition, _ in self.domains])

    def test(self, label, language):
        """The atom "it is in the language"; the label tells languages apart."""
        if label not in self.atoms:
            self.atoms[label] = (z3.Bool(f"{self.name}~{len(self.atoms)}"), language)
        return self.atoms[label][0]


@dataclass
class Link:
    """An atom that compares strings with one another."""

    atom: object
    formula: object
    texts: list


class Unknown(Exception):
    """Z3 gave up."""


class Problem:
    def __init__(self, effort):
        self.effort = effort
        self.spent = 0.0
        self.rounds = 0
        self.hard = []
        self.texts = []
        self.links = []
        self.known = {}

    def text(self, name, domains):
        self.texts.append(Text(name, domains))
        return self.texts[-1]

    def link(self, formula, texts):
        atom = z3.Bool(f"link~{len(self.links)}")
        self.links.append(Link(atom, formula, texts))
        return atom

    def check(self, solver):
        """One call of Z3, with its share of the effort."""
        if self.spent > self.effort.seconds:
            raise Unknown("time")
        solver.set("rlimit", self.effort.steps)
        # A net below the steps, which alone decide on any machine that is not very slow.
        solver.set("timeout", int(60_000 * self.effort.seconds))
        start = time.process_time()
        result = solver.check()
        self.spent += time.process_time() - start
        if result == z3.unknown:
            raise Unknown(solver.reason_unknown())
        return result == z3.sat

    def strings(self, literals, links):
        """Strings that meet literals (text, language, whether it is in it) and links, or None."""
        label = (frozenset((t.name, name, yes) for t, name, _, yes in literals), frozenset(n for n, *_ in links))
        if label in self.known:
            return self.known[label]
        solver = z3.Solver()
        languages = {}
        for text, _, language, yes in literals:
            languages.setdefault(text.name, (text, []))[1].append(language if yes else z3.Complement(language))
        for text, parts in languages.values():
            solver.add(z3.InRe(text.term, z3.Intersect(*parts) if len(parts) > 1 else parts[0]))
        for _, formula, _ in links:
            solver.add(formula)
        found = None
        if self.check(solver):
            model = solver.model()
            found = {name: model.eval(text.term, True).py_value() for name, (text, _) in languages.items()}
        self.known[label] = found
        return found

    def solve(self, goal):
        """A model (Z3's, and the strings by name), or None when there is none."""
        solver = z3.Solver()
        solver.add(*self.hard, goal)
        while self.check(solver):
            self.rounds += 1
            model = solver.model()
            found, learnt = {}, []
            for texts in self.components(model):
                strings, clause = self.component(model, texts)
                if clause is not None:
                    learnt.append(clause)
                else:
                    found.update(strings)
            if not learnt:
                return model, found
            solver.add(*learnt)
        return None

    def components(self, model):
        """The strings that are there, those that links compare together."""
        groups = [[t] for t in self.texts if z3.is_true(model.eval(t.present, True))]
        here = {t.name for g in groups for t in g}
        for link in self.links:
            names = {t.name for t in link.texts}
            if names <= here and len(names) > 1:
                joined = [g for g in groups if any(t.name in names for t in g)]
                groups = [g for g in groups if g not in joined] + [sum(joined, [])]
        return groups

    def component(self, model, texts):
        """Strings for these texts, or a clause that excludes what the model chose for them."""
        here = {t.name for t in texts}
        literals, links, conditions = [], [], {}
        for text in texts:
            for number, (condition, language) in enumerate(text.domains):
                if z3.is_true(model.eval(condition, True)):
                    literals.append((text, ("domain", number), language, True))
                    conditions[text.name, ("domain", number)] = condition
                    break
            for label, (atom, language) in text.atoms.items():
                value = model.eval(atom)
                if z3.is_true(value) or z3.is_false(value):
                    yes = z3.is_true(value)
                    literals.append((text, label, language, yes))
                    conditions[text.name, label] = atom if yes else z3.Not(atom)
        for number, link in enumerate(self.links):
            value = model.eval(link.atom)
            if (z3.is_true(value) or z3.is_false(value)) and {t.name for t in link.texts} <= here:
                yes = z3.is_true(value)
                formula = link.formula if yes else z3.Not(link.formula)
                links.append(((number, yes), formula, link.atom if yes else z3.Not(link.atom)))
        found = self.strings(literals, links)
        if found is not None:
            return found, None
        # What is not needed for the contradiction is left out, one by one.
        for item in [*links, *[x for x in literals if x[1][0] != "domain"]]:
            fewer = [x for x in literals if x is not item], [x for x in links if x is not item]
            try:
                if self.strings(*fewer) is None:
                    literals, links = fewer
            except Unknown:
                pass
        needed = [conditions[t.name, label] for t, label, *_ in literals] + [c for _, _, c in links]
        return None, negation(conj(needed))
