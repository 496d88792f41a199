"""A client of the DHCP server under test, made with scapy: packets that no well-behaved client sends.

Usage: scapy-client.py INTERFACE [states | fuzz COUNT]. Prints "all as expected" and ends with 0, or says what was not.
"""

import random
import socket
import subprocess
import sys

from scapy.all import BOOTP, DHCP, IP, UDP, Ether, conf, sendp, srp1

conf.verb = 0
interface = sys.argv[1]
known = "52:54:00:78:00:0d"
stranger = "52:54:00:78:00:0f"
failures = []


def frame(mac, options, xid=1, **fields):
    chaddr = bytes.fromhex(mac.replace(":", "")) + bytes(10)
    bootp = BOOTP(op=1, chaddr=chaddr, xid=xid, flags=0x8000, **fields)
    link = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255")
    return link / UDP(sport=68, dport=67) / bootp / options


def ask(packet):
    return srp1(packet, iface=interface, timeout=3, retry=2, multi=False)


def options_of(answer):
    return {option[0]: option[1] for option in answer[DHCP].options if isinstance(option, tuple)}


def check(what, holds):
    if not holds:
        failures.append(what)


def discover(*options):
    return DHCP(options=[("message-type", "discover"), *options, "end"])


def raw_options(data):
    """Options as bytes, where scapy would not write them."""
    return b"\x63\x82\x53\x63" + data


def by_hand(mac, data, **fields):
    packet = frame(mac, b"", **fields)
    packet[BOOTP].options = b""
    return packet / raw_options(data)


conf.checkIPaddr = False


def converse():
    answer = ask(frame(stranger, discover(("param_req_list", [1, 3, 6, 51, 54]))))
    check("a DISCOVER gets an OFFER", answer is not None and options_of(answer).get("message-type") == 2)
    check("its xid comes back", answer is not None and answer[BOOTP].xid == 1)
    check("of an address of the range", answer is not None and answer[BOOTP].yiaddr.startswith("10.78.1.1"))
    check("at least 300 bytes", answer is not None and len(bytes(answer[UDP].payload)) >= 300)

    identifier = bytes([255, 1, 2, 3, 4, 0, 2, 0, 0, 5])
    answer = ask(frame(stranger, discover(("client_id", identifier)), xid=2))
    check("the client identifier comes back (RFC 6842)", options_of(answer).get("client_id") == identifier)

    answer = ask(frame(known, bytes(64), xid=3))
    check("BOOTP of a known client is answered", answer is not None and answer[BOOTP].yiaddr == "10.78.1.20")
    check("with its file in the header", answer is not None and answer[BOOTP].file.startswith(b"ap.img\0"))
    check("without a message type", answer is not None and "message-type" not in options_of(answer))
    check("BOOTP of a stranger is not", srp1(frame(stranger, bytes(64), xid=4), iface=interface, timeout=1) is None)

    pieces = bytes([53, 1, 1, 55, 1, 1, 12, 2]) + b"ab" + bytes([55, 1, 17, 12, 1]) + b"c" + bytes([255])
    answer = ask(by_hand(stranger, pieces, xid=5))
    check("a list in pieces is one list (RFC 3396)", answer is not None and "root_disk_path" in keys(answer))

    file = bytes([55, 2, 1, 17, 255]) + bytes(123)
    answer = ask(by_hand(stranger, bytes([53, 1, 1, 52, 1, 1, 255]), xid=6, file=file))
    check("options in the file field are read (option 52)", answer is not None and "root_disk_path" in keys(answer))

    padded = bytes(40) + bytes([53, 1, 1]) + bytes(3) + bytes([55, 2, 1, 17, 255]) + b"rubbish"
    answer = ask(by_hand(stranger, padded, xid=7))
    check("padding and rubbish do not matter", answer is not None and "root_disk_path" in keys(answer))

    answer = ask(frame(stranger, discover(("relay_agent_information", b"\x01\x02\x00\x07")), xid=8))
    check("the relay's information comes back", keys(answer)[-1] == "relay_agent_information")

    request = DHCP(options=[("message-type", "request"), ("requested_addr", "192.168.7.7"), "end"])
    answer = ask(frame(stranger, request, xid=9))
    check("who comes from elsewhere is refused", answer is not None and options_of(answer).get("message-type") == 6)

    truncated = by_hand(stranger, bytes([53, 1, 1, 12, 200, 65]), xid=10)
    check("a cut option is not answered", srp1(truncated, iface=interface, timeout=1) is None)


def type_of(answer):
    return None if answer is None else options_of(answer).get("message-type")


def requesting(*options, xid, mac="52:54:00:78:00:21", **fields):
    return frame(mac, DHCP(options=[("message-type", "request"), *options, "end"]), xid=xid, **fields)


def states():
    """A client's life (RFC 2131, 4.4) of messages made one by one."""
    mac = "52:54:00:78:00:21"
    server = ("server_id", "10.78.1.1")
    offer = ask(frame(mac, discover(), xid=21))
    address = offer[BOOTP].yiaddr
    answer = ask(requesting(server, ("requested_addr", address), xid=22))
    check("SELECTING is acknowledged", type_of(answer) == 5 and answer[BOOTP].yiaddr == address)
    check("with its lease", options_of(answer).get("lease_time") == 600)
    other = srp1(requesting(("server_id", "10.78.1.2"), ("requested_addr", address), xid=23), iface=interface, timeout=1)
    check("who selects another server is not answered", other is None)
    answer = ask(requesting(("requested_addr", address), xid=24))
    check("INIT-REBOOT is acknowledged", type_of(answer) == 5 and answer[BOOTP].yiaddr == address)
    answer = ask(requesting(("requested_addr", "10.78.1.140"), xid=25))
    check("INIT-REBOOT for another address is refused", type_of(answer) == 6)
    stray = requesting(("requested_addr", "10.78.1.140"), xid=26, mac="52:54:00:78:00:22")
    check("INIT-REBOOT of an unknown client is not answered", srp1(stray, iface=interface, timeout=1) is None)

    subprocess.run(["ip", "address", "add", address + "/24", "dev", interface], check=True)
    own = requesting(xid=27, ciaddr=address)
    own[IP].src = address
    answer = ask(own)
    check("REBINDING is acknowledged", type_of(answer) == 5 and answer[BOOTP].yiaddr == address)
    check("where the client is", answer is not None and answer[IP].dst == address)
    inform = frame(mac, DHCP(options=[("message-type", "inform"), "end"]), xid=28, ciaddr=address)
    inform[IP].src = address
    answer = ask(inform)
    check("INFORM is answered without an address", type_of(answer) == 5 and answer[BOOTP].yiaddr == "0.0.0.0")
    check("and without lease times", not {"lease_time", "renewal_time"} & set(options_of(answer)))
    subprocess.run(["ip", "address", "flush", "dev", interface], check=True)

    end = DHCP(options=[("message-type", "release"), server, "end"])
    sendp(frame(mac, end, xid=29, ciaddr=address), iface=interface)
    answer = ask(frame(mac, discover(), xid=30))
    check("a released address comes back to its client", answer[BOOTP].yiaddr == address)
    ask(requesting(server, ("requested_addr", address), xid=31))
    options = [("message-type", "decline"), server, ("requested_addr", address), "end"]
    sendp(frame(mac, DHCP(options=options), xid=32), iface=interface)
    answer = ask(frame(mac, discover(), xid=33))
    check("a declined address does not", answer is not None and answer[BOOTP].yiaddr != address)
    again = frame("52:54:00:78:00:23", discover(("requested_addr", address)), xid=34)
    answer = ask(again)
    check("nor does anybody else get it", answer is not None and answer[BOOTP].yiaddr != address)


def keys(answer):
    # scapy's own name for option 17 depends on its version.
    names = {17: "root_disk_path", "root-path": "root_disk_path", "root_path": "root_disk_path"}
    found = [option[0] for option in answer[DHCP].options if isinstance(option, tuple)]
    return [names.get(name, name) for name in found]


def damage(count):
    randomness = random.Random(7)
    originals = [
        bytes(frame(stranger, discover(("param_req_list", list(range(1, 130))), ("client_id", b"\1abcdef")))),
        bytes(frame(known, DHCP(options=[("message-type", "request"), ("requested_addr", "10.78.1.20"), "end"]))),
        bytes(frame(stranger, discover(("relay_agent_information", b"\1\2\0\7\5\4\12\116\1\0")), giaddr="10.78.1.9")),
        bytes(frame(known, bytes(64))),
    ]
    raw = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    for _ in range(count):
        message = bytearray(randomness.choice(originals)[42:])
        for _ in range(randomness.randrange(1, 12)):
            message[randomness.randrange(len(message))] = randomness.randrange(256)
        if randomness.randrange(4) == 0:
            del message[randomness.randrange(len(message)):]
        raw.sendto(bytes(message), ("255.255.255.255", 67))


if len(sys.argv) > 2 and sys.argv[2] == "fuzz":
    damage(int(sys.argv[3]))
elif len(sys.argv) > 2 and sys.argv[2] == "states":
    states()
else:
    converse()
if failures:
    sys.exit("not as expected: " + "; ".join(failures))
print("all as expected")
