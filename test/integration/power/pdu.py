"""A power distribution unit behind Net-SNMP's snmpd (pass_persist): eight outlets, in the tables of three makers."""

import sys

APC = ".1.3.6.1.4.1.318.1.1.12.3.3.1.1.4."
EATON = ".1.3.6.1.4.1.534.6.6.7.6.6.1."
RARITAN = ".1.3.6.1.4.1.13742.6.4.1.2.1."

powered = {outlet: False for outlet in range(1, 9)}


def outlet_of(oid, prefix):
    rest = oid[len(prefix) :] if oid.startswith(prefix) else ""
    return int(rest) if rest.isdigit() and int(rest) in powered else None


def get(oid):
    for prefix, on, off in (
        (APC, 1, 2),
        (EATON + "2.0.", 1, 0),
        (RARITAN + "3.1.", 7, 8),
    ):
        outlet = outlet_of(oid, prefix)
        if outlet is not None:
            return on if powered[outlet] else off
    # What commands read as; snmpd sets nothing that it cannot read.
    for prefix in (EATON + "4.0.", EATON + "3.0.", RARITAN + "2.1."):
        if outlet_of(oid, prefix) is not None:
            return -1
    return None


def change(oid, value):
    """Sets by each maker's rules; answers what snmpd is to say."""
    for prefix, meaning in (
        (APC, {1: True, 2: False}),
        (EATON + "4.0.", {0: True}),
        (EATON + "3.0.", {0: False}),
        (RARITAN + "2.1.", {1: True, 0: False}),
    ):
        outlet = outlet_of(oid, prefix)
        if outlet is not None:
            if value not in meaning:
                return "wrong-value"
            powered[outlet] = meaning[value]
            return "DONE"
    return "not-writable"


def line():
    text = sys.stdin.readline()
    if text == "":
        sys.exit(0)
    return text.strip()


while True:
    command = line()
    if command == "":
        continue  # snmpd ends what it sets by an empty line.
    if command == "PING":
        answer = ["PONG"]
    elif command == "get":
        oid = line()
        found = get(oid)
        answer = ["NONE"] if found is None else [oid, "integer", str(found)]
    elif command == "set":
        oid, (_, value) = line(), line().split(" ", 1)
        answer = [change(oid, int(value))]
    else:
        line()
        answer = ["NONE"]
    print("\n".join(answer), flush=True)
