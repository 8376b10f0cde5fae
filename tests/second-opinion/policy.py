"""What a policy says of a request, as AWS documents it (`K`: where AWS leaves it open, in every or in some reading)."""

import re

import z3

from facts import PARTITIONS
from patterns import Star, Variable, colons, field_regex, is_plain, matches, parse, regex
from request import ANONYMOUS, FEDERATED, ROLE, ROOT, SERVICE, USER, Request
from solve import NO, OPEN, YES, Problem, both, choose, conj, disj, either, k, negation
from values import LeftOut, equal, operator_class, substituted

OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


def many(value):
    return value if isinstance(value, list) else [value]


def texts_of(value):
    return [{True: "true", False: "false"}.get(v, v) if isinstance(v, bool) else str(v) for v in many(value)]


def element(statement, name):
    """The values of `Action` or `NotAction` and so on, and whether it is the second."""
    for negated, key in ((False, name), (True, f"Not{name}")):
        if key in statement:
            return statement[key], negated
    raise LeftOut(f"no {name}")


def conditions(statement):
    for operator, block in statement.get("Condition", {}).items():
        for key, values in block.items():
            yield OPERATOR.fullmatch(operator).groups(), key, texts_of(values)


# --- Action


def act(statement, action):
    """(in every reading, in some reading): AWS takes wildcards in an action's name only, not in the prefix."""
    values, negated = element(statement, "Action")
    name, sure, possible = f"s3:{action.name}".lower(), False, False
    for text in many(values):
        if matches(parse(text.lower(), True, False), name):
            possible = True
            sure = sure or text == "*" or text.lower().startswith("s3:")
    return (not possible, not sure) if negated else (sure, possible)


# --- Principal


def entries(statement):
    value, negated = element(statement, "Principal")
    if value == "*":
        return [("*", None)], negated
    if not isinstance(value, dict):
        raise LeftOut("a principal that is no object")
    return [(group, text) for group, texts in value.items() for text in many(texts)], negated


def account_of(text):
    """The account of `111122223333` or `arn:aws:iam::111122223333:root`."""
    found = re.fullmatch(r"(?:arn:[^:]+:iam::)?(\d{12})(:root)?", text)
    return found and (not text.startswith("arn:") or found[2]) and found[1]


def names_callers(statement):
    return any(group == "AWS" and text != "*" and not account_of(text) for group, text in entries(statement)[0])


def entry(request, group, text, root_only):
    """Whom an entry names."""
    if group == "*":
        return YES
    if group == "Service":
        return both([k(request.kind == SERVICE), k(request.service.test("String", False, (text,)))])
    if group != "AWS":
        raise LeftOut(f"a principal of the group {group}")
    if text == "*":
        # Whether it stands for AWS services too is not documented.
        return choose(request.kind == SERVICE, OPEN, YES)
    if account := account_of(text):
        callers = request.kind == ROOT if root_only else request.iam
        return both([k(callers), k(request.account.test("String", False, (account,)))])
    for service, form, kind in (("iam", "role/", ROLE), ("iam", "user/", USER), ("sts", "federated-user/", FEDERATED)):
        if re.fullmatch(rf"arn:[^:]+:{service}::\d{{12}}:{form}.+", text):
            return both([k(request.kind == kind), k(request.arn.test((False, False, (text,)), z3.Re(text)))])
    found = re.fullmatch(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/([^/]+)", text)
    if not found:
        raise LeftOut(f"the principal {text}")
    partition, account, role, session = found.groups()
    # A session's ARN does not tell the path of its role.
    head = z3.Concat(z3.Re(f"arn:{partition}:iam::{account}:role/"), z3.Option(regex((Star, "/"))), z3.Re(role))
    return both([
        k(request.kind == ROLE), k(request.arn.test(("role", partition, account, role), head)),
        k(request.session.test((False, False, (session,)), z3.Re(session)))])


def principal(request, statement, root_only):
    listed, negated = entries(statement)
    named = either(entry(request, group, text, root_only) for group, text in listed)
    if not negated:
        return named
    # NotPrincipal: only a caller whose account, role and session (or account and user) are all listed is surely exempt.
    if any(text in (None, "*") for _, text in listed):
        named_by_star = either(entry(request, g, t, False) for g, t in listed if t in (None, "*")).sure
    else:
        named_by_star = z3.BoolVal(False)

    def some(wanted):
        found = [entry(request, g, t, False).sure for g, t in listed if g == "AWS" and t != "*" and wanted(t)]
        return disj(found)

    account = some(account_of)
    role = some(lambda t: ":role/" in t)
    session = some(lambda t: ":assumed-role/" in t)
    user = some(lambda t: ":user/" in t)
    federated = some(lambda t: ":federated-user/" in t)
    exempt = disj([
        named_by_star, request.kind == ANONYMOUS, request.kind == SERVICE, conj([request.kind == ROOT, account]),
        conj([request.kind == USER, account, user]), conj([request.kind == FEDERATED, account, federated]),
        conj([request.kind == ROLE, account, role, session])])
    # Named for sure and exempt: it does not apply. Named for sure, not exempt: open. Not named for sure: as it is.
    return choose(conj([named.sure, exempt]), NO, choose(named.sure, OPEN, ~named))


# --- Resource


def resource(request, statement, variables):
    values, negated = element(statement, "Resource")
    out = either(resource_value(request, parse(text, True, variables)) for text in many(values))
    return ~out if negated else out


def resource_value(request, parts):
    if parts == (Star,):
        return YES
    some = request.resource.present
    if not is_plain(parts):
        return both([k(some), substituted(parts, request, lambda filled, terms, texts: k(request.problem.link(
            equal("String", filled, request.resource.term, terms), [request.resource, *texts])))])
    label = ("resource", parts)
    if colons(parts) >= 5:
        return both([k(some), k(request.resource.test(label, field_regex(parts)))])
    narrow = NO
    if parts and parts[-1] is Star:
        # The last `*` covers the fields that are not written.
        short = z3.Concat(field_regex(parts[:-1]), z3.Full(z3.ReSort(z3.StringSort())))
        narrow = k(request.resource.test(label, short))
    crosses = any(a is Star and isinstance(b, str) and b.startswith(":") for a, b in zip(parts, parts[1:]))
    if crosses:
        # Whether `*` at a field's end crosses the colon is disputed among AWS's own pages.
        wide = request.resource.test(("wide", parts), regex(parts))
        if parts[-1] is not Star:
            narrow = k(request.resource.test(label, field_regex(parts)))
        narrow = either([narrow, both([k(wide), OPEN])])
    return both([k(some), narrow])


# --- Condition


def condition(request, test, variables):
    (quantifier, base, if_exists), name, values = test
    key = request.key(name)
    if base == "Null":
        if quantifier:
            return YES if quantifier == "ForAllValues" else NO
        absent = negation(key.present)
        wanted = {"true": k(absent), "false": k(key.present)}
        return choose(key.unknown, OPEN, either(wanted.get(v.lower(), NO) for v in values))

    negated = "Not" in base

    def each(value):
        some = either(value.match(base, text, request, variables) for text in values)
        return ~some if negated else some

    if quantifier == "ForAnyValue":
        present = either(both([k(flag), each(value)]) for flag, value in key.elements)
        absent = OPEN if if_exists else NO
    elif quantifier == "ForAllValues":
        present = both(either([~k(flag), or_empty(value, each(value))]) for flag, value in key.elements)
        absent = YES
    else:
        # A multivalued key needs a set operator; what a plain one does is not documented.
        present = OPEN if key.multi else each(key.elements[0][1]) if key.elements else NO
        absent = YES if if_exists or negated else NO
    return choose(key.unknown, OPEN, choose(key.present, present, absent))


def or_empty(value, one):
    """Older pages say that an empty text counts as no value under `ForAllValues`."""
    if not hasattr(value, "text"):
        return one
    return either([one, both([k(value.test("String", False, ())), OPEN])])


# --- The whole


class Opinion:
    """A question, encoded."""

    def __init__(self, question, effort, sizes=None):
        policy = question["policy"]
        self.statements = many(policy["Statement"])
        variables = policy.get("Version") == "2012-10-17"
        self.problem = Problem(effort)
        everything = [*[(s, variables) for s in self.statements], (question["requests"], True)]
        spoken = {}
        for statement, in_force in everything:
            for name in keys_of(statement, in_force):
                spoken[name] = spoken.get(name, 0) + 1
        named = any(names_callers(s) for s, _ in everything)
        scope = scope_of(self.statements, variables)
        self.request = Request(self.problem, question["kind"], scope, spoken, named, sizes)
        self.request.act(lambda action: tuple(act(s, action) for s, _ in everything))
        root_only = question["kind"] == "endpoint"
        own = [self.applies(s, variables, root_only) for s in self.statements]
        self.set = self.applies(question["requests"], True, False)
        self.goals = goals(question["wanted"], [s["Effect"] for s in self.statements], own, self.set)

    def applies(self, statement, variables, root_only):
        answers = [self.request.action_in(lambda a, i=i: act(statement, a)[i]) for i in (0, 1)]
        both_parts = [type(YES)(*answers), principal(self.request, statement, root_only)]
        both_parts.append(resource(self.request, statement, variables))
        both_parts += [condition(self.request, test, variables) for test in conditions(statement)]
        return both(both_parts)


def goals(wanted, effects, own, requests):
    """That the outcome is certain, and that it is possible."""
    allow = either(a for effect, a in zip(effects, own) if effect == "Allow")
    deny = either(a for effect, a in zip(effects, own) if effect == "Deny")
    outcome = {
        "allowed": lambda: both([allow, ~deny]), "explicitDeny": lambda: deny,
        "implicitDeny": lambda: both([~allow, ~deny]), "notExplicitDeny": lambda: ~deny,
    }[wanted]()
    return both([outcome, requests])


def keys_of(statement, variables):
    """The keys that a statement's tests read, one for each test."""
    for (_, base, _), key, values in conditions(statement):
        yield key.lower()
        if variables and operator_class(base) in ("String", "Arn"):
            for text in values:
                yield from (p.key.lower() for p in parse(text, False, True) if isinstance(p, Variable))
    if variables:
        for text in many(element(statement, "Resource")[0]):
            yield from (p.key.lower() for p in parse(text, True, True) if isinstance(p, Variable))


def scope_of(statements, variables):
    """The partitions that the policy names, and its buckets: those that it names in full."""
    partitions, buckets = [], []
    for statement in statements:
        for text in many(element(statement, "Resource")[0]):
            flat = "".join(p if isinstance(p, str) else "\0" for p in parse(text, True, variables))
            found = re.fullmatch(r"arn:([^:\0]+):.*", flat, re.DOTALL)
            partition = found and found[1]
            if partition and partition not in partitions:
                partitions.append(partition)
            fields = flat.split(":", 5)
            bucket = fields[5].split("/")[0] if len(fields) == 6 else ""
            if bucket and "\0" not in bucket and ":" not in bucket:
                buckets.append((partition, bucket))
    partitions = partitions or ["aws"]
    if not set(partitions) <= set(PARTITIONS):
        raise LeftOut("a partition that does not exist")
    buckets = [(q, bucket) for p, bucket in buckets for q in ([p] if p else partitions)]
    return partitions, list(dict.fromkeys(buckets))
