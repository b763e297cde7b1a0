"""A file that is not in the page cache, served to one client; a file nobody asked for before."""

import fio
from cold import chill
from commands import lacking
from folders import large_files
from serve_cached_rows import ServeRow
from servers import AIO, DIRECT, SENDFILE
from load import SERVER_CORE, Load
from targets import NGINX, READS

KINDS = {NGINX: SENDFILE, 'nginx, aio threads + directio': DIRECT, 'nginx, aio threads': AIO}
DEPTH = 8


class ServeColdRow(ServeRow):
    name = 'serve-cold'
    minutes = 2
    title = 'serve a cold file of 1 GiB to one client, one server core'
    fairness = ('A file for each round, dropped and proved cold before each contender; nginx gets '
                'the better of its ways. Limit: the disk; one core.')

    def room(self):
        return 2 * self.stage.rounds * self.sizes.cold_bytes

    def make(self, folder):
        return large_files(folder, self.stage.rounds, self.sizes.cold_bytes)

    def prepare(self):
        super().prepare()
        self.peers = {name: self.nginx(f'nginx-{number}', sending)[0]
                      for number, (name, sending) in enumerate(KINDS.items())}

    def begin_round(self, number):
        self.number = number

    def contenders(self):
        return {'sluice': self.ours,
                **{name: lambda server=server: self.theirs(server)
                   for name, server in self.peers.items()},
                READS: self.fio}

    def reason_to_skip(self):
        return lacking('nginx', 'taskset', 'fio')

    def settings(self):
        return {'sluice': 'ordinary settings, all its threads on one core',
                **{name: server.settings for name, server in self.peers.items()},
                READS: f'no network; one core; {fio.HOW.format(depth=DEPTH)}'}

    def chill(self):
        return str(chill([self.files[self.number]], drop_caches=not self.stage.smoke))

    def fetch(self, process_id, address, path):
        before = self.chill()
        sample = Load(self.stage, 'cold', address, [path]).once(process_id, 1)
        sample.notes['before'] = before
        return sample

    def ours(self):
        return self.fetch(self.site.process.pid, f'127.0.0.1:{self.site.content_port}',
                          f'/content/{self.package}.1/{self.names[self.number]}')

    def theirs(self, server):
        path = self.files[self.number]
        with server:
            return self.fetch(server.process.pid, server.address,
                              f'/{path.parent.name}/{path.name}')

    def fio(self):
        before, path = self.chill(), self.files[self.number]
        sample = fio.read([path], path.stat().st_size, DEPTH, SERVER_CORE)
        sample.notes['before'] = before
        return sample


ROWS = (ServeColdRow,)
