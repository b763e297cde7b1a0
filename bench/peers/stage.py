"""Daemons for one row: real ones, as delivered, on loopback; gone when the row ends."""

import os
import pathlib
import sys

import ordinary
from content import file_id
from removal import remove_tree
from sluice_e2e import Workplace, wait_for

PATIENCE = 900.0
STEP = 0.002  # between two looks at what is waited for: it is part of every measured time


class Stage:
    """One workplace. `smoke`: the system is left as it is; `remove` takes a folder away."""

    def __init__(self, build, beneath, sizes, smoke=False, rounds=1, remove=remove_tree):
        os.environ.pop('MALLOC_PERTURB_', None)  # Meson sets it for all it runs
        self.sizes, self.smoke, self.rounds, self.remove = sizes, smoke, rounds, remove
        self.place = Workplace(build, beneath)
        self.build, self.folder = self.place.build, self.place.folder
        self.sources = self.folder / 'sources'
        self.sources.mkdir()
        self.site, self.started, self.greeting = None, 0, ''

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind and issubclass(kind, Exception):
            self.show_logs()
        for node in self.place.nodes:
            node.ask_to_stop()
        for node in self.place.nodes:
            node.end()
        self.remove(self.folder)
        self.place.close()

    def show_logs(self):
        for node in self.place.nodes:
            print(f'--- end of the log of {node.name}\n{node.log()[-4000:]}', file=sys.stderr)

    def start_site(self, core=None):
        """A site server, which is a distribution point as well; `core` is the one it runs on."""
        self.site = self.place.start_site('site', [self.sources], launcher=launcher(core))
        ordinary.check(self.site)
        return self.site

    def start_point(self, core=None):
        """A distribution point that pulls from the site, and has pulled one small file from it:
        they have met, as they have when anybody waits for a package."""
        self.started += 1
        node = self.place.start_distribution_point(f'dp{self.started}', self.site,
                                                   launcher=launcher(core))
        ordinary.check(node)
        self.site.add_distribution_point(node, ['site:1'])
        self.greeting = self.greeting or self.make_greeting()
        self.pull(self.greeting, node)
        return node

    def make_greeting(self):
        folder = self.sources / 'greeting'
        folder.mkdir()
        (folder / 'greeting.txt').write_text('hello\n', encoding='utf-8')
        return self.package(folder)

    def end_node(self, node):
        """Stops a node and removes all it had."""
        if node is not self.site:
            self.site.sluice('dp', 'remove', node.name)
        node.stop(60)
        self.place.nodes.remove(node)
        self.remove(node.folder)

    def package(self, folder):
        """Returns the id of a package of a folder, on the site's own distribution point."""
        package = self.site.add_package(folder, patience=PATIENCE)
        self.site.distribute(package, 'site')
        self.site.wait_for_success(package, 'site', patience=PATIENCE)
        return package

    def pull(self, package, node):
        """From the wish to the status Success, at the site. What is polled meanwhile is a file
        name, so that looking costs nothing: the status is asked for once the node has the package.
        """
        record = node.library / 'pkglib' / package
        self.site.distribute(package, node.name)
        wait_for(lambda: record.exists() and
                 self.site.row(package, node.name).get('bucket') == 'success',
                 f'{package} on {node.name}', PATIENCE, STEP)


def launcher(core):
    return () if core is None else ('taskset', '-c', str(core))


def in_library(node, path):
    """Where a library keeps the file that has the bytes of `path`."""
    name = file_id(path)
    return node.library / 'filelib' / name[:2] / name


def library_files(node):
    return [path for path in pathlib.Path(node.library / 'filelib').glob('*/*')
            if not path.name.endswith('.pieces')]
