#!/usr/bin/python3
"""The file id of each path given, "<hex>.<size>", by hashlib alone: an independent check.

SHA-256 Merkle tree of BitTorrent v2 (BEP 52), leaves of 16 KiB, pieces of 1 MiB. Written from the
specification, level by level with real padding, and deliberately not like the C++.
"""
import hashlib
import sys

LEAF = 16 * 1024
PIECE = 1024 * 1024
ZERO_HASH = bytes(32)


def power_of_two_from(count):
    power = 1
    while power < count:
        power *= 2
    return power


def root(hashes):
    """The root over a power of two of hashes."""
    assert hashes and len(hashes) == power_of_two_from(len(hashes))
    while len(hashes) > 1:
        hashes = [hashlib.sha256(hashes[i] + hashes[i + 1]).digest()
                  for i in range(0, len(hashes), 2)]
    return hashes[0]


def padded(hashes, length, filler):
    return hashes + [filler] * (length - len(hashes))


def leaf_hashes(data):
    return [hashlib.sha256(data[at:at + LEAF]).digest() for at in range(0, len(data), LEAF)]


def measure(stream):
    """(digest, size, piece layer as a list) of a binary stream; the layer is empty for <= 1 MiB."""
    size = 0
    pieces = []
    while True:
        data = stream.read(PIECE)
        size += len(data)
        if not data:
            break
        pieces.append(leaf_hashes(data))
        if len(data) < PIECE:
            break
    if size == 0:
        return hashlib.sha256(b"").digest(), 0, []
    if size <= PIECE:
        leaves = pieces[0]
        return root(padded(leaves, power_of_two_from(len(leaves)), ZERO_HASH)), size, []
    layer = [root(padded(leaves, PIECE // LEAF, ZERO_HASH)) for leaves in pieces]
    filler = root([ZERO_HASH] * (PIECE // LEAF))
    return root(padded(layer, power_of_two_from(len(layer)), filler)), size, layer


def file_id(path):
    with open(path, "rb") as stream:
        digest, size, _ = measure(stream)
    return f"{digest.hex()}.{size}"


if __name__ == "__main__":
    for given in sys.argv[1:]:
        print(file_id(given))
