"""Source folders for tests, and what the oracle says about files."""

import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'oracle'))
import tree_digest  # noqa: E402

MIB = 1024 * 1024


def file_id(path):
    """"<hex>.<size>" by hashlib alone."""
    with open(path, 'rb') as stream:
        digest, size, _ = tree_digest.measure(stream)
    return f'{digest.hex()}.{size}'


def wrong_files(node):
    """Files in filelib whose bytes are not what their name says."""
    return [path.name for path in (node.library / 'filelib').glob('*/*')
            if not path.name.endswith('.pieces') and file_id(path) != path.name]


def large_file(path, size):
    """`size` bytes of which no two pieces are equal; the same ones every time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    piece = random.Random(size).randbytes(MIB)
    with open(path, 'wb') as out:
        for number in range(0, size, MIB):
            out.write((number.to_bytes(8, 'big') + piece[8:])[:size - number])
    return path


def mixed_folder(folder, seed=1, shared=b'in both packages\n' * 1000):
    """A tree with everything that a package may hold. Returns its regular files."""
    chance = random.Random(seed)
    files = {f'small/{number:03}.txt': chance.randbytes(chance.randrange(1, 4000))
             for number in range(300)}
    files |= {'empty': b'', 'one byte': b'1', 'shared.bin': shared,
              'with space/ünïcödé & 100%.txt': b'percent encoding\n',
              'exactly one leaf': chance.randbytes(16 * 1024),
              'exactly one piece': chance.randbytes(MIB),
              'one more than a piece': chance.randbytes(MIB + 1),
              'several pieces': chance.randbytes(5 * MIB + 17)}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    os.chmod(folder / 'one byte', 0o755)
    (folder / 'empty folder').mkdir()
    (folder / 'link').symlink_to('small/000.txt')
    return sorted(files)
