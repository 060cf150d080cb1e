#!/usr/bin/env python3
"""Makes the reporting strata of bundles again, as src/domain/evidence/FORMAT.md says: python3 reporting_strata.py BUNDLE...
Prints for each whether leaf `issue` has the same. The bundles themselves are verify.py's to check."""
import json, sys
from collections import Counter

from verify import SETS, b64, draw, grouped, read_bundle


def pool(units, level="county", key="", name="", location=None):
    issued = {s: sum(x["issued"][s] for x in units) for s in SETS[:3]}
    schools = [s for x in units for s in x["schools"]]
    township = units[0]["township"] if units else ""
    return {"level": level, "key": key, "name": name, "location": location, "township": township, "schools": schools,
            "issued": issued, "size": sum(issued.values())}


def merge(group, schools, counts, least):
    """counts: by school and set. The strata of one group, in their order."""
    by_id = {s["id"]: s for s in schools}

    def unit(own, township, listed):
        issued = {s: sum(n for (school, chosen), n in counts.items() if chosen == s and own(school)) for s in SETS[:3]}
        return {"township": township, "schools": listed, "issued": issued}

    units = [
        pool([unit(lambda x: x == s["id"], s["township"], [s["id"]])], "school", s["id"], s["name"], s["location"])
        for s in schools
    ]
    homeless = pool([unit(lambda x: x not in by_id, "", [])])
    if group in ("principal", "deputy", "public"):
        return [pool(units + [homeless])]
    done, pending = [], []
    head_of = lambda x: by_id[x["key"]]["parent"] if by_id[x["key"]]["parent"] in by_id else x["key"]
    for head, family in grouped(units, head_of).items():
        small = [x for x in family if x["size"] < least]
        large = [x for x in family if x["size"] >= least]
        if small and len(family) > 1:
            own = [x for x in large if x["key"] == head]
            large = [x for x in large if x["key"] != head]
            small = [pool(own + small, "parent-school", head, by_id[head]["name"], by_id[head]["location"])]
        done += large + [x for x in small if x["size"] >= least]
        pending += [x for x in small if x["size"] < least]
    for level in ("township", "location"):
        families, pending = grouped(pending, lambda x: x[level] or ""), []
        for key, members in families.items():
            whole = pool(members, level, key, key if level == "township" else "", members[0]["location"])
            if key and whole["size"] >= least:
                done.append(whole)
            else:
                pending += members
    rest = pool(pending + [homeless])
    if not rest["schools"] and not rest["size"]:
        return done
    done.sort(key=lambda x: -x["size"])
    while rest["size"] < least and done:
        if rest["size"] == 0:
            done[-1]["schools"] += rest["schools"]
            return done
        rest = pool([done.pop(), rest])
    return done + [rest]


def least_of(minimum, arms):
    return minimum * len(arms) if len(arms) < 2 or "share" not in arms[0] else -(-minimum * 100 // min(q["share"] for q in arms))


def reporting_strata(frame, profile, schools, invited):
    counts = Counter(invitation[:3] for invitation in invited)
    asked = [g for q in frame["questionnaires"] for g in q["groups"]]
    least = max(least_of(profile["minimumCell"], [q for q in frame["questionnaires"] if g in q["groups"]]) for g in asked)
    is_open = profile["sampling"] == "self-selected"
    if is_open:
        people = lambda g, s: s["staff" if g == "teacher" else "pupils"]
        counts = {(g, s["id"], "other"): least if people(g, s) is None else people(g, s) for g in asked for s in schools}
    out = []
    for group, own in grouped(counts, lambda key: key[0]).items():
        for x in merge(group, schools, {key[1:]: counts[key] for key in own}, least):
            issued = dict.fromkeys(SETS[:3], 0) if is_open else x["issued"]
            part = {k: x[k] for k in ("level", "key", "name", "schools", "location")}
            out.append({"no": len(out) + 1, "group": group, **part, "issued": issued})
    return out


def main(path):
    _, found = read_bundle(open(path, "rb").read())
    leaves = [b64(line["l"]) for line in found["l"]]
    frame, seed, issue = (json.loads(next(leaf for leaf in leaves if leaf[1] == kind)[2:]) for kind in (2, 4, 5))
    profile = next(json.loads(d["body"]) for d in found["document"] if d["hash"] == frame["profile"])
    schools = found["schools"][0]["schools"]
    entries = [e for line in found["entries"] for e in line["entries"]]
    *_, invited = draw(frame, bytes.fromhex(seed["seed"]), profile, schools, entries)
    again = reporting_strata(frame, profile, schools, invited)
    return {"file": path, "ok": again == issue["reporting"], "levels": Counter(s["level"] for s in again)}


if __name__ == "__main__":
    results = [main(path) for path in sys.argv[1:]]
    print("\n".join(map(json.dumps, results)))
    sys.exit(not all(result["ok"] for result in results))
