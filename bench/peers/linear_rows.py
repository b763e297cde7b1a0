"""What a pull costs when there is more of it: sluice beside itself at a smaller size."""

import dataclasses

from cold import chill
from folders import bytes_of, large_files, small_files
from pull_row import PullRow
from stage import library_files
from targets import LINEAR_BYTES, LINEAR_FILES


class LinearRow(PullRow):
    """One package of each size, pulled by a fresh distribution point."""
    network = False  # no peer
    rounds_max = 1
    fairness = ('Nothing but the amount differs; each begins with a cold source. The rate at the '
                'largest amount is compared with that at the smallest.')

    def prepare(self):
        site = self.stage.start_site()
        self.packages = {}
        for name, amount in zip(self.names, self.amounts()):
            folder = self.stage.sources / 'content'  # a larger one begins with the smaller's files
            files = self.make(folder, amount)
            self.packages[name] = len(files), bytes_of(files), self.stage.package(folder)
            self.stage.remove(folder)
        self.cached = library_files(site)

    def contenders(self):
        return {name: lambda name=name: self.pull_one(name) for name in reversed(self.names)}

    def pull_one(self, name):
        self.count, self.bytes, self.package = self.packages[name]
        return self.pull()

    def warm(self):
        chill(self.cached, drop_caches=not self.stage.smoke)


class LinearBytes(LinearRow):
    name, names = 'linear-bytes', tuple(LINEAR_BYTES)
    minutes = 3
    title = 'pull 1, 4 and 16 GiB in files of 1 GiB'

    def amounts(self):
        return LINEAR_BYTES.values()

    def room(self):
        return 3 * max(self.amounts()) * self.sizes.linear_file_bytes

    def make(self, folder, amount):
        return large_files(folder, amount, self.sizes.linear_file_bytes)


class LinearFiles(LinearRow):
    name, names = 'linear-files', tuple(LINEAR_FILES)
    minutes = 3
    title = 'pull 1,000, 10,000 and 100,000 files of 4-64 KiB'
    unit = 'files'

    def amounts(self):
        return (factor * self.sizes.linear_files for factor in LINEAR_FILES.values())

    def sizes_of(self, amount):
        return dataclasses.replace(self.sizes, small_files=amount)

    def room(self):
        return 3 * self.sizes_of(max(self.amounts())).small_bytes

    def make(self, folder, amount):
        return small_files(folder, self.sizes_of(amount))


ROWS = (LinearBytes, LinearFiles)
