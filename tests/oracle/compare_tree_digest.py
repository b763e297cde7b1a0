#!/usr/bin/python3
"""Holds sluice's tree digest, piece layers included, against hashlib: every kernel, many sizes.

Usage: compare_tree_digest.py PRINT_FILE_ID
"""
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import tree_digest

KIB = 1024
MIB = 1024 * KIB
SIZES = [0, 1, 55, 56, 63, 64, 65, 16 * KIB - 1, 16 * KIB, 16 * KIB + 1, 32 * KIB, 48 * KIB + 5,
         256 * KIB - 1, 256 * KIB, 256 * KIB + 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1,
         3 * MIB, 5 * MIB + 17, 9 * MIB + 300 * KIB]
RUNS = [("automatic", MIB), ("automatic", 65537), ("portable", MIB), ("shani", 4099),
        ("avx2", 256 * KIB), ("avx512", 999983)]
SKIPPED = 77


def expected(path):
    with open(path, "rb") as stream:
        digest, size, layer = tree_digest.measure(stream)
    return f"{digest.hex()}.{size} {b''.join(layer).hex()}"


def main():
    program = sys.argv[1]
    pattern = bytes(range(251))
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for size in SIZES:
            paths.append(os.path.join(folder, str(size)))
            with open(paths[-1], "wb") as stream:
                stream.write((pattern * (size // 251 + 1))[:size])
        wanted = [expected(path) for path in paths]
        for kernel, chunk in RUNS:
            ran = subprocess.run([program, kernel, str(chunk)] + paths, capture_output=True,
                                 text=True)
            if ran.returncode == SKIPPED:
                print(f"{kernel}: this processor cannot run it")
                continue
            assert ran.returncode == 0, ran.stderr
            for size, want, got in zip(SIZES, wanted, ran.stdout.splitlines(), strict=True):
                assert want == got, f"{kernel}, {size} bytes: hashlib {want}, sluice {got}"
            print(f"{kernel}, chunks of {chunk}: {len(SIZES)} files agree")


main()
