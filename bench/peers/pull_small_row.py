"""Many small files from the site to a distribution point: received, verified, durable."""

import hashlib

from cold import warm
from commands import lacking, run, run_shell
from folders import bytes_of, small_files
from pull_row import PullRow
from servers import RsyncDaemon
from stage import library_files

RSYNC = 'rsync -rW --fsync (no hash)'
ARIA2 = 'aria2c -j16 --checksum + sync'
CURL = 'curl --parallel + openssl dgst + sync'


class PullSmallRow(PullRow):
    name = 'pull-small'
    minutes = 8
    only_the_best_counts = True
    title = 'pull 20,000 files of 4-64 KiB: verified, durable'
    unit = 'files'
    hashes = True
    fairness = ('HTTP peers ask the same sluiced for the same cached files; rsync reads a cached '
                'copy, fsyncs each file and verifies nothing; the others end with one sync of the '
                'file system. Limit: two cores, the file system\'s journal.')

    def room(self):
        return (2 + 4 * self.stage.rounds) * self.sizes.small_bytes  # removed when all is done

    def reason_to_skip(self):
        return lacking('curl', 'openssl', 'aria2c', 'rsync')

    def prepare(self):
        site = self.stage.start_site()
        self.folder = self.stage.sources / 'content'
        self.files = small_files(self.folder, self.sizes)
        self.bytes, self.count = bytes_of(self.files), len(self.files)
        self.package = self.stage.package(self.folder)
        self.cached = [*self.files, *library_files(site)]
        self.daemon = RsyncDaemon(self.stage.folder / 'rsyncd', self.folder)
        self.names = [str(path.relative_to(self.folder)) for path in self.files]
        self.digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.files]

    def warm(self):
        warm(self.cached)

    def contenders(self):
        site = self.stage.site
        return {'sluice': self.pull,
                RSYNC: self.rsync,
                ARIA2: lambda: self.by_commands(self.aria2, site),
                CURL: lambda: self.by_commands(self.curl, site)}

    def settings(self):
        return {'sluice': 'a distribution point that has none of it, ordinary settings',
                RSYNC: 'rsync -rW --fsync from a daemon on loopback',
                ARIA2: 'aria2c -j16 -x1 -i LIST --file-allocation=none --auto-save-interval=0 '
                       '--max-download-result=0, a checksum for each file; sync -f',
                CURL: 'curl --parallel --parallel-max 16 -K LIST; xargs openssl dgst -sha256; '
                      'sync -f'}

    def url(self, name):
        return self.stage.site.content_path(self.package, name)

    def write_list(self, text_of):
        """A list of all files for a client; writing it is not part of what is measured."""
        path = self.stage.folder / 'list'
        path.write_text(''.join(text_of(name, digest)
                                for name, digest in zip(self.names, self.digests)),
                        encoding='utf-8')
        return path

    def make_folders(self, folder):
        for name in {name.rsplit('/', 1)[0] for name in self.names}:
            (folder / name).mkdir()

    def rsync(self):
        with self.daemon as daemon:
            return self.by_commands(lambda folder: run('rsync', '-rW', '--fsync', daemon.url(),
                                                       folder), daemon)

    def aria2(self, folder):
        wanted = self.write_list(lambda name, digest: (
            f'{self.url(name)}\n  dir={folder}\n  out={name}\n  checksum=sha-256={digest}\n'))
        self.make_folders(folder)
        used = run('aria2c', '--no-conf', '-q', '-j16', '-x1', '-s1', '--file-allocation=none',
                   '--auto-save-interval=0', '--summary-interval=0', '--download-result=hide',
                   '--max-download-result=0', '-i', wanted)
        return used + run('sync', '-f', folder)

    def curl(self, folder):
        wanted = self.write_list(lambda name, _: (
            f'url = "{self.url(name)}"\noutput = "{folder / name}"\n'))
        self.make_folders(folder)
        used = run('curl', '-sSf', '--parallel', '--parallel-max', '16', '-K', wanted)
        used += run_shell(f"find '{folder}' -type f -print0 | xargs -0 openssl dgst -sha256")
        return used + run('sync', '-f', folder)


ROWS = (PullSmallRow,)
