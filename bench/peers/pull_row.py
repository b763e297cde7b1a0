"""What both pull rows share: a fresh distribution point each round, beside clients that fetch the
same bytes from the same cached files, and leave them verified (or not, if they say so) and durable.
"""

import os

from measure import Meter, Sample
from row import Row


class PullRow(Row):
    network = True

    def pull(self):
        """Ours: a distribution point that has nothing of this package."""
        node = self.stage.start_point()
        self.warm()
        os.sync()
        with Meter(self.stage.site.process.pid) as source, Meter(node.process.pid) as meter:
            self.stage.pull(self.package, node)
        self.check(node)
        self.stage.end_node(node)
        return self.sample(meter, source)

    def sample(self, usage, source):
        gib = self.bytes / 2 ** 30
        return Sample(usage.seconds, self.bytes, self.count, usage.cpu, usage.memory,
                      {'source_cpu_per_gib': source.cpu / gib})

    def check(self, node):
        """That all of it is there; a peer's is looked at as well."""
        found = sum(path.stat().st_size for path in (node.library / 'filelib').glob('*/*')
                    if not path.name.endswith('.pieces'))
        if found < self.bytes:
            raise RuntimeError(f'{node.name} pulled {found} of {self.bytes} bytes')

    def by_commands(self, fetch, source):
        """A peer: `fetch(folder)` returns what its commands used. `source`: who serves it."""
        folder = self.stage.folder / 'fetched'
        folder.mkdir()
        self.warm()
        os.sync()
        with Meter(source.process.pid) as served:
            usage = fetch(folder)
        found = sum(path.stat().st_size for path in folder.rglob('*') if path.is_file())
        if found != self.bytes:
            raise RuntimeError(f'{found} of {self.bytes} bytes were fetched')
        self.stage.remove(folder)
        return self.sample(usage, served)
