"""The tree digest of bytes in memory, beside OpenSSL's SHA-256 over one stream."""

import json

from commands import run
from measure import Sample
from row import Row

SIZE = 32 * 1024 * 1024  # larger than the caches of one core
KERNELS = {'avx512': 'avx512f', 'shani': 'sha_ni'}
OPENSSL = 'OpenSSL SHA-256, one stream'


class HashRow(Row):
    name = 'hash'
    minutes = 0.5
    title = 'tree hash of 32 MiB in memory, one core'
    hashes = True
    fairness = ('OpenSSL hashes in one call in this process, with SHA-NI where there is one; a '
                'flat digest cannot be computed sixteen lanes at a time. Limit: one core.')

    def impossible(self):
        flags = next((line for line in open('/proc/cpuinfo', encoding='utf-8')
                      if line.startswith('flags')), '').split()
        return {f'tree, {kernel}': f'this processor has no {feature}'
                for kernel, feature in KERNELS.items() if feature not in flags}

    def reason_to_skip(self):
        lacking = self.impossible()
        return '; '.join(lacking.values()) if len(lacking) == len(KERNELS) else ''

    def contenders(self):
        names = {f'tree, {kernel}': f'{kernel}/tree/{SIZE}' for kernel in KERNELS
                 if f'tree, {kernel}' not in self.impossible()}
        names[OPENSSL] = f'openssl_one_stream/{SIZE}'
        return {name: lambda bench=bench: self.measure(bench) for name, bench in names.items()}

    def measure(self, bench):
        program = self.stage.build / 'bench' / 'hashing_bench'
        ran = run(program, f'--benchmark_filter=^{bench}$', '--benchmark_format=json',
                  f'--benchmark_min_time={self.sizes.hash_seconds}', core=0, capture=True)
        found = json.loads(ran.output)['benchmarks'][0]
        size = int(found['iterations']) * SIZE
        seconds = size / found['bytes_per_second']
        return Sample(seconds, size, cpu=seconds, memory=ran.memory)


ROWS = (HashRow,)
