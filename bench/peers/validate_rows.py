"""Reading again what a library holds, cold, and comparing it with what the site promised."""

import fio
from cold import chill
from commands import lacking, run, run_shell
from folders import bytes_of, large_files, small_files
from measure import Meter, Sample
from row import Row
from stage import PATIENCE, library_files
from targets import OPENSSL, READS

CORE = 0
DEPTH = 8


class ValidateRow(Row):
    hashes = True

    def reason_to_skip(self):
        return lacking('openssl', 'fio', 'sha256sum')

    def prepare(self):
        self.stage.start_site(core=CORE)
        folder = self.stage.sources / 'content'
        self.make(folder)
        self.package = self.stage.package(folder)
        self.stage.remove(folder)
        self.files = library_files(self.stage.site)
        self.bytes = bytes_of(self.files)

    def chill(self):
        return str(chill(self.files, drop_caches=not self.stage.smoke))

    def validate(self):
        before = self.chill()
        with Meter(self.stage.site.process.pid) as meter:
            self.stage.site.sluice('validate', self.package, '--dp', 'site', '--wait',
                                   patience=PATIENCE)
        return self.sample(meter, before)

    def sample(self, usage, before):
        return Sample(usage.seconds, self.bytes, len(self.files), usage.cpu, usage.memory,
                      {'before': before})

    def by_command(self, words):
        before = self.chill()
        return self.sample(run(*words, core=CORE), before)


class ValidateLargeRow(ValidateRow):
    name = 'validate-large'
    minutes = 6
    title = 'validate 8 GiB, cold, one core'
    fairness = ('openssl reads through the page cache, which it must fill; sluiced reads around '
                'it. fio does the same reads and no hashing: it is the limit of the disk.')

    def room(self):
        return 2 * self.sizes.validate_files * self.sizes.validate_file_bytes

    def make(self, folder):
        large_files(folder, self.sizes.validate_files, self.sizes.validate_file_bytes)

    def contenders(self):
        return {'sluice': self.validate,
                OPENSSL: lambda: self.by_command(['openssl', 'dgst', '-sha256', *self.files]),
                READS: self.fio}

    def settings(self):
        return {'sluice': 'sluice validate PKG --dp site --wait, daemon on one core',
                OPENSSL: 'openssl dgst -sha256 FILE..., one core',
                READS: f'one core; {fio.HOW.format(depth=DEPTH)}'}

    def fio(self):
        before = self.chill()
        sample = fio.read(self.files, self.bytes, DEPTH, CORE)
        sample.notes['before'] = before
        return sample


class ValidateSmallRow(ValidateRow):
    name = 'validate-small'
    minutes = 3
    title = 'validate 20,000 files of 4-64 KiB, cold, one core'
    unit = 'files'
    fairness = ('sha256sum is started for every hundred files, as an administrator would. As root '
                'names and inodes are cold as well; otherwise they are cached for both.')

    def room(self):
        return 2 * self.sizes.small_bytes

    def make(self, folder):
        small_files(folder, self.sizes)

    def contenders(self):
        return {'sluice': self.validate, 'find + xargs sha256sum': self.sha256sum}

    def settings(self):
        return {'sluice': 'sluice validate PKG --dp site --wait, daemon on one core',
                'find + xargs sha256sum': 'find -type f -print0 | xargs -0 -n 100 -P1 sha256sum, '
                                          'one core'}

    def sha256sum(self):
        before = self.chill()
        folder = self.stage.site.library / 'filelib'
        text = f"find '{folder}' -type f -print0 | xargs -0 -n 100 -P1 sha256sum"
        return self.sample(run_shell(text, core=CORE), before)


ROWS = (ValidateLargeRow, ValidateSmallRow)
