"""One large file from the site to a distribution point: received, verified, durable."""

import hashlib
import os

import fio
from cold import warm
from commands import lacking, run
from folders import large_files
from pull_row import PullRow
from servers import RsyncDaemon
from stage import in_library
from targets import ARIA2, CURL, RSYNC, WRITES

SHA256SUM = 'curl + sha256sum + sync'
WGET = 'wget + openssl dgst + sync'
DEPTH = 16


class PullLargeRow(PullRow):
    name = 'pull-large'
    minutes = 6
    title = 'pull 2 GiB: received, verified, durable'
    hashes = True
    fairness = ('All read the same cached file of the site\'s library; HTTP peers ask the same '
                'sluiced. Ours ends when the site says Success. CPU is that of who receives; '
                'rsync verifies nothing. Limit: two cores, and the disk, which fio shows.')

    def room(self):
        return 3 * self.sizes.pull_bytes

    def reason_to_skip(self):
        return lacking('curl', 'openssl', 'aria2c', 'rsync', 'sha256sum', 'wget', 'fio')

    def prepare(self):
        site = self.stage.start_site()
        source = large_files(self.stage.sources / 'content', 1, self.sizes.pull_bytes)[0]
        self.bytes, self.count = source.stat().st_size, 1
        with open(source, 'rb') as stream:
            self.sha256 = hashlib.file_digest(stream, 'sha256').hexdigest()
        self.package = self.stage.package(source.parent)
        self.file = in_library(site, source)
        self.url = site.content_path(self.package, source.name)
        self.stage.remove(source.parent)
        self.daemon = RsyncDaemon(self.stage.folder / 'rsyncd', site.library / 'filelib')

    def warm(self):
        warm([self.file])

    def contenders(self):
        site = self.stage.site
        return {'sluice': self.pull,
                CURL: lambda: self.by_commands(self.curl, site),
                ARIA2: lambda: self.by_commands(self.aria2, site),
                RSYNC: self.rsync,
                WRITES: self.fio,
                SHA256SUM: lambda: self.by_commands(self.curl_sha256sum, site),
                WGET: lambda: self.by_commands(self.wget, site)}

    def settings(self):
        return {'sluice': 'a distribution point that has none of it, ordinary settings',
                CURL: 'curl -sSf; openssl dgst -sha256; sync FILE',
                ARIA2: 'aria2c -x4 -s4 -k1M --file-allocation=falloc --checksum=sha-256=...; sync '
                       'FILE',
                RSYNC: 'rsync -W --fsync from a daemon on loopback',
                WRITES: f'no network; fsync at the end; {fio.HOW.format(depth=DEPTH)}',
                SHA256SUM: 'for information', WGET: 'for information'}

    def curl(self, folder):
        return self.fetch_and_check(folder, ['curl', '-sSf', '-o', folder / 'file', self.url],
                                    ['openssl', 'dgst', '-sha256'])

    def curl_sha256sum(self, folder):
        return self.fetch_and_check(folder, ['curl', '-sSf', '-o', folder / 'file', self.url],
                                    ['sha256sum'])

    def wget(self, folder):
        return self.fetch_and_check(folder, ['wget', '-q', '-O', folder / 'file', self.url],
                                    ['openssl', 'dgst', '-sha256'])

    def fetch_and_check(self, folder, fetch, digest):
        target = folder / 'file'
        used = run(*fetch)
        used += run(*digest, target)
        return used + run('sync', target)

    def aria2(self, folder):
        used = run('aria2c', '--no-conf', '-q', '-x4', '-s4', '-k1M', '--file-allocation=falloc',
                   f'--checksum=sha-256={self.sha256}', '-d', folder, '-o', 'file', self.url)
        return used + run('sync', folder / 'file')

    def rsync(self):
        path = f'{self.file.parent.name}/{self.file.name}'
        with self.daemon as daemon:
            return self.by_commands(lambda folder: run('rsync', '-W', '--fsync', daemon.url(path),
                                                       folder / 'file'), daemon)

    def fio(self):
        path = self.stage.folder / 'written'
        os.sync()
        sample = fio.write(path, self.bytes, DEPTH)
        path.unlink()
        return sample


ROWS = (PullLargeRow,)
