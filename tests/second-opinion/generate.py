"""Small policies and questions about them, by number: the same seed gives the same questions everywhere."""

import random

from realistic import realistic

VPCE = ["vpce-0aaaaaaaaaaaaaaaa", "vpce-0bbbbbbbbbbbbbbbb", "vpce-1a2b3c4d"]
VPC = ["vpc-0aaaaaaaaaaaaaaaa", "vpc-0bbbbbbbbbbbbbbbb", "vpc-1a2b3c4d"]
ACCOUNTS = ["111122223333", "444455556666", "999999999999"]
WANTED = ["allowed", "explicitDeny", "implicitDeny", "notExplicitDeny"]
STRING = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"]
LIKE = ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]
ARN = ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"]
NUMERIC = ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"]
DATE = [n.replace("Numeric", "Date") for n in NUMERIC]
TRUTH = ["true", "false"]

ACTIONS = ["s3:*", "s3:*", "*", "s3:GetObject", "s3:Get*", "s3:PutObject", "s3:ListBucket", "s3:*Object", "s3:GetObject*", "S3:getobject",
           "s3:*Bucket*", "s3:DeleteObject", "s3:?etObject", "s3:ListAllMyBuckets", "s3:*Tagging", "s3:CreateJob", "s3:*AccessPoint*"]
RESOURCES = ["arn:aws:s3:::bkt", "arn:aws:s3:::bkt/*", "arn:aws:s3:::bkt*", "*", "arn:aws:s3:::*", "arn:aws:s3:::bkt/x",
             "arn:aws:s3:::bkt/*/k", "arn:aws:s3:::bkt/?", "arn:*:s3:::bkt/*", "arn:aws:s3:::*/*", "arn:aws-cn:s3:::bkt/*",
             "arn:aws:s3:::bkt/${aws:username}/*", "arn:aws:s3:::bkt/${aws:PrincipalTag/team, 'none'}/*", "arn:aws:s3:::o12",
             "arn:aws:s3:*:bkt/*", "arn:aws:s3:::bkt/*x*", "arn:aws:s3:*", "arn:aws:s3:::b?t/*", "arn:aws:s3:::bkt/${aws:userid}"]
PRINCIPALS = ["arn:aws:iam::111122223333:role/App", "arn:aws:iam::111122223333:role/team/App", "arn:aws:iam::444455556666:role/App",
              "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:assumed-role/App/job",
              "arn:aws:sts::111122223333:federated-user/fred", "arn:aws:iam::444455556666:user/team/bob"]
SERVICES = ["cloudtrail.amazonaws.com", "logging.s3.amazonaws.com"]
PATHS = ["o-corp123456/*", "o-corp123456/r-ab12/ou-ab12-11111111/*", "o-*", "o-corp123456/r-ab12/", "o-other12345/r-ab12/*"]

# Operators, keys, values: one line for each kind of condition; drawn with equal chances, so what matters most stands here twice.
CONDITIONS = [
    (STRING, ["aws:SourceVpce", "aws:sourceVpce"], [*VPCE, "vpce-*", "*", "vpce-0?aaaaaaaaaaaaaaa", "vpc-0aaaaaaaaaaaaaaaa"]),
    (LIKE, ["aws:SourceVpce"], VPCE),
    (LIKE, ["aws:SourceVpce"], [*VPCE, "vpce-*"]),
    (STRING, ["aws:SourceVpc"], [*VPC, "vpc-0b*", "VPC-1A2B3C4D"]),
    (LIKE, ["aws:SourceVpc"], VPC),
    (ARN, ["aws:SourceVpcArn"], ["arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aaaaaaaaaaaaaaaa", "arn:aws:ec2:*:111122223333:vpc/*",
                                 "arn:aws:ec2:*:*:vpc/vpc-0b*", "arn:aws:ec2:eu-*:*:vpc/*"]),
    (["IpAddress", "NotIpAddress"], ["aws:SourceIp", "aws:VpcSourceIp"],
     ["203.0.113.0/24", "10.0.0.0/8", "198.51.100.7", "0.0.0.0/0", "2001:db8::/32", "203.0.113.128/25", "::/0"]),
    (["ArnEquals", "ArnNotLike", "ArnLike", "StringLike", "StringNotEquals", "StringNotLike"], ["aws:PrincipalArn"],
     ["arn:aws:iam::111122223333:role/App", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::*:role/App", "arn:aws:iam::111122223333:root",
      "*App", "arn:aws:iam::444455556666:user/alice", "arn:aws:iam::*:role/team/*", "arn:*"]),
    (STRING, ["aws:PrincipalAccount"], [*ACCOUNTS, "1111*", "anonymous", "*"]),
    (STRING, ["aws:PrincipalOrgID"], ["o-corp123456", "o-other12345", "o-*", "${aws:ResourceOrgID}"]),
    (LIKE, ["aws:PrincipalOrgPaths", "aws:ResourceOrgPaths", "aws:VpceOrgPaths"], PATHS),
    (["Bool", "StringEquals", "StringNotEquals"], ["aws:PrincipalIsAWSService", "aws:ViaAWSService", "aws:SecureTransport"], TRUTH),
    (["Bool"], ["aws:PrincipalIsAWSService", "aws:ViaAWSService"], TRUTH),
    (LIKE, ["aws:PrincipalType"], ["Anonymous", "AssumedRole", "User", "A*"]),
    (NUMERIC, ["s3:TlsVersion", "s3:max-keys", "s3:signatureAge"], ["1.2", "10", "1.3", "0", "600000", "9.5"]),
    (STRING, ["s3:prefix"], ["", "home/*", "home/${aws:username}/*", "a", "${aws:PrincipalTag/team}", "HOME/"]),
    (DATE, ["aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime"], ["2026-06-01T00:00:00Z", "2025-01-01", "1767225600"]),
    (STRING, ["aws:ResourceAccount", "s3:ResourceAccount"], [*ACCOUNTS, "${aws:PrincipalAccount}"]),
    (STRING, ["aws:ResourceOrgID", "aws:VpceOrgID"], ["o-corp123456", "${aws:PrincipalOrgID}", "o-other12345"]),
    (STRING, ["aws:PrincipalTag/team", "aws:RequestTag/team", "s3:ExistingObjectTag/team"], ["ml", "m*", "ops", "ML"]),
    (STRING, ["aws:SourceVcpe", "aws:VpceAccount", "aws:SourceAccount"], ["vpce-0aaaaaaaaaaaaaaaa", *ACCOUNTS]),
    (STRING, ["s3:RequestObjectTagKeys", "aws:TagKeys", "aws:PrincipalServiceNamesList"], ["a", "b", "a*", "*b", "logging.*"]),
    (STRING, ["aws:username", "aws:userid", "aws:SourceIdentity"], ["alice", "al*", "${aws:PrincipalTag/team}", "Alice"]),
    (LIKE, ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"], ["athena.amazonaws.com", "glue.amazonaws.com", "a*"]),
    (ARN, ["aws:SourceArn"], ["arn:aws:cloudtrail:us-east-1:111122223333:trail/t", "arn:aws:cloudtrail:*:*:trail/*", "arn:aws:s3:::*"]),
    (LIKE, ["s3:x-amz-server-side-encryption", "s3:x-amz-acl", "s3:authType"], ["aws:kms", "AES256", "bucket-owner-full-control", "REST-*"]),
    (["Null"], ["aws:SourceVpce", "aws:SourceIp", "aws:PrincipalOrgID", "aws:PrincipalArn", "aws:TokenIssueTime", "s3:prefix",
                "aws:PrincipalOrgPaths", "s3:x-amz-server-side-encryption"], TRUTH),
]
MULTIVALUED = {"aws:principalorgpaths", "aws:resourceorgpaths", "aws:vpceorgpaths", "s3:requestobjecttagkeys", "aws:tagkeys",
               "aws:principalservicenameslist", "aws:calledvia"}


class Dice(random.Random):
    """Draws with `random()` alone, whose numbers do not change between versions of Python."""

    def below(self, n):
        return int(self.random() * n)

    def pick(self, items):
        return items[self.below(len(items))]

    def some(self, items, most=3):
        if self.below(3):
            return self.pick(items)
        return list(dict.fromkeys(self.pick(items) for _ in range(1 + self.below(most))))


def principal(dice):
    which = dice.below(14)
    if which < 7:
        return "*"
    return [{"AWS": "*"}, {"AWS": dice.pick(ACCOUNTS)}, {"AWS": dice.some(PRINCIPALS)}, {"AWS": [dice.pick(PRINCIPALS), dice.pick(PRINCIPALS)]},
            {"Service": dice.pick(SERVICES)}, {"AWS": dice.pick(ACCOUNTS), "Service": SERVICES[0]}, {"AWS": dice.pick(PRINCIPALS)}][which - 7]


def conditions(dice, most):
    out = {}
    for _ in range(dice.below(most + 1)):
        operators, keys, values = dice.pick(CONDITIONS)
        base, key = dice.pick(operators), dice.pick(keys)
        multivalued = key.lower() in MULTIVALUED
        quantifier = "" if dice.below(12) and not (multivalued and dice.below(8)) else dice.pick(["ForAllValues:", "ForAnyValue:"])
        suffix = "IfExists" if base != "Null" and not dice.below(4) else ""
        block = out.setdefault(f"{quantifier}{base}{suffix}", {})
        if key.lower() not in {k.lower() for k in block}:
            if "IgnoreCase" in base:
                values = [v for v in values if "${" not in v]
            block[key] = dice.some(values) if base not in ("Bool", "Null") else dice.pick(values)
    return out


def body(dice):
    out = {"Principal" if dice.below(25) else "NotPrincipal": principal(dice)}
    out["Action" if dice.below(8) else "NotAction"] = dice.some(ACTIONS)
    out["Resource" if dice.below(10) else "NotResource"] = dice.some(RESOURCES[:6] if dice.below(2) else RESOURCES)
    if condition := conditions(dice, 3):
        out["Condition"] = condition
    return out


def random_question(dice):
    statements = [{"Effect": "Allow" if dice.below(5) < 2 else "Deny", **body(dice)} for _ in range(1 + dice.below(4))]
    policy = {"Statement": statements}
    if dice.below(10):
        policy["Version"] = "2012-10-17"
    requests = {"Principal": "*", "Action": "s3:*", "Resource": "*"} if dice.below(2) else body(dice)
    requests["Condition"] = conditions(dice, 2)
    if dice.below(3) == 0:
        share(dice, statements, requests)
    return {"source": "random", "kind": "bucket" if dice.below(3) else "endpoint", "policy": policy, "requests": requests}


def share(dice, statements, requests):
    """The set asks for, or rules out, what a statement speaks of: a condition of the statement, as it is or the other way round."""
    blocks = [(op, key, v) for s in statements for op, b in s.get("Condition", {}).items() for key, v in b.items()]
    if not blocks:
        return
    operator, key, value = dice.pick(blocks)
    if dice.below(2) and "Null" not in operator and "Bool" not in operator:
        for yes, no in (("StringEquals", "StringNotEquals"), ("StringLike", "StringNotLike"), ("ArnEquals", "ArnNotEquals")):
            if yes in operator or no in operator:
                operator = operator.replace(yes, no) if yes in operator else operator.replace(no, yes)
                break
    requests["Condition"].setdefault(operator, {})[key] = value


def question(seed, number):
    dice = Dice(seed * 1_000_003 + number)
    out = realistic(dice) if number % 3 == 0 else random_question(dice)
    out.update(id=f"{seed}.{number}", wanted=out.get("wanted") or dice.pick(WANTED))
    return out
