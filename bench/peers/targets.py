"""What we promise, as data, and whether it held. Nothing else in the bench knows a bound.

Bounds that were changed since they were first promised: docs/decisions/0012 and 0013.
"""

import dataclasses
import statistics

CURL = 'curl + openssl dgst + sync'
ARIA2 = 'aria2c -x4 --checksum + sync'
RSYNC = 'rsync -W --fsync (no hash)'
OPENSSL = 'openssl dgst'
NGINX = 'nginx, sendfile'
LINEAR_BYTES = {'1 GiB': 1, '4 GiB': 4, '16 GiB': 16}  # the first is compared with the last
LINEAR_FILES = {'1,000 files': 1, '10,000 files': 10, '100,000 files': 100}
BESIDE_VALIDATION = 'beside a validation at lowest'
BESIDE_STOPPED = 'beside ten stopped readers'
BESIDE_SLOW, ALONE = 'beside ten slow clients', 'alone'
READS, WRITES = 'fio, O_DIRECT reads (no hash)', 'fio, O_DIRECT writes + fsync (no hash)'
DISK_BUSY = 0.8  # of what fio moves in the same run: then the disk is what was measured


@dataclasses.dataclass(frozen=True)
class Target:
    """`ours` against the best of `peers`: the rate at least, or CPU per GiB or the 99th percentile
    of the answers' times at most, `bound`."""
    row: str
    bound: float
    peers: tuple
    measure: str = 'rate'
    ours: str = 'sluice'
    disk: str = ''  # who shows what the disk can do: DISK_BUSY of that keeps the promise as well

    @property
    def text(self):
        best = 'best of ' if len(self.peers) > 1 else ''
        what = {'rate': 'rate', 'cpu': 'CPU per GiB', 'p99': 'p99'}[self.measure]
        sign = '>=' if self.measure == 'rate' else '<='
        disk = ', or the disk\'s' if self.disk else ''
        return f'{what} {sign} {self.bound:g} x {best}{", ".join(self.peers)}{disk}'


TARGETS = (
    Target('hash', 1.5, ('OpenSSL SHA-256, one stream',), ours='tree, avx512'),
    Target('hash', 1.3, ('OpenSSL SHA-256, one stream',), ours='tree, shani'),
    Target('validate-large', 5.0, (OPENSSL,), disk=READS),
    Target('validate-large', 0.8, (READS,)),
    Target('validate-small', 3.2, ('find + xargs sha256sum',)),
    Target('validate-quiet', 1.05, (ALONE,), measure='p99', ours=BESIDE_VALIDATION),
    Target('pull-large', 5.0, (CURL,), disk=WRITES),
    Target('pull-large', 9.0, (ARIA2,), disk=WRITES),
    Target('pull-large', 2.5, (RSYNC,), disk=WRITES),
    Target('pull-large', 0.4, (CURL,), measure='cpu'),
    Target('pull-small', 2.2, ('rsync -rW --fsync (no hash)', 'aria2c -j16 --checksum + sync')),
    Target('pull-small', 1.3, ('curl --parallel + openssl dgst + sync',)),
    *(target for connections in (1, 16, 64) for target in (
        Target(f'serve-large-{connections}', 0.95, (NGINX,)),
        Target(f'serve-large-{connections}', 1.1, (NGINX,), measure='cpu'))),
    Target('serve-64k', 1.05, (NGINX,)),
    Target('serve-4k', 1.2, (NGINX,)),
    Target('serve-fair', 0.9, (ALONE,), ours=BESIDE_SLOW),
    Target('serve-stopped', 2.0, (ALONE,), measure='p99', ours=BESIDE_STOPPED),
    Target('serve-cold', 1.6, (NGINX, 'nginx, aio threads + directio'), disk=READS),
    Target('pull-then-serve', 0.9, (NGINX, 'nginx, aio threads')),
    Target('linear-bytes', 0.8, ('1 GiB',), ours='16 GiB'),
    Target('linear-files', 0.8, ('1,000 files',), ours='100,000 files'),
    Target('import-large', 3.0, ('cp -r + sync + openssl dgst',)),
    Target('import-small', 1.6, ('cp -r + sync + openssl dgst',)),
)


@dataclasses.dataclass(frozen=True)
class Verdict:
    target: Target
    peer: str
    ratio: float
    bound: float
    held: bool
    disk_share: float | None = None  # of what the disk can do, where that decided

    @property
    def text(self):
        kind = ''
        if self.disk_share is not None:
            kind = f' (disk-bound: {self.disk_share:.2f} x {self.target.disk})'
        return (f'{self.target.ours}: {self.target.text}{kind}: '
                f'{self.ratio:.2f} x {self.peer}, {"held" if self.held else "MISSED"}')


def judge(target, found):
    """`found`: Series by name. None when what the target compares was not measured."""
    ours = found.get(target.ours)
    peers = [found[name] for name in target.peers if name in found]
    if ours is None or len(peers) < len(target.peers):
        return None
    if target.measure == 'cpu':
        best = min(peers, key=lambda one: one.cpu_per_gib)
        ratio = ours.cpu_per_gib / max(best.cpu_per_gib, 1e-9)
        return Verdict(target, best.name, ratio, target.bound, ratio <= target.bound)
    if target.measure == 'p99':
        # Neighbours had the same machine: what it does to a tail differs from minute to minute.
        best = min(peers, key=lambda one: one.median_note('p99_ms'))
        ratio = statistics.median(here / there for here, there in zip(
            ours.every_note('p99_ms'), best.every_note('p99_ms'), strict=True))
        return Verdict(target, best.name, ratio, target.bound, ratio <= target.bound)
    best = max(peers, key=lambda one: one.rate)
    ratio, bound = ours.rate / best.rate, target.bound
    if ratio < bound and target.disk in found:
        # A peer that was faster than fio has shown that the disk can do more.
        share = ours.rate / max(found[target.disk].rate, best.rate)
        if share >= DISK_BUSY:
            return Verdict(target, best.name, ratio, bound, True, share)
    return Verdict(target, best.name, ratio, bound, ratio >= bound)
