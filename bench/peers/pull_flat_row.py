"""For information: a pull of ours that hashes flat through OpenSSL, as the peers do."""

import json

from commands import lacking, run
from pull_large_row import PullLargeRow
from targets import CURL

FLAT = 'flat_pull: our data path, OpenSSL'


class PullFlatRow(PullLargeRow):
    name = 'pull-flat'
    minutes = 1.5
    title = 'pull 2 GiB, hashed flat through OpenSSL (information, no target)'
    hashes = False
    fairness = ('One connection, because a flat hash wants its bytes in order; no actors, no '
                'database: the HTTP client, buffers, worker and O_DIRECT writes of a pull. It '
                'shows what the tree digest is worth.')

    def reason_to_skip(self):
        return lacking('curl', 'openssl')

    def contenders(self):
        site = self.stage.site
        return {FLAT: lambda: self.by_commands(self.flat, site),
                CURL: lambda: self.by_commands(self.curl, site)}

    def settings(self):
        return {FLAT: 'bench/flat_pull, one stream of SHA-256', CURL: super().settings()[CURL]}

    def flat(self, folder):
        address, path = self.url.removeprefix('http://').split('/', 1)
        used = run(self.stage.build / 'bench' / 'flat_pull', address, f'/{path}', self.bytes,
                   folder, capture=True)
        found = json.loads(used.output)['sha256']
        if found != self.sha256:
            raise RuntimeError(f'flat_pull found {found}, not {self.sha256}')
        return used


ROWS = (PullFlatRow,)
