#!/usr/bin/env python3
"""A second verifier of bundles, written from FORMAT.md and README.md of src/domain/evidence alone: python3 verify.py BUNDLE... [--checkpoint FILE]...
Prints a line of JSON for each: what was found, or the first fault. Not done here: signals are not counted again, witnesses' signatures not
checked, members of state leaves not listed out, no figure where weights are adjusted or answers erased, and reporting strata are taken from
leaf `issue` (reporting_strata.py makes them again)."""
import base64, functools, hashlib, json, math, sys
from collections import Counter, defaultdict
from decimal import Decimal
from ed25519 import signed
GROUPS, SETS, CHANNELS = map(str.split, ("parent teacher principal deputy public student", "drawn replacement other canary", "web link kiosk assisted paper"))
BLANK, UNKNOWN, Fault = "blank", "unknown", type("Fault", (Exception,), {})
def need(holds, *what):
    if not holds: raise Fault(" ".join(map(str, what)))
def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
u, num = (lambda n, width: n.to_bytes(width, "big")), (lambda data: int.from_bytes(data, "big"))
def utf16(text): return text.encode("utf-16-be", "surrogatepass")
ceil, settle = (lambda x: math.ceil(x - 1e-9)), (lambda x: float("%.13g" % x))
def b64(text):
    need(base64.b64encode(base64.b64decode(text, validate=True)).decode() == text, "base 64", text[:40])
    return base64.b64decode(text)
def grouped(items, key):
    out = defaultdict(list)
    for item in items: out[key(item)].append(item)
    return out
def canonical(v):
    if isinstance(v, dict): return "{" + ",".join(canonical(k) + ":" + canonical(v[k]) for k in sorted(v, key=utf16)) + "}"
    if isinstance(v, list): return "[" + ",".join(map(canonical, v)) + "]"
    if isinstance(v, float): return str(int(v)) if v == int(v) else format(Decimal(repr(v)), "f")
    return json.dumps(v, ensure_ascii=False)
def read_canonical(text):
    need(canonical(json.loads(text)) == text, "not canonical:", text[:80])
    return json.loads(text)
def content_hash(value): return sha(canonical(value).encode()).hex()
def read_line(text, *spellings):
    value = json.loads(text, parse_float=lambda token: need(False, "number", token))
    need(list(value) in spellings and json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text, "line", text[:80])
    return value
# Tree and checkpoints -------------------------------------------------------------------------------------------------
class Tree:
    def __init__(self): self.size, self.parts = 0, []
    def append(self, leaf):
        n, self.size = self.size, self.size + 1
        while n & 1: leaf, n = sha(b"\x01", self.parts.pop(), leaf), n >> 1
        self.parts.append(leaf)
    def root(self): return functools.reduce(lambda right, left: sha(b"\x01", left, right), reversed(self.parts)) if self.parts else sha()
def key_id(name, key): return sha(name.encode(), b"\n\x01", key)[:4]
def read_checkpoint(raw, name):
    """Size, root, and a check whether a public key signed it."""
    split = raw.rindex("\n\n")
    text, lines = raw[: split + 1], [line.split(" ") for line in raw[split + 2 : -1].split("\n")]
    need(raw[-1] == "\n" and all(len(line) == 3 and line[0] == "\u2014" for line in lines), "signature line")
    origin, size, root = text[:-1].split("\n")
    need(origin == name and str(int(size)) == size, "checkpoint of", origin)
    def by(key):
        own = [b64(s)[4:] for _, n, s in lines if n == name and b64(s)[:4] == key_id(name, key)]
        return own and all(signed(key, text.encode(), s) for s in own)
    return int(size), b64(root), by
HEAD = ["manyi", "version", "campaign", "county", "key", "leaves", "exportedAt"]
SECTIONS = {"document": ["document", "hash", "body"], **{k: [k] for k in "schools entries issued first last checkpoint".split()}, "l": ["l", "h"], "end": ["end"]}
SCHOOL = ["id", "name", "category", "location", "level", "ownership", "pupils", "staff", "township", "parent"]
CELL = ["questionnaire", "samplingStratum", "reportingStratum", "channel", "set", "valid", "bytes"]
def read_bundle(data):
    need(data.endswith(b"\n"), "the last line does not end")
    lines = data.decode("utf-8")[:-1].split("\n")
    head, found, order = read_line(lines[0], HEAD), {name: [] for name in SECTIONS}, list(SECTIONS)
    for line in lines[1:]:
        kind = next(iter(json.loads(line)))
        need(kind in order, "section", kind, "unknown, or out of order")
        order = order[order.index(kind) :]
        found[kind].append(read_line(line, SECTIONS[kind], *([["l", "h", "c"]] if kind == "l" else [])))
    only = lambda kind, members: all(list(x) == members for line in found[kind] for x in line[kind])
    need(head["manyi"] == "bundle" and found["end"] == [{"end": len(lines) - 1}], "number of lines")
    need([len(found[k]) for k in ("schools", "first")] == [1, 1] and len(found["last"]) < 2 and all(line[k] for k in ("entries", "issued") for line in found[k]), "sections")
    need(only("schools", SCHOOL) and only("first", CELL) and only("last", CELL) and only("entries", ["id", "group", "schools", "commitment"]), "members")
    return head, found
TYPES = ("response frame late-edit draw issue late-issue links open export void dates flag lot closing dispositions "
         "keys-destroyed closed release bundle canaries canaries-opened ineligible signal rekey heads inspection schedule sent").split()
AFTER = {"frame": "late-edit draw void dates ineligible canaries rekey heads inspection", "draw": "issue", "open": "lot closing", "closing": "dispositions", "dispositions": "signal keys-destroyed",
         "issue": "late-issue links open export schedule flag", "schedule": "sent", "keys-destroyed": "closed", "closed": "release bundle canaries-opened"}
BEFORE = {"draw": "frame canaries", "open": "draw issue", "keys-destroyed": "lot signal", "closing": "late-edit late-issue links export schedule dates ineligible", "dispositions": "sent"}
ONCE = "frame draw issue open closing dispositions closed release canaries".split()
def read_state(data, seen):
    kind, body = TYPES[data[1] - 1], read_canonical(data[2:].decode("utf-8"))
    need(all(first in seen for first, kinds in AFTER.items() if kind in kinds.split()), kind, "too early")
    need(not any(last in seen for last, kinds in BEFORE.items() if kind in kinds.split()), kind, "too late")
    need(not (kind in ONCE and kind in seen), "a second", kind)
    need("proposedBy" not in body or body["by"]["id"] not in (None, body["proposedBy"]["id"]), kind, "by one person")
    seen[kind].append(body)
    return kind, body
# Answers and tallies --------------------------------------------------------------------------------------------------
class Questionnaire:
    def __init__(self, document):
        self.items, self.axes, self.length = {}, [], 0
        for raw in (raw for raw in document["items"] if raw["type"] != "text"):
            options = document["scales"][raw["scale"]]["options"] if raw["type"] == "rating" else raw.get("options", [])
            ids, other = ([o["id"] for o in options if bool(o.get("dontKnow")) == x] for x in (False, True))
            width = {"multiple": len(ids) // 8 + 1, "number": 4}.get(raw["type"], 1)
            self.items[raw["id"]] = {**raw, "ids": ids, "unknown": other, "at": slice(self.length, self.length + width)}
            self.length += width
            if raw["type"] == "rating": self.axes += [o for o in ids if o not in self.axes]
        self.ratings = [item for item in self.items.values() if item["type"] == "rating"]
        pick = lambda items, says: [i for i in items if i.get(says, says == "scored")] or items
        by = {d["id"]: [i for i in self.ratings if i["dimension"] == d["id"]] for d in document["dimensions"]}
        self.of, self.scored = {d: pick(pick(own, "scored"), "core") for d, own in by.items()}, [i for i in self.ratings if i.get("scored", True)]
        self.named, self.scopes = [i for i in self.scored if document.get("regime") in i.get("covers", {})], [self.ratings, *by.values()]
        for own in [self.scored, self.named, [i for i in self.scored if i.get("about") != "county"], *self.of.values()]: self.scopes += [own] * (len(own) > 1 and own not in self.scopes)
    def looked_at(self, formula):
        if "items" in formula: return [i for i in self.ratings if i["id"] in formula["items"]]
        return self.of.get(formula["dimension"], []) if "dimension" in formula else self.named if formula.get("named") else self.scored
    def value(self, item, raw):
        """None: not asked; BLANK; UNKNOWN; a number; or a list of options."""
        ids, k = item["ids"], len(item["ids"])
        if item["type"] == "number":
            need(num(raw) >= 0xFFFFFFFE or item["min"] <= num(raw) <= item["max"], "number", num(raw))
            return {0xFFFFFFFF: None, 0xFFFFFFFE: BLANK}.get(num(raw), num(raw))
        if item["type"] == "multiple":
            bits = int.from_bytes(raw, "little")
            ticks = [o for j, o in enumerate(ids, 1) if bits >> j & 1]
            need(bits >> (k + 1) == 0 and (bits & 1 or not ticks), "bits of", item["id"])
            need(not ticks or item.get("min", 1) <= len(ticks) <= item.get("max", k), "ticks of", item["id"])
            return ticks or (BLANK if bits else None)
        need(raw[0] <= k or raw[0] == 255 or raw[0] == 254 and item["unknown"], "code", raw[0])
        return [ids[raw[0] - 1]] if 0 < raw[0] <= k else {0: None, 254: UNKNOWN, 255: BLANK}[raw[0]]
    def read(self, sheet):
        need(len(sheet) == self.length, "length of a sheet")
        values = {}
        for name, item in self.items.items():
            values[name], condition = self.value(item, sheet[item["at"]]), item.get("showIf")
            before = values[condition["item"]] if condition else None
            chosen = self.items[condition["item"]]["unknown"] if before == UNKNOWN else before if isinstance(before, list) else []
            need((values[name] is not None) == (not condition or any(o in condition["in"] for o in chosen)), "condition of", name)
        return values
    def is_valid(self, values, rule):
        asked = [values[i["id"]] for i in self.ratings if values[i["id"]] is not None]
        answered, least = sum(v != BLANK and (rule["dontKnowCounts"] or v != UNKNOWN) for v in asked), rule["minAnswered"]
        return answered > 0 and answered >= (least["shareOfAsked"] * len(asked) - 1e-9 if isinstance(least, dict) else least)
def encode_tally(q, sheets):
    slots, start, groups, base = Counter(), 0, {}, len(q.ratings) + 1
    for name, item in q.items.items():
        k, kind = len(item["ids"]), item["type"]
        for v in (values[name] for values in sheets):
            if kind == "number": slots.update({start + 4: 1} if v is None else {start + 3: 1} if v == BLANK else {start: 1, start + 1: v, start + 2: v * v})
            elif isinstance(v, list): slots.update(start + item["ids"].index(o) for o in v)
            else: slots[start + k + ([BLANK, None] if kind == "multiple" else [UNKNOWN, BLANK, None]).index(v)] += 1
        start += 5 if kind == "number" else k + 2 if kind == "multiple" else k + 3
    for values in sheets:
        for scope, items in enumerate(q.scopes):
            own = [values[i["id"]] for i in items if values[i["id"]] not in (None, BLANK)]
            v = [own.count([o]) for o in q.axes]
            sums = [1] + v + [v[x] * v[y] for x in range(len(v)) for y in range(x, len(v))]
            key = (scope * base + len(own)) * base + own.count(UNKNOWN)
            if own: groups[key] = [a + b for a, b in zip(groups.get(key, [0] * len(sums)), sums)]
    gaps = lambda keys, held: [len(keys)] + [n for last, key in zip([-1] + keys, keys) for n in [key - last] + held(key)]
    out = bytearray([1])
    for n in [len(sheets)] + gaps(sorted(+slots), lambda i: [slots[i]]) + gaps(sorted(groups), groups.get):
        while n > 127: n = out.append(n & 127 | 128) or n >> 7
        out.append(n)
    return bytes(out)
def answers_in(tally):
    end = next(i for i in range(1, len(tally)) if tally[i] < 128)
    return sum((tally[i] & 127) << 7 * (i - 1) for i in range(1, end + 1))
# The draw -------------------------------------------------------------------------------------------------------------
def quotas_of(profile, residents, population):
    rule, groups = profile["quota"], [g["group"] for g in profile["groups"] if g["group"] not in profile["requiredGroupsWithoutQuestionnaire"]]
    n = residents["count"] if rule["kind"] in ("tiers", "per-mille") else None
    if rule["kind"] == "open-link": wanted = {}
    elif rule["kind"] == "census": wanted = {g: population[g] for g in groups}
    elif rule["kind"] == "tiers": wanted = {g: next(t["quotas"] for t in rule["tiers"] if t["below"] is None or n < t["below"]).get(g, 0) for g in groups}
    else:
        total = rule["floor"] if n < rule["floorBelowResidents"] else ceil(n * rule["perMille"] / 1000)
        others = len(set(groups) - {"parent"})
        each = (total - ceil(total * rule["parentShareAtLeast"])) // others if others else 0
        wanted = {g: total - each * others if g == "parent" else each for g in groups}
    if "raised" in rule:
        a, b = rule["raised"]["to"], rule["raised"]["from"]
        left = -(-sum(wanted.values()) * a // b) - sum(x * a // b for x in wanted.values())
        more = sorted(wanted, key=lambda g: -(wanted[g] * a % b))[:left]
        wanted = {g: x * a // b + (g in more) for g, x in wanted.items()}
    quotas = {g: min(n, population[g]) for g, n in wanted.items()}
    moves = [{"from": g, "to": "parent", "count": wanted[g] - quotas[g]} for g in wanted if g != "parent" and quotas[g] < wanted[g]]
    if "parent" in wanted: quotas["parent"] = min(wanted["parent"] + sum(m["count"] for m in moves), population["parent"])
    return quotas, moves
def allocate(n, sizes):
    m = min(n, sum(sizes))
    exact, least = [m * size / sum(sizes) for size in sizes], [min(size, 2) for size in sizes]
    least = least if sum(least) <= m else [0] * len(sizes)
    given = [max(math.floor(x), low) for x, low in zip(exact, least)]
    while sum(given) < m:
        for i in sorted(range(len(sizes)), key=lambda i: math.floor(exact[i]) - exact[i]): given[i] += sum(given) < m and given[i] < sizes[i]
    while sum(given) > m: given[max((given[i], i) for i in range(len(sizes)) if given[i] > least[i])[1]] -= 1
    return given
def draw(frame, seed, profile, schools, entries):
    """Quotas, moves, sampling strata, and all who are invited: (group, school, set, entry id, number of the stratum)."""
    asked = [g for q in frame["questionnaires"] for g in q["groups"]]
    slips, strata = [s for s in frame["slips"] if s["group"] in asked], defaultdict(list)
    location = {s["id"]: s["location"] for s in schools}
    for e in (e for e in entries if e["group"] in asked):
        own, key = sorted(e["schools"], key=lambda s: (utf16(s[0]), s[1])), bytes.fromhex(e["id"])
        school, grade = min(own, key=lambda s: sha(seed, key, s[0].encode())) if own else (None, 0)
        strata[e["group"], location.get(school) or "", grade].append((sha(seed, key), key, school))
    in_roll = Counter({g: sum(len(c) for k, c in strata.items() if k[0] == g) for g in GROUPS})
    quotas, moves = quotas_of(profile, frame["residents"], in_roll + Counter({s["group"]: s["count"] for s in slips}))
    given, rows, invited = {}, [], []
    for group, keys in grouped(sorted(strata), lambda k: k[0]).items(): given.update(zip(keys, allocate(quotas.get(group, 0), [len(strata[k]) for k in keys])))
    for key in sorted(strata):
        contacts, n = sorted(strata[key]), given[key]
        spare = max(0, min(ceil(n * profile["replacementRatio"]), len(contacts) - n))
        invited += [(key[0], c[2], SETS[at >= n], c[1], len(rows) + 1) for at, c in enumerate(contacts[: n + spare])]
        rows.append((key[0], key[1] or None, key[2] or None, "frame", len(contacts), n, n, spare))
    for g, n in ((s["group"], s["count"]) for s in slips):
        rows.append((g, None, None, "slips", None, max(0, quotas.get(g, 0) - in_roll[g]), n, 0))
        invited += [(g, None, "drawn", b"", len(rows))] * n
    return quotas, moves, [dict(zip("no group location grade kind frameSize quota drawn replacements".split(), (no, *row))) for no, row in enumerate(rows, 1)], invited
def issued_to(frame, seed, invited, reporting):
    """The hash of the contacts, and how many of them answer which questionnaire."""
    @functools.lru_cache(None)
    def place(group, school):
        own = [r for r in reporting if r["group"] == group]
        return ([r for r in own if school in r["schools"]] + [r for r in own if r["level"] == "county"] + own[-1:])[0]["no"]
    def turns(own, had):
        if not any("share" in q for q in own): return [q["no"] for q in own]
        return [(no := max(own, key=lambda q: (q["share"] * k - 100 * had[q["no"]], -q["no"]))["no"], had.update([no]))[0] for k in range(1, 101)]
    arms, turn, counts = {g: turns([q for q in frame["questionnaires"] if g in q["groups"]], Counter()) for g in GROUPS}, Counter(), Counter()
    for (g, chosen, no), own in grouped(invited, lambda c: (c[0], c[2], c[4])).items():
        for c in sorted(own, key=lambda c: sha(seed, b"ballot", c[3])):
            counts[arms[g][turn[g, chosen, c[3] == b""] % len(arms[g])], no, place(g, c[1]), chosen] += 1
            turn[g, chosen, c[3] == b""] += 1
    return sha(*sorted(c[3] + u(SETS.index(c[2]), 1) + u(place(*c[:2]), 4) for c in invited if c[3])).hex(), counts
# Collapsed strata and the official figure -----------------------------------------------------------------------------
def join(row, least):
    while len(row) > 1 and any(n < least for _, n in row):
        i = next(i for i, (_, n) in enumerate(row) if n < least)
        i -= i > 0 and (i + 1 == len(row) or row[i - 1][1] <= row[i + 1][1])
        row[i : i + 2] = [(row[i][0] + row[i + 1][0], row[i][1] + row[i + 1][1])]
    return [strata for strata, _ in row]
def collapse(strata, answers, least):
    def parts(own, by, order): return [(part, sum(answers[s["no"]] for s in part)) for part in ([s for s in own if s[by] == value] for value in order) if part]
    return [cell for place in join(parts(strata, "location", ["urban", "town", "rural", None]), least) for cell in join(parts(place, "grade", [None, *range(100)]), least)]
def figure(profile, issue, seen, county, cells, questions):
    voids = [v for v in seen["void"] if v["county"] in (None, county)]
    if any(v["county"] is None and v["group"] is None for v in voids) or profile.get("adjustment", {}).get("kind", "none") != "none": return None
    group_of, formula = {r["no"]: r["group"] for r in issue["reporting"]}, next(f for f in profile["formulas"] if f["id"] == profile["official"])
    arms = lambda g: [q for q in seen["frame"][0]["questionnaires"] if g in q["groups"]]
    main = {next((q["no"] for q in arms(g) if q.get("official")), arms(g)[0]["no"]) for g in GROUPS if arms(g)}
    gone = {r: [v for v in voids if v["group"] in (None, group_of[r]) and v["reportingStratum"] in (None, r)] for r in group_of}
    counted = {k: sheets for k, sheets in cells.items() if k[0] in main and k[5] and k[3] in profile["channels"] and k[4] in profile["sets"] and not gone[k[2]]}
    size, answers = {}, Counter()
    for k, sheets in counted.items(): answers[k[1]] += len(sheets)
    for s in issue["sampling"]:
        if s["frameSize"] is None or profile["withinGroup"] == "none": continue
        rest = max(0, s["frameSize"] - sum(i["contacts"] for i in seen["ineligible"] if i["samplingStratum"] == s["no"]))
        drawn = {c["reportingStratum"]: c["count"] for c in issue["codes"] if c["samplingStratum"] == s["no"] and c["set"] == "drawn"}
        keeps = profile.get("voidedStratum") == "insufficient" or "fates" not in seen["dispositions"][0]
        part = 0 if keeps else sum(rest * n / sum(drawn.values()) for r, n in drawn.items() if any(v["reportingStratum"] for v in gone[r]))
        size[s["no"]] = max(0, rest - part)
    cells = [[s] for s in issue["sampling"] if s["no"] in size]
    if "smallestStratum" in profile: cells = [c for own in grouped((s for [s] in cells), lambda s: s["group"]).values() for c in collapse(own, answers, profile["smallestStratum"])]
    weight = {s["no"]: sum(size[t["no"]] for t in cell) / max(1, sum(answers[t["no"]] for t in cell)) for cell in cells for s in cell}
    sums, sizes, shares = defaultdict(lambda: [0, 0]), Counter(), {g["group"]: g["weight"] for g in profile["groups"]}
    for k, sheets in counted.items():
        q, own, sizes[group_of[k[2]]] = questions[k[0]], sums[group_of[k[2]]], sizes[group_of[k[2]]] + len(sheets)
        items = q.looked_at(formula)
        for values in sheets:
            given = [v[0] for v in (values[i["id"]] for i in items) if isinstance(v, list)]
            y = sum(formula["points"][o] if formula["kind"] == "mean" else 100 * (o in formula["satisfied"]) for o in given)
            c = len(given) + (formula["dontKnow"] == "include") * sum(values[i["id"]] == UNKNOWN for i in items)
            for at, x in enumerate((y, c) if formula["unit"] == "answers" else (y / c, 1) if c else (0, 0)): own[at] += weight.get(k[1], 1) * x
    merged = {}
    for g, into in ((g, g.get("mayMergeWith")) for g in profile["groups"]):
        if into and 0 < sizes[g["group"]] < g.get("minValid", 1) and sizes[into] and into not in merged and g["group"] not in merged.values(): merged[g["group"]] = into
    for g, into in merged.items(): sums[into], shares[into] = [a + b for a, b in zip(sums[into], sums[g])], shares[into] + shares.pop(g)
    parts = [(share, *sums[g]) for g, share in shares.items() if share > 0]
    if not parts or any(c <= 0 for _, _, c in parts): return None
    return settle(sum(share * settle(y / c) for share, y, c in parts) / sum(share for share, _, _ in parts))
def verify(data, outside=()):
    head, found = read_bundle(data)
    (name, number, key), schools = head["key"].split("+", 2), found["schools"][0]["schools"]
    public = b64(key)[1:]
    need(b64(key)[:1] == b"\1" and number == key_id(name, public).hex() and name.endswith("/log/%(campaign)s/%(county)s" % head), "key")
    bodies = {d["hash"]: read_canonical(d["body"]) for d in found["document"] if sha(d["body"].encode()).hex() == d["hash"]}
    entries, roll = [e for line in found["entries"] for e in line["entries"]], Tree()
    need(all(a["id"] < b["id"] for a, b in zip(entries, entries[1:])), "order of the roll")
    for e in entries:
        own = b"".join(u(len(s.encode()), 1) + s.encode() + u(grade, 1) for s, grade in sorted(e["schools"], key=lambda s: (utf16(s[0]), s[1])))
        roll.append(sha(b"\0\1", bytes.fromhex(e["id"]), u(GROUPS.index(e["group"]), 1), u(len(e["schools"]), 1), own, bytes.fromhex(e["commitment"])))
    issued = b"".join(b64(i["issued"]) for i in found["issued"])
    records = [issued[i : i + 27] for i in range(0, len(issued), 27)]
    need(len(issued) % 27 == 0 and all(a[:16] < b[:16] for a, b in zip(records, records[1:])), "order of codes")
    places = {r[:16]: (num(r[16:18]), num(r[18:22]), num(r[22:26]), SETS[r[26]]) for r in records}
    tree, roots, seen, revisions, linked, visitors, rekeys, waiting, last = Tree(), {}, defaultdict(list), defaultdict(dict), {}, set(), [], 0, b""
    for at, line in enumerate(found["l"]):
        data, stated = b64(line["l"]), b64(line["h"])
        need(sha(b"\0", data) == stated and data[0] == 1 and 1 <= data[1] <= len(TYPES), "leaf", at, "is not what was appended")
        tree.append(stated)
        roots[tree.size] = tree.root()
        if data[1] == 1:
            need(waiting > 0 and stated > last and len(data) == 59, "leaf", at, "in its lot")
            waiting, last, stratum, channel, who, revision = waiting - 1, stated, num(data[2:6]), CHANNELS[data[6]], data[7:23], num(data[23:27])
            if channel == "link" and who not in places and stratum in linked: visitors.add(who), places.update({who: (linked[stratum], 0, stratum, "other")})
            need(who in places and (who in visitors) == (channel == "link") and places[who][2] == stratum, "leaf", at, "of no code of its stratum")
            contents = b64(line["c"]) if "c" in line else None
            need(revision not in revisions[who] and (contents is None or sha(contents) == data[27:]), "revision or contents of leaf", at)
            revisions[who][revision] = (channel, contents and contents[16:])
            continue
        need(waiting == 0 and "c" not in line and (at == 0) == (data[1] == 2), "leaf", at, "out of place")
        kind, body = read_state(data, seen)
        if kind == "frame":
            frame, named = body, [("profile", body["profile"])] + [("questionnaire", q["hash"]) for q in body["questionnaires"]]
            need([(d["document"], d["hash"]) for d in found["document"]] == list(dict.fromkeys(named)) and all(h in bodies for _, h in named), "documents")
            need(content_hash(schools) == frame["schools"] and (frame["campaign"], frame["county"]) == (head["campaign"], head["county"]), "schools, county")
            need((roll.size, roll.root().hex()) == (frame["size"], frame["root"]), "root of the roll")
            profile, questions = bodies[frame["profile"]], {q["no"]: Questionnaire(bodies[q["hash"]]) for q in frame["questionnaires"]}
        elif kind == "draw":
            need(20 <= len(body["dice"]) <= 200 and 2 < len(set(body["dice"])) and set(body["dice"]) <= set("123456")
                 and sha(bytes.fromhex(frame["root"]), body["dice"].encode()).hex() == body["seed"], "dice or seed")
        elif kind == "issue":
            *again, invited = draw(frame, bytes.fromhex(seen["draw"][0]["seed"]), profile, schools, entries)
            need(again == [seen["draw"][0]["quotas"], seen["draw"][0]["moves"], body["sampling"]], "the draw gives other strata")
            contacts, arms = issued_to(frame, bytes.fromhex(seen["draw"][0]["seed"]), invited, body["reporting"])
            need(contacts == body["contacts"], "the draw gives other contacts")
            cells = {(c["questionnaire"], c["samplingStratum"], c["reportingStratum"], c["set"]): (c["count"], c["pseudonyms"]) for c in body["codes"]}
            need(cells == {k: (len(own), sha(*own).hex()) for k, own in grouped(places, places.get).items()}, "codes")
            need({k: n for k, (n, _) in cells.items() if k[3] != "canary"} == arms, "arms")
            total = lambda i, no: [sum(cells[k][0] for k in cells if k[i] == no and k[3] == chosen) for chosen in SETS[:2]]
            need(all(total(1, s["no"]) == [s["drawn"], s["replacements"]] for s in body["sampling"]), "codes by sampling stratum")
            need(all(total(2, r["no"]) == [r["issued"][s] for s in SETS[:2]] for r in body["reporting"]), "codes by reporting stratum")
            need(sum(k[3] == "canary" and cells[k][0] for k in cells) <= sum(c["count"] for c in seen["canaries"]), "canaries")
        elif kind == "late-issue":
            for c in body["codes"]:
                new = [bytes.fromhex(c["pseudonyms"][i : i + 32]) for i in range(0, len(c["pseudonyms"]), 32)]
                need(len(new) == c["count"] and (c["set"], c["samplingStratum"]) == ("other", 0) and len(set(new) - set(places)) == len(new), "late codes")
                places.update(dict.fromkeys(new, (c["questionnaire"], 0, c["reportingStratum"], "other")))
            need(sum(c["count"] for b in seen[kind] for c in b["codes"]) <= sum(e["added"] for e in seen["late-edit"]), "late contacts")
        elif kind == "late-edit": need("ids" not in body or (sha(bytes.fromhex(body["ids"])).hex(), len(body["ids"])) == (body["entries"], 32 * body["added"]), "ids of late contacts")
        elif kind == "links": linked.update((x["reportingStratum"], x["questionnaire"]) for x in body["links"])
        elif kind == "inspection":
            versions = sum(b["record"] == body["record"] for b in seen[kind])
            need((body["no"], body["version"]) == (len(seen[kind]), versions), "inspection", at, "out of its order")
        elif kind == "rekey": rekeys.append((at, bytes.fromhex(body["before"]), bytes.fromhex(body["after"])))
        elif kind == "lot": waiting, last = body["responses"] if body["no"] == len(seen["lot"]) else 0, b""
        elif kind == "ineligible":
            s = next(s for s in seen["issue"][0]["sampling"] if s["no"] == body["samplingStratum"])
            contacts, coded = (sum(x[m] for x in seen[kind] if x["samplingStratum"] == s["no"]) for m in ("contacts", "issued"))
            rest = (s["frameSize"] or 0) - s["drawn"] - s["replacements"]
            need(body["issued"] <= body["contacts"] and coded <= s["drawn"] + s["replacements"] and contacts - coded <= rest, "ineligible")
    need(waiting == 0 and all(k in seen for k in ("keys-destroyed", "closed", "bundle")), "incomplete")
    notes = [read_checkpoint(c["checkpoint"], name) for c in found["checkpoint"]]
    sizes, dispositions, rule = [size for size, _, _ in notes], seen["dispositions"][0], seen["open"][0].get("revisionRule")
    need(all(a < b for a, b in zip([0] + sizes, sizes)) and sizes[-1:] == [head["leaves"]] == [tree.size], "checkpoints", sizes)
    need([after for _, _, after in rekeys] == [before for _, before, _ in rekeys[1:]] + [public][: len(rekeys)], "keys")
    for size, root, by in notes + [read_checkpoint(raw, name) for raw in outside]:
        need(roots.get(size) == root and by(next((before for at, before, _ in rekeys if size <= at), public)), "checkpoint of", size)
    stating = "checkpoints" in seen["bundle"][-1]
    need(head["exportedAt"] == seen["bundle"][-1]["at"] or not stating and head["exportedAt"] > seen["bundle"][-1]["at"], "exportedAt")
    need(all(n in sizes for b in seen["bundle"] + seen["heads"] for n in b.get("checkpoints", [])), "a checkpoint was dropped")
    erased = next((b for b in reversed(seen["keys-destroyed"]) if "tallies" in b), None)
    need(head["version"] == (2 if erased else 1) or erased and not stating and head["version"] == 1, "version")
    need(bool(found["last"]) == bool(erased) and (not erased or erased["at"] >= seen["open"][0]["storageUntil"]), "erased")
    cells, again, firsts, lasts = defaultdict(list), defaultdict(lambda: [0, 0]), Counter(), Counter()
    for who, own in revisions.items():
        chosen = [r for r, (c, _) in own.items() if c in (["web", "link"] if rule else ["web", "link", "kiosk"])] or list(own)
        best, place = max(chosen), places[who]
        need(sorted(own) == list(range(1, len(own) + 1)), "revisions of a respondent")
        need([r for r, (_, c) in own.items() if c is not None] == ([] if erased else [best]), "contents of a respondent")
        values = None if erased else questions[place[0]].read(own[best][1])
        if place[3] == "canary": continue
        again[place[2]] = [again[place[2]][0] + 1, again[place[2]][1] + (len(own) > 1)]
        firsts[(*place[:3], own[min(chosen)][0], place[3])] += 1
        lasts[(*place[:3], own[best][0], place[3])] += 1
        if not erased: cells[(*place[:3], own[best][0], place[3], questions[place[0]].is_valid(values, profile["valid"]))].append(values)
    def listed(section, committed, counts):
        need(content_hash(found[section][0][section]) == committed, section, "answers")
        own = {tuple(c[m] for m in CELL[:6]): bytes.fromhex(c["bytes"]) for c in found[section][0][section]}
        held = sum((Counter({k[:5]: answers_in(tally)}) for k, tally in own.items()), Counter())
        need(held == counts, "respondents of", section, "answers")
        return own
    first_cells = listed("first", dispositions["first"], firsts)
    last_cells = listed("last", erased["tallies"], lasts) if erased else {k: encode_tally(questions[k[0]], sheets) for k, sheets in cells.items()}
    for k in {k for k in [*first_cells, *last_cells] if again.get(k[2], [0, 0])[1] == 0}: need(first_cells.get(k) == last_cells.get(k), "first answers of", k)
    counted = Counter()
    for k, tally in last_cells.items(): counted.update({(k[2], k[4], k[3], valid): answers_in(tally) for valid in {False, k[5]}})
    stated = Counter({(s["reportingStratum"], s["set"], s["channel"], valid): s["valid" if valid else "answered"] for s in dispositions["strata"] for valid in (False, True)})
    need(+stated == +counted, "dispositions")
    need({r["reportingStratum"]: [r["respondents"], r["reanswered"]] for r in dispositions["reanswers"]} == again, "answers given again")
    order = sorted(last_cells, key=lambda k: (*k[:3], CHANNELS.index(k[3]), SETS.index(k[4]), k[5]))
    last = content_hash([{**dict(zip(CELL, k)), "bytes": last_cells[k].hex()} for k in order])
    need(dispositions.get("last", last) == last, "tallies")
    need("fates" in dispositions or not rule, "fates")
    return {"leaves": tree.size, "root": tree.root().hex(), "responses": sum(map(len, revisions.values())), "respondents": len(revisions),
            "official": None if erased else figure(profile, seen["issue"][0], seen, head["county"], cells, questions)}
def outcome(path, outside):
    try: return {"file": path, "ok": True, **verify(open(path, "rb").read(), outside)}
    except (Fault, ValueError, KeyError, TypeError, IndexError, AttributeError, StopIteration) as error:
        return {"file": path, "ok": False, "fault": f"{type(error).__name__}: {error}"[:300]}
if __name__ == "__main__":
    words, options = sys.argv[1:], [i for i, word in enumerate(sys.argv[1:]) if word == "--checkpoint"]
    outside = [open(words[i + 1], encoding="utf-8", newline="").read() for i in options]
    results = [outcome(word, outside) for i, word in enumerate(words) if not {i, i - 1} & set(options)]
    sys.exit(print("\n".join(map(json.dumps, results))) or not all(result["ok"] for result in results))
