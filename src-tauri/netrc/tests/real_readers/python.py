# Reads lines of the form `FILE HOST …`, all in hex. For each host, prints what `requests` takes for it from that file:
# `LOGIN PASSWORD` in hex, with `-` for a missing value, `-` for nothing, or `refused` if the module raises an error.
import netrc
import sys


def hex_of(value):
    return value.encode().hex() or "-"


def answer(found):
    # As in `get_netrc_auth` of requests.
    if not found or not any(found):
        return "-"
    login, account, password = found
    return f"{hex_of(login or account)} {hex_of(password)}"


for line in sys.stdin:
    file, *hosts = (bytes.fromhex(word) for word in line.split(" "))
    with open(sys.argv[1], "wb") as scratch:
        scratch.write(file)
    try:
        records = netrc.netrc(sys.argv[1])
    except (netrc.NetrcParseError, UnicodeDecodeError):
        records = None
    for host in hosts:
        print("refused" if records is None else answer(records.authenticators(host.decode())))
