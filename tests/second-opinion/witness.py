"""Requests between the two encodings: a model of Z3 as a request in JSON, and a request in JSON as constraints."""

import datetime
import ipaddress
import re

import z3

from request import ANONYMOUS, ENDPOINT, FEDERATED, INTERNET, ROLE, ROOT, SERVICE, USER
from solve import conj, disj, negation
from values import Address, Const, Moment, Number, moment, number

NETWORK = {"aws:sourceip": INTERNET, "aws:sourcevpc": ENDPOINT, "aws:sourcevpce": ENDPOINT, "aws:vpcsourceip": ENDPOINT}
PARTS = {
    "account": lambda arn: arn.split(":")[4], "user": lambda arn: arn.rsplit("/", 1)[1],
    "id of vpc": lambda arn: arn.rsplit("/", 1)[1],
}


def read(opinion, model, strings):
    """The request of a model."""
    request = opinion.request

    def true(formula):
        return z3.is_true(model.eval(formula, True))

    def value_of(value):
        if isinstance(value, Number):
            return str(model.eval(value.value, True))
        if isinstance(value, Moment):
            seconds = model.eval(value.value, True).as_long()
            if value.fact.name == "aws:EpochTime":
                return str(seconds)
            return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
        if isinstance(value, Address):
            bits = value.six_bits if true(value.six) else value.four_bits
            number_ = model.eval(bits, True).as_long()
            return str(ipaddress.IPv6Address(number_) if true(value.six) else ipaddress.IPv4Address(number_))
        option = next(o for o in value.options if true(o.condition))
        if isinstance(option, Const):
            return option.text
        whole = strings[option.strings.text.name]
        if option.strings.lift:
            name = option.strings.name
            return PARTS.get(name, lambda path: path.split("/")[0])(whole)
        return whole

    context = {}
    for name, key in request.keys.items():
        if true(key.present) and not true(key.unknown):
            values = [value_of(v) for flag, v in key.elements if true(flag)]
            context[name] = values if key.multi else values[0]
    kind = model.eval(request.kind, True).as_long()
    if request.named and kind not in (ANONYMOUS, SERVICE):
        # A session's ARN lacks the path of its role.
        context["aws:principalarn"] = strings["arn"]
    partition = request.partitions[model.eval(request.part, True).as_long()]
    action = request.classes[model.eval(request.action, True).as_long()]
    return {
        "principal": caller(request, kind, partition, strings), "action": f"s3:{action.name}",
        "resource": strings.get("resource", "*"), "context": context,
    }


def caller(request, kind, partition, strings):
    if kind == ANONYMOUS:
        return "anonymous"
    if kind == SERVICE:
        return strings["service"]
    if request.named:
        arn = strings["arn"]
        if kind != ROLE:
            return arn
        account, role = arn.split(":")[4], arn.rsplit("/", 1)[1]
        return f"arn:{partition}:sts::{account}:assumed-role/{role}/{strings['session']}"
    account = strings.get("account", "222233334444")
    forms = {ROLE: "sts::{}:assumed-role/r/s", ROOT: "iam::{}:root", FEDERATED: "sts::{}:federated-user/f"}
    forms[USER] = "iam::{}:user/" + strings.get("user", "u")
    return f"arn:{partition}:" + forms[kind].format(account)


def pin(opinion, given, missing_are_absent):
    """That the request is this one."""
    request = opinion.request
    out = [pin_caller(request, given["principal"])]
    action = next((a for a in request.actions if f"s3:{a.name}" == given["action"]), None)
    if action is None:
        return [z3.BoolVal(False)]
    label = request.label(action)
    out.append(request.action_in(lambda a: request.label(a) == label))
    if given["resource"] == "*":
        out.append(request.type == -1)
    else:
        out += [request.resource.present, request.resource.test(("is", given["resource"]), z3.Re(given["resource"]))]
    context = {name.lower(): value for name, value in given["context"].items()}
    for name, net in NETWORK.items():
        if name in context:
            out.append(request.net == net)
    for name in set(request.spoken) | {n for n in context if n in request.keys}:
        key = request.key(name)
        if name not in context:
            if missing_are_absent:
                out.append(disj([negation(key.present), key.unknown]))
            continue
        values = context[name] if isinstance(context[name], list) else [context[name]]
        out.append(key.present)
        if len(values) > len(key.elements):
            return [z3.BoolVal(False)]
        for i, (flag, value) in enumerate(key.elements):
            out.append(conj([flag, is_value(value, values[i])]) if i < len(values) else negation(flag))
    return out


def is_value(value, text):
    if isinstance(value, Number):
        exact = number(text)
        whole = exact is not None and exact.denominator == 1
        return value.value == int(exact) if whole else z3.BoolVal(False)
    if isinstance(value, Moment):
        at = moment(text)
        return value.value * 1000 == at if at is not None else z3.BoolVal(False)
    if isinstance(value, Address):
        try:
            return value.within(ipaddress.ip_network(text))
        except ValueError:
            return z3.BoolVal(False)
    parts = (text,) if text else ()
    return disj([conj([o.condition, o.matches("String", "StringEquals", parts).sure]) for o in value.options])


def pin_caller(request, principal):
    if principal == "anonymous":
        return request.kind == ANONYMOUS
    found = re.fullmatch(r"arn:([^:]+):(iam|sts)::(\d{12}):(root|user|role|assumed-role|federated-user)(?:/(.+))?", principal, re.DOTALL)
    if not found:
        return conj([request.kind == SERVICE, request.service.test("String", False, (principal,))])
    partition, _, account, form, name = found.groups()
    kind = {"root": ROOT, "user": USER, "role": ROLE, "assumed-role": ROLE, "federated-user": FEDERATED}[form]
    if partition not in request.partitions:
        return z3.BoolVal(False)
    out = [request.kind == kind, request.part == request.partitions.index(partition),
           request.account.test("String", False, (account,))]
    if form == "assumed-role":
        role, session = name.rsplit("/", 1)
        if request.named:
            head = z3.Concat(z3.Re(f"arn:{partition}:iam::{account}:role/"), z3.Option(z3.Concat(z3.Full(z3.ReSort(z3.StringSort())), z3.Re("/"))), z3.Re(role))
            out += [request.arn.test(("role is", principal), head), request.session.test(("is", session), z3.Re(session))]
    elif request.named:
        out.append(request.arn.test(("is", principal), z3.Re(principal)))
    elif kind == USER:
        out.append(request.user.test("String", False, (name.rsplit("/", 1)[1] if "/" in name else name,)))
    return conj(out)


