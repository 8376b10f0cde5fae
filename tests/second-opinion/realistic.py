"""The built-in rules' own questions, about the example policies of their files and small changes of them."""

import copy
import functools
import json
import pathlib
import re

RULES = pathlib.Path(__file__).resolve().parents[2] / "rules"
# What a rule's names stand for, where the policy itself names nothing.
NAMES = {
    "trusted.vpcs": ["vpc-0c3d4e5f60718293a"], "trusted.vpc_endpoints": ["vpce-0a1b2c3d4e5f60718"], "trusted.accounts": ["111122223333"],
    "trusted.organizations": ["o-a1b2c3d4e5"], "trusted.ip_ranges": [], "trusted.principals": [], "trusted.buckets": [],
    "stranger.bucket": ["somebody-elses-bucket"], "stranger.account": ["999999999999"], "stranger.vpc": ["vpc-0123456789abcdef0"],
    "stranger.vpc_endpoint": ["vpce-0123456789abcdef0"], "stranger.organization": ["o-zzzzzzzzzz"], "stranger.ip": ["198.51.100.77"],
    "stranger.action": ["s3:*"], "regions": ["us-east-1"], "partition": ["aws"],
}
# What a rule with this outcome in `expect` looks for.
SOUGHT = {"allowed": ["allowed", "explicitDeny", "implicitDeny"], "notExplicitDeny": ["notExplicitDeny"], "explicitDeny": ["notExplicitDeny", "allowed", "implicitDeny"],
          "implicitDeny": ["allowed", "explicitDeny"], "notAllowed": ["allowed"]}
SWAPS = [("StringNotEquals", "StringNotEqualsIfExists"), ("StringNotEquals", "ForAnyValue:StringNotEquals"), ("StringNotEquals", "StringEquals"),
         ("StringNotEquals", "StringNotLike"), ("StringEquals", "StringEqualsIfExists"), ("StringEquals", "ForAllValues:StringEquals"),
         ("StringLike", "StringEquals"), ("BoolIfExists", "Bool"), ("Bool", "BoolIfExists"), ("ArnNotLike", "ArnNotEquals"),
         ("IpAddress", "NotIpAddress"), ("NotIpAddress", "NotIpAddressIfExists")]
EXTRA = [("StringNotEquals", "aws:SourceVpc", "vpc-0c3d4e5f60718293a"), ("StringNotEquals", "aws:SourceVpce", "vpce-0b2c3d4e5f6071829"),
         ("Bool", "aws:SecureTransport", "false"), ("BoolIfExists", "aws:PrincipalIsAWSService", "false"), ("Bool", "aws:ViaAWSService", "false"),
         ("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/Admin*"),
         ("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"), ("Null", "aws:SourceVpce", "true"), ("StringLike", "s3:prefix", "home/*")]


@functools.cache
def rules():
    out = []
    for path in sorted(RULES.glob("*.json")):
        rule = json.loads(path.read_text(encoding="utf-8"))
        if "requests" in rule:
            policies = [e["policy"] for part in ("pass", "fail") for e in rule["examples"][part]]
            policies = [p for p in policies if isinstance(p, dict) and "Statement" in p]
            if policies:
                out.append((rule, policies))
    return out


def change(dice, policy):
    """One small change, as an author could make it."""
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    policy["Statement"] = statements
    statement = dice.pick(statements)
    condition = statement.setdefault("Condition", {})
    which = dice.below(6)
    if which == 0 and len(statements) > 1:
        statements.remove(statement)
    elif which == 1 and condition:
        operator = dice.pick(list(condition))
        swaps = [to for a, to in SWAPS if a == operator and to not in condition]
        if swaps:
            condition[dice.pick(swaps)] = condition.pop(operator)
    elif which == 2:
        operator, key, value = dice.pick(EXTRA)
        condition.setdefault(operator, {}).setdefault(key, value)
    elif which == 3 and condition:
        condition.pop(dice.pick(list(condition)))
    elif which == 4 and "Action" in statement:
        statement["Action"] = dice.pick(["s3:GetObject", "s3:*", "s3:*Object*", ["s3:GetObject", "s3:ListBucket"], "s3:Put*"])
    elif isinstance(statement.get("Resource"), list) and len(statement["Resource"]) > 1:
        statement["Resource"] = dice.pick(statement["Resource"])
    if not condition:
        del statement["Condition"]


def fill(value, named):
    """A text with its names replaced, once for each thing that they stand for."""
    found = re.search(r"\$\{([a-z_.]+)\}", value) if isinstance(value, str) else None
    if not found:
        return [value]
    stands_for = named.get(found[1]) or NAMES[found[1]]
    return [text for v in stands_for for text in fill(value.replace(found[0], v), named)]


def filled(values, named):
    values = values if isinstance(values, list) else [values]
    return [text for value in values for text in fill(value, named)]


def realistic(dice):
    rule, policies = dice.pick(rules())
    policy = copy.deepcopy(dice.pick(policies))
    for _ in range(dice.below(3)):
        change(dice, policy)
    text = json.dumps(policy)
    named = {"trusted.vpcs": sorted(set(re.findall(r'"(vpc-[0-9a-f]{17})"', text))),
             "trusted.vpc_endpoints": sorted(set(re.findall(r'"(vpce-[0-9a-f]{17})"', text)))}
    if dice.below(3) == 0:
        named = {}
    if dice.below(2):
        named["regions"] = ["*"]
    sets = rule["requests"] if isinstance(rule["requests"], list) else [rule["requests"]]
    requests = copy.deepcopy(dice.pick(sets))
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        if element in requests:
            requests[element] = filled(requests[element], named)
    condition = {}
    for operator, block in requests.get("Condition", {}).items():
        block = {key: filled(values, named) for key, values in block.items()}
        condition[operator] = {key: values for key, values in block.items() if values}
    requests["Condition"] = {operator: block for operator, block in condition.items() if block}
    outcome = next(iter(rule["expect"].values()))
    return {"source": rule["id"], "kind": dice.pick(rule["applies_to"]), "policy": policy, "requests": requests,
            "wanted": dice.pick(SOUGHT[outcome] if dice.below(3) else ["allowed", "notExplicitDeny", "implicitDeny"])}
