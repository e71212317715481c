# SPDX-License-Identifier: MIT
"""Writes small databases in MaxMind's format (https://maxmind.github.io/MaxMind-DB/), version 2.0: a binary tree
of address bits, whose leaves point to maps in a data section."""

import ipaddress
import struct
import time

RECORD = 24  # bits; two of them are a node


def control(kind, size):
    """The byte (or bytes) before a value: its type and its length."""
    small = min(size, 29)
    extra = bytes([size - 29]) if size >= 29 else b""
    if kind <= 7:
        return bytes([kind << 5 | small]) + extra
    return bytes([small, kind - 7]) + extra


def encode(value):
    if isinstance(value, str):
        raw = value.encode()
        return control(2, len(raw)) + raw
    if isinstance(value, dict):
        return control(7, len(value)) + b"".join(encode(key) + encode(one) for key, one in value.items())
    if isinstance(value, list):
        return control(11, len(value)) + b"".join(encode(one) for one in value)
    kind, size, number = value
    raw = number.to_bytes(size, "big").lstrip(b"\0")
    return control(kind, len(raw)) + raw


def uint16(number):
    return (5, 2, number)


def uint32(number):
    return (6, 4, number)


def uint64(number):
    return (9, 8, number)


def bits_of(network):
    """IPv4 is ::a.b.c.d in the tree."""
    network = ipaddress.ip_network(network)
    skip = 128 - network.max_prefixlen
    number = int(network.network_address)
    return [number >> (127 - i) & 1 for i in range(skip + network.prefixlen)]


def write(path, countries):
    """countries: {"192.0.2.0/24": "DE"}; no network may be inside another."""
    data, offsets = b"", {}
    for code in sorted(set(countries.values())):
        offsets[code] = len(data)
        data += encode({"country": {"iso_code": code, "names": {"en": "The country " + code}}})
    nodes = [[None, None]]
    for network, code in countries.items():
        bits, at = bits_of(network), 0
        for bit in bits[:-1]:
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][bits[-1]] = code
    tree = b""
    for node in nodes:
        for record in node:
            number = len(nodes) if record is None else record if isinstance(record, int) else \
                len(nodes) + 16 + offsets[record]
            tree += struct.pack(">I", number)[1:]
    metadata = encode({
        "binary_format_major_version": uint16(2), "binary_format_minor_version": uint16(0),
        "build_epoch": uint64(int(time.time())), "database_type": "Detour-Test-Country",
        "description": {"en": "made in a test"}, "ip_version": uint16(6), "languages": ["en"],
        "node_count": uint32(len(nodes)), "record_size": uint16(RECORD)})
    with open(path, "wb") as out:
        out.write(tree + b"\0" * 16 + data + b"\xab\xcd\xefMaxMind.com" + metadata)
