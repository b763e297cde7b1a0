"""Folders of files that neither repeat nor compress; the same ones for the same seed."""

import random

from sizes import KIB, MIB

POOL = 64 * MIB


class Filler:
    """Bytes as quickly as a disk takes them: a pool of random ones, cut elsewhere each time."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.pool = memoryview(self.chance.randbytes(POOL + MIB))
        self.number = 0

    def piece(self, size):
        """`size` <= 1 MiB bytes that begin with a number no other piece has."""
        self.number += 1
        start = self.chance.randrange(POOL)
        return self.number.to_bytes(8, 'big') + bytes(self.pool[start:start + size - 8])

    def fill(self, path, size):
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, 'wb') as out:
            for at in range(0, size, MIB):
                out.write(self.piece(min(MIB, size - at)))
        return path


def large_files(folder, count, size, seed=1):
    """`count` files of `size` bytes. Returns them."""
    filler = Filler(seed)
    return [filler.fill(folder / f'large-{number}.bin', size) for number in range(count)]


def small_files(folder, sizes, seed=2):
    """Files of evenly mixed sizes, a hundred in a folder. Returns them."""
    filler, made = Filler(seed), []
    for number in range(sizes.small_files):
        size = filler.chance.randrange(sizes.small_file_least, sizes.small_file_most + 1)
        made.append(filler.fill(folder / f'{number // 100:03}' / f'{number:05}.bin', size))
    return made


def equal_files(folder, count, size, seed=3):
    """`count` files of one size that is at most 1 MiB. Returns them."""
    filler = Filler(seed)
    return [filler.fill(folder / f'{size // KIB}k-{number}.bin', size) for number in range(count)]


def bytes_of(paths):
    return sum(path.stat().st_size for path in paths)
