"""The space of requests as variables and constraints: who calls, which way, which action on which resource, with which keys.

Written from DESIGN (section 5, "Requests"), docs/how-it-decides.md and the columns of src/aws/data/: what hangs together in AWS
hangs together here."""

import z3

from facts import ACTIONS, ARN_FORMS, carries, key_fact
from patterns import ALL, ALNUM, DIGIT, NEITHER, NO_COLON, NO_SLASH, PRINTABLE, TEXT, parse, regex, seq
from solve import conj, disj, negation
from values import Address, Const, Moment, Number, Strings, Written

KINDS = ["Anonymous", "Role", "User", "Root", "FederatedUser", "Service"]
ANONYMOUS, ROLE, USER, ROOT, FEDERATED, SERVICE = range(6)
INTERNET, ENDPOINT, INSIDE = range(3)
TYPES = [None, "AssumedRole", "User", "Account", "FederatedUser", None]
TRUE, FALSE = z3.BoolVal(True), z3.BoolVal(False)
ACCOUNT = z3.Loop(DIGIT, 12, 12)
ORGANIZATION = seq("o-", z3.Loop(ALNUM, 10, 10), z3.Star(ALNUM))
NAME = seq(TEXT, NO_SLASH)
RESOURCES = sorted(ARN_FORMS)
# Each organization's id with the paths in it: of the caller, the bucket, the endpoint, and whom a service works for.
ORGANIZATIONS = ["principal", "resource", "vpce", "source"]


def identifier(prefix):
    return seq(prefix, z3.Union(z3.Loop(ALNUM, 8, 8), z3.Loop(ALNUM, 17, 17)))


class Key:
    """What a request holds for one key: values, each there under a condition; none when it is not `present`."""

    def __init__(self, present, elements, multi=False, unknown=FALSE):
        self.present, self.elements, self.multi, self.unknown = present, elements, multi, unknown


class Request:
    """`spoken`: for each key that is read, how many tests read it; `named`: callers are told apart by name."""

    def __init__(self, problem, kind, scope, spoken, named, sizes=None):
        self.problem, self.spoken, self.sizes = problem, spoken, sizes or {}
        self.named = named or "aws:principalarn" in spoken
        self.partitions, buckets = scope
        self.kind, self.net, self.via = z3.Int("kind"), z3.Int("net"), z3.Bool("via")
        self.part, self.action, self.type = z3.Int("partition"), z3.Int("action"), z3.Int("type")
        self.iam = disj([self.kind == i for i in (ROLE, USER, ROOT, FEDERATED)])
        self.keys, self.flags, self.derived = {}, {}, {}
        problem.hard.append(disj([self.part == i for i in range(len(self.partitions))]))
        self.scenes(kind)
        self.resources(kind, buckets)
        self.callers()

    def scenes(self, kind):
        """Which callers come which way: an endpoint policy sees what came through its endpoint; a service that calls with a
        principal's credentials, or in its own name, comes from inside AWS."""
        scenes = []
        if kind == "endpoint":
            scenes += [(caller, ENDPOINT, False) for caller in range(6)]
        else:
            scenes += [(caller, net, False) for caller in range(5) for net in (INTERNET, ENDPOINT)]
            scenes += [(SERVICE, INSIDE, False)]
            scenes += [(caller, INSIDE, True) for caller in (ROLE, USER, ROOT, FEDERATED)]
        at = [z3.And(self.kind == c, self.net == n, self.via == v) for c, n, v in scenes]
        self.problem.hard.append(disj(at))

    # --- Action and resource

    def resources(self, kind, buckets):
        seen = {"bucket", "object"} if kind == "bucket" else set(RESOURCES)
        self.actions = [a for a in ACTIONS if a.resources & seen or kind == "endpoint"]
        some_bucket = seq(ALNUM, NEITHER, NEITHER, z3.Star(NEITHER))
        domains = []
        for j, partition in enumerate(self.partitions):
            for i, name in enumerate(RESOURCES):
                here = z3.And(self.type == i, self.part == j)
                if name in ("bucket", "object"):
                    own = [bucket for p, bucket in buckets if p == partition]
                    if kind == "endpoint" or not buckets:
                        of = some_bucket
                    elif own:
                        of = z3.Union(*[z3.Re(b) for b in own]) if len(own) > 1 else z3.Re(own[0])
                    else:
                        self.problem.hard.append(negation(here))
                        continue
                    tail = (of, "/", z3.Plus(PRINTABLE)) if name == "object" else (of,)
                    domains.append((here, seq(f"arn:{partition}:s3:::", *tail)))
                elif name in seen:
                    domains.append((here, arn_language(ARN_FORMS[name], partition)))
        self.seen = seen
        self.resource = self.problem.text("resource", domains)

    def act(self, answers):
        """Fixes the actions, one of each class that nothing tells apart. `answers(action)` is what the clauses say of one."""
        listed = [key_fact(name) for name in self.spoken]
        listed = [f for f in listed if f is not None and f.listed]
        classes = {}
        for action in self.actions:
            label = (answers(action), tuple(carries(action, f) for f in listed), action.resources & self.seen)
            classes.setdefault(label, action)
        self.classes = list(classes.values())
        self.by_class = {action.name: classes[label] for label, action in classes.items()}
        self.label = lambda action: (
            answers(action), tuple(carries(action, f) for f in listed), action.resources & self.seen)
        for i, action in enumerate(self.classes):
            kinds = [self.type == RESOURCES.index(r) for r in sorted(action.resources & self.seen)]
            self.problem.hard.append(z3.Implies(self.action == i, disj(kinds) if kinds else self.type == -1))
        self.problem.hard.append(self.action_in(lambda _: True))

    def action_in(self, wanted):
        return disj([self.action == i for i, action in enumerate(self.classes) if wanted(action)])

    # --- Callers

    def callers(self):
        def domain(kind, service, tail):
            return [
                (z3.And(self.kind == kind, self.part == j), seq(f"arn:{p}:{service}::", ACCOUNT, *tail))
                for j, p in enumerate(self.partitions)
            ]

        add = self.problem.text
        if self.named:
            self.arn = add("arn", [
                *domain(ROLE, "iam", (":role/", NAME)), *domain(USER, "iam", (":user/", NAME)),
                *domain(ROOT, "iam", (":root",)), *domain(FEDERATED, "sts", (":federated-user/", NAME))])
            self.session = add("session", [(self.kind == ROLE, z3.Plus(NO_SLASH))])
            self.account = Strings(self, self.arn, self.of_account, "account", (self.iam, ACCOUNT), self.is_account)
            self.user = Strings(self, self.arn, of_user, "user", (self.kind == USER, z3.Plus(NO_SLASH)),
                                lambda arn, user: z3.SuffixOf(z3.Concat(z3.StringVal("/"), user), arn))
        else:
            self.account = Strings(self, add("account", [(self.iam, ACCOUNT)]))
            self.user = Strings(self, add("user", [(self.kind == USER, z3.Plus(NO_SLASH))]))
        service = seq(ALNUM, z3.Star(NEITHER), ".amazonaws.com")
        self.service = Strings(self, add("service", [(self.kind == SERVICE, service)]))

    def of_account(self, parts, fold):
        return seq("arn:", z3.Star(NO_COLON), ":", z3.Star(NO_COLON), "::",
                   regex(parts, z3.Star(DIGIT), DIGIT, fold), ":", ALL)

    def is_account(self, arn, account):
        heads = [f"arn:{p}:{s}::" for p in self.partitions for s in ("iam", "sts")]
        return z3.Or(*[z3.PrefixOf(z3.Concat(z3.StringVal(h), account, z3.StringVal(":")), arn) for h in heads])

    # --- Keys

    def flag(self, name):
        return self.flags.setdefault(name, z3.Bool(f"has {name}"))

    def presence(self, fact, name):
        """When a request carries the key, given that its action can: by the column `presence`."""
        may = self.flag(name)
        return {
            "Always": TRUE, "WithAction": TRUE, "Never": FALSE,
            "Endpoint": self.net == ENDPOINT,
            "EndpointOrganization": conj([may, self.net == ENDPOINT]),
            "Internet": self.net == INTERNET,
            "Signed": self.kind != ANONYMOUS,
            "PrincipalOrganization": conj([may, self.iam]), "Session": conj([may, self.iam]),
            "ResourceOrganization": may, "AccessPoint": may, "Optional": may, "Tls": may,
            "PrincipalOptional": conj([may, self.kind != ANONYMOUS]),
            "User": self.kind == USER, "Service": self.kind == SERVICE,
            "ServiceOnBehalf": conj([may, self.kind == SERVICE]),
            "ForwardAccess": conj([may, self.via]),
            "Ec2Credentials": conj([may, self.kind == ROLE]), "Federated": conj([may, self.kind == ROLE]),
        }[fact.presence]

    def key(self, name):
        name = name.lower()
        if name not in self.keys:
            self.keys[name] = self.make(name)
        return self.keys[name]

    def make(self, name):
        fact = key_fact(name)
        if fact is None:
            return Key(FALSE, [])
        bare = name.removeprefix("aws:")
        if name.startswith("aws:principal") or bare in ("username", "viaawsservice"):
            own = self.of_caller(bare)
            if own is not None:
                return own
        carried = self.action_in(lambda a: carries(a, fact)) if fact.listed else TRUE
        for which in ORGANIZATIONS:
            if bare in (f"{which}orgid", f"{which}orgpaths"):
                present = self.presence(fact, f"{which} organization")
                value = self.organization(which, present, bare.endswith("paths"))
                return Key(present, [(present, value)], fact.multi)
        if bare in ("sourcevpc", "sourcevpcarn"):
            present = self.presence(fact, name)
            return Key(present, [(present, self.vpc(present, bare == "sourcevpcarn"))])
        if name in ("aws:resourceaccount", "s3:resourceaccount"):
            present = conj([self.presence(fact, name), carried])
            return Key(present, [(present, self.once("owner", lambda: Strings(
                self, self.problem.text("owner", [(TRUE, ACCOUNT)]))))])
        if bare in ("currenttime", "epochtime"):
            return Key(TRUE, [(TRUE, self.once("now", lambda: Moment(self.problem, "now", fact)).of(fact))])
        if bare in ("securetransport", "s3:tlsversion"):
            tls = self.flag("tls")
            if bare == "securetransport":
                return Key(TRUE, [(TRUE, Written([Const(tls, "true"), Const(negation(tls), "false")]))])
            return self.single(name, fact, conj([tls, carried]))
        if bare in ("calledvia", "calledviafirst", "calledvialast"):
            return self.chain(bare, fact)
        return self.single(name, fact, conj([self.presence(fact, name), carried]))

    def once(self, name, make):
        if name not in self.derived:
            self.derived[name] = make()
        return self.derived[name]

    def of_caller(self, bare):
        """Keys that follow from the caller; those of a service that AWS does not tell are absent or unknown."""
        always = {
            "principaltype": [(i, t) for i, t in enumerate(["Anonymous", *TYPES[1:]]) if t],
            "principalisawsservice": [(i, "true" if i == SERVICE else "false") for i in range(1, 6)],
        }
        if bare in always:
            consts = [Const(self.kind == i, text) for i, text in always[bare]]
            present = disj([c.condition for c in consts])
            return Key(present, [(present, Written(consts))])
        if bare == "viaawsservice":
            return Key(TRUE, [(TRUE, Written([Const(self.via, "true"), Const(negation(self.via), "false")]))])
        if bare == "principalaccount":
            value = self.account.also(Const(self.kind == ANONYMOUS, "anonymous"), self.iam)
            return Key(self.kind != SERVICE, [(self.kind != SERVICE, value)], unknown=self.kind == SERVICE)
        own = {"principalarn": (self.iam, Strings(self, self.arn) if self.named else None),
               "username": (self.kind == USER, self.user),
               "principalservicename": (self.kind == SERVICE, self.service)}
        if bare in own:
            present, value = own[bare]
            return Key(present, [(present, value)])
        return None

    def organization(self, which, present, paths):
        """An organization's id, or the path of an account in it, which begins with the id."""
        whole = f"aws:{which}orgpaths" in self.spoken
        path = seq(ORGANIZATION, "/r-", ALNUM, TEXT, "/")
        text = self.once(f"organization {which}", lambda: self.problem.text(
            f"organization {which}", [(present, path if whole else ORGANIZATION)]))
        if paths or not whole:
            return Strings(self, text)
        return Strings(self, text, lambda parts, fold: seq(regex(parts, z3.Star(NO_SLASH), NO_SLASH, fold), "/", ALL),
                       f"id of {which}", (present, ORGANIZATION),
                       lambda path, own: z3.PrefixOf(z3.Concat(own, z3.StringVal("/")), path))

    def vpc(self, present, arn):
        whole = "aws:sourcevpcarn" in self.spoken
        region = seq(ALNUM, z3.Star(NO_COLON))
        domains = [
            (conj([present, self.part == j]), seq(f"arn:{p}:ec2:", region, ":", ACCOUNT, ":vpc/", identifier("vpc-")))
            for j, p in enumerate(self.partitions)
        ]
        text = self.once("vpc", lambda: self.problem.text(
            "vpc", domains if whole else [(present, identifier("vpc-"))]))
        if arn or not whole:
            return Strings(self, text)
        head = seq("arn:", *[z3.Star(NO_COLON), ":"] * 4, "vpc/")
        return Strings(self, text, lambda parts, fold: seq(head, regex(parts, z3.Star(NEITHER), NEITHER, fold)),
                       "id of vpc", (present, identifier("vpc-")),
                       lambda arn, own: z3.SuffixOf(z3.Concat(z3.StringVal("/"), own), arn))

    def element(self, name, fact, present):
        """One value of a key that stands on its own."""
        if fact.values:
            index = z3.Int(f"index of {name}")
            self.problem.hard.append(disj([index == i for i in range(len(fact.values))]))
            return Written([Const(index == i, text) for i, text in enumerate(fact.values)])
        kind = fact.types[0]
        if kind == "Numeric":
            return Number(self.problem, name)
        if kind == "Date":
            return Moment(self.problem, name, fact)
        if kind == "Ip":
            return Address(self.problem, name, name.startswith("aws:sourceip"))
        own = {"aws:sourcevpce": identifier("vpce-"), "aws:ec2instancesourcevpc": identifier("vpc-"),
               "aws:vpceaccount": ACCOUNT, "aws:sourceaccount": ACCOUNT, "aws:sourceowner": ACCOUNT,
               "s3:dataaccesspointaccount": ACCOUNT}
        language = own.get(name.partition("#")[0], TEXT)
        if fact.types == ("Arn",):
            language = seq("arn:", *[z3.Star(NO_COLON), ":"] * 4, TEXT)
        return Strings(self, self.problem.text(name, [(present, language)]))

    def list_of(self, name, fact, present, size):
        flags = [present, *[z3.Bool(f"{name} has {i}") for i in range(1, size)]]
        self.problem.hard += [z3.Implies(b, a) for a, b in zip(flags, flags[1:])]
        return [(flag, self.element(f"{name}#{i}", fact, flag)) for i, flag in enumerate(flags)]

    def single(self, name, fact, present):
        if not fact.multi:
            return Key(present, [(present, self.element(name, fact, present))])
        # Each test asks for at most one value and limits all others: one value for each is enough.
        size = max(1, self.spoken.get(name, 0), self.sizes.get(name, 0))
        return Key(present, self.list_of(name, fact, present, size), True)

    def chain(self, bare, fact):
        """`aws:CalledVia` is a list in order; two keys hold its first and its last value."""
        names = ["aws:calledvia", "aws:calledviafirst", "aws:calledvialast"]
        size = max(2 + sum(self.spoken.get(n, 0) for n in names), self.sizes.get("aws:calledvia", 0))
        present = self.presence(fact, "chain")
        whole = self.once("chain", lambda: self.list_of(names[0], key_fact(names[0]), present, size))
        if bare == "calledvia":
            return Key(present, whole, True)
        if bare == "calledviafirst":
            return Key(present, whole[:1])
        ends = [*[flag for flag, _ in whole[1:]], FALSE]
        alternatives = [
            a for (flag, value), after in zip(whole, ends) for a in value.also(None, conj([flag, negation(after)])).options]
        return Key(present, [(present, Written(alternatives))])


def of_user(parts, fold):
    return seq("arn:", z3.Star(NO_COLON), ":iam::", z3.Star(NO_COLON), ":user/", z3.Option(seq(ALL, "/")),
               regex(parts, z3.Star(NO_SLASH), NO_SLASH, fold))


def arn_language(form, partition):
    """The ARNs of a form such as `arn:${Partition}:s3:${Region}:${Account}:job/${JobId}`."""
    names = {"Partition": partition, "Account": ACCOUNT, "Region": seq(ALNUM, z3.Star(NO_COLON))}
    return seq(*[p if isinstance(p, str) else names.get(p.key, z3.Plus(PRINTABLE)) for p in parse(form, False, True)])

