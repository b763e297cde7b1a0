"""A folder becomes a package: snapshot, hashes, commit; beside a copy, made durable and hashed."""

from cold import chill
from commands import lacking, run, run_shell
from folders import bytes_of, large_files, small_files
from measure import Meter, Sample
from row import Row
from stage import PATIENCE

COPY = 'cp -r + sync + openssl dgst'


class ImportRow(Row):
    hashes = True
    fairness = ('Each begins with a cold folder, ours with an empty library as well, and ends when '
                'the package is known. openssl reads the copy, which cp has left in the cache.')

    def reason_to_skip(self):
        return lacking('openssl')

    def prepare(self):
        self.folder = self.stage.sources / 'content'
        self.files = self.make(self.folder)
        self.bytes = bytes_of(self.files)

    def contenders(self):
        return {'sluice': self.ours, COPY: self.copy}

    def settings(self):
        return {'sluice': 'sluice package add FOLDER, ordinary settings',
                COPY: 'cp -r; sync -f; find | xargs openssl dgst -sha256'}

    def chill(self):
        return str(chill(self.files, drop_caches=not self.stage.smoke))

    def sample(self, usage, before):
        return Sample(usage.seconds, self.bytes, len(self.files), usage.cpu, usage.memory,
                      {'before': before})

    def ours(self):
        site = self.stage.start_site()
        before = self.chill()
        with Meter(site.process.pid) as meter:
            site.add_package(self.folder, patience=PATIENCE)
        self.stage.end_node(site)
        return self.sample(meter, before)

    def copy(self):
        target = self.stage.folder / 'copied'
        before = self.chill()
        used = run('cp', '-r', self.folder, target)
        used += run('sync', '-f', target)
        used += run_shell(f"find '{target}' -type f -print0 | xargs -0 openssl dgst -sha256")
        self.stage.remove(target)
        return self.sample(used, before)


class ImportLargeRow(ImportRow):
    name = 'import-large'
    minutes = 5
    title = 'import a folder of 4 GiB: snapshot, hash, commit'

    def room(self):
        return 2 * self.sizes.import_files * self.sizes.import_file_bytes

    def make(self, folder):
        return large_files(folder, self.sizes.import_files, self.sizes.import_file_bytes)


class ImportSmallRow(ImportRow):
    name = 'import-small'
    minutes = 4
    title = 'import a folder of 20,000 files of 4-64 KiB'
    unit = 'files'

    def room(self):
        return (1 + 2 * self.stage.rounds) * self.sizes.small_bytes  # removed when all is done

    def make(self, folder):
        return small_files(folder, self.sizes)


ROWS = (ImportLargeRow, ImportSmallRow)
