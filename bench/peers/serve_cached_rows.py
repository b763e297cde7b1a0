"""Files in the page cache, served to clients that throw them away: sluiced beside nginx."""

import contextlib
import socket
import urllib.parse

from cold import chill, warm
from commands import lacking
from folders import equal_files, large_files
from load import CLIENT_CORE, SERVER_CORE, Load
from row import Row
from servers import Nginx
from sizes import KIB
from stage import PATIENCE, in_library, library_files
from targets import ALONE, BESIDE_SLOW, BESIDE_STOPPED, BESIDE_VALIDATION, NGINX

SLOW = STOPPED = 10


class ServeRow(Row):
    """A site's distribution point and nginx over the same files of its library."""
    network = True
    cores = 2

    def reason_to_skip(self):
        return lacking('nginx', 'taskset')

    def prepare(self):
        self.site = self.stage.start_site(core=SERVER_CORE)
        folder = self.stage.sources / 'content'
        sources = self.make(folder)
        self.package = self.stage.package(folder)
        self.files = [in_library(self.site, path) for path in sources]
        self.names = [str(path.relative_to(folder)) for path in sources]
        self.stage.remove(folder)
        self.load = self.load_of(self.site)

    def load_of(self, node):
        return Load(self.stage, node.name, f'127.0.0.1:{node.content_port}',
                    [f'/content/{self.package}.1/{name}' for name in self.names])

    def nginx(self, name, *sending, root=None):
        """(nginx, the load for it), not started yet."""
        server = Nginx(self.stage.folder / name, root or self.site.library / 'filelib', *sending,
                       core=SERVER_CORE)
        return server, Load(self.stage, name, server.address,
                            [f'/{path.parent.name}/{path.name}' for path in self.files])


class ServeCachedRow(ServeRow):
    connections = 64
    rounds_times = 5
    minutes = 1.5
    fairness = (f'The server has core {SERVER_CORE}, the client core {CLIENT_CORE}; both servers '
                'have the same files in the page cache, proved before each round. When client_busy '
                'is 1 the client was the limit. nginx has the path of a file as its name, sluiced '
                'looks it up in a manifest. CPU is the server\'s.')

    def contenders(self):
        return {'sluice': self.ours, NGINX: self.theirs}

    def settings(self):
        return {'sluice': 'ordinary settings, all its threads on one core',
                NGINX: self.peer[0].settings}

    def prepare(self):
        super().prepare()
        self.peer = self.nginx('nginx')

    def ours(self):
        warm(self.files)
        return self.load.for_seconds(self.site.process.pid, self.connections,
                                     self.sizes.serve_seconds)

    def theirs(self):
        server, load = self.peer
        warm(self.files)
        with server:
            return load.for_seconds(server.process.pid, self.connections,
                                    self.sizes.serve_seconds)


class ServeLargeRow(ServeCachedRow):
    def room(self):
        return 2 * self.sizes.serve_files * self.sizes.serve_file_bytes

    def make(self, folder):
        return large_files(folder, self.sizes.serve_files, self.sizes.serve_file_bytes)


class ServeLargeTo1(ServeLargeRow):
    name, connections = 'serve-large-1', 1
    title = 'serve cached files of 256 MiB on 1 connection, one server core'


class ServeLargeTo16(ServeLargeRow):
    name, connections = 'serve-large-16', 16
    title = 'serve cached files of 256 MiB on 16 connections, one server core'


class ServeLargeTo64(ServeLargeRow):
    name, connections = 'serve-large-64', 64
    title = 'serve cached files of 256 MiB on 64 connections, one server core'


class ServeSmallRow(ServeCachedRow):
    unit = 'requests'
    file_bytes = 0

    def make(self, folder):
        return equal_files(folder, self.sizes.serve_small_files, self.file_bytes)


class Serve64k(ServeSmallRow):
    name, file_bytes = 'serve-64k', 64 * KIB
    title = 'serve 256 cached files of 64 KiB, 64 connections kept alive, one server core'


class Serve4k(ServeSmallRow):
    name, file_bytes = 'serve-4k', 4 * KIB
    title = 'serve 256 cached files of 4 KiB, 64 connections kept alive, one server core'


class ServeFair(ServeLargeRow):
    name = 'serve-fair'
    title = 'serve a fast client beside ten that take 1 Mb/s each, one server core'
    fairness = ('The same client fetches the same cached files from the same daemon, alone and '
                'beside ten connections that take 125,000 bytes a second each, out of receive '
                'buffers of 64 KiB.')

    def prepare(self):
        ServeRow.prepare(self)

    def contenders(self):
        return {BESIDE_SLOW: lambda: self.fetch('--slow', SLOW), ALONE: self.fetch}

    def settings(self):
        return {BESIDE_SLOW: 'ordinary settings, all its threads on one core', ALONE: 'the same'}

    def fetch(self, *how):
        warm(self.files)
        return self.load.measure(self.site.process.pid, 1, '--seconds', self.sizes.serve_seconds,
                                 *how)


class ServeBeside(Serve64k):
    """The 99th percentile of the same client, alone and beside what a row makes of `beside`."""
    disturbance = ''

    def prepare(self):
        ServeRow.prepare(self)

    def contenders(self):
        return {self.disturbance: self.beside, ALONE: self.alone}

    def settings(self):
        return {self.disturbance: 'ordinary settings, all its threads on one core',
                ALONE: 'the same'}

    def alone(self):
        warm(self.files)
        return self.fetch()

    def fetch(self):
        return self.load.for_seconds(self.site.process.pid, self.connections,
                                     self.sizes.serve_seconds,
                                     '--settle', self.sizes.settle_seconds)


class ServeStopped(ServeBeside):
    disturbance = BESIDE_STOPPED
    name = 'serve-stopped'
    title = 'serve 256 cached files of 64 KiB beside ten readers that stopped, one server core'
    fairness = ('The same client fetches the same cached files from the same daemon, alone and '
                'beside ten connections that asked for 32 of them each and read nothing. '
                'Compared is the 99th percentile of the times of the answers (p99_ms), round '
                'by round: the median of their ratios.')

    def beside(self):
        with contextlib.ExitStack() as readers:
            for _ in range(STOPPED):
                readers.enter_context(self.stopped_reader())
            return self.alone()

    def stopped_reader(self):
        """Reads until the first answer begins, and no more."""
        path = urllib.parse.quote(f'/content/{self.package}.1/{self.names[0]}')
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(('127.0.0.1', self.site.content_port))
        reader.sendall(f'GET {path} HTTP/1.1\r\nHost: site\r\n\r\n'.encode() * 32)
        reader.recv(1)
        return reader


class ValidateQuiet(ServeBeside):
    disturbance = BESIDE_VALIDATION
    rounds_times = 16  # a 99th percentile scatters by a sixth, and the bound is a twentieth
    minutes = 8
    name = 'validate-quiet'
    title = 'serve 256 cached files of 64 KiB while a validation at lowest priority runs'
    fairness = ('The same client and files; beside them the daemon validates another package, '
                'cold, until the client has ended. It has the machine to itself until the client '
                'begins, so what is asked for in the first tenth of a second has no time. '
                'Compared is the 99th percentile of the times of the answers (p99_ms), round by '
                'round: the median of their ratios.')

    def room(self):
        return 2 * self.sizes.quiet_bytes

    def prepare(self):
        super().prepare()
        folder = self.stage.sources / 'validated'
        large_files(folder, 1, self.sizes.quiet_bytes, seed=9)
        self.validated = self.stage.package(folder)
        served = set(self.files)
        self.cold = [path for path in library_files(self.site) if path not in served]
        self.stage.remove(folder)

    def beside(self):
        chill(self.cold)
        warm(self.files)
        began = self.site.sluice('validate', self.validated, '--dp', 'site', '--priority', 'lowest')
        sample = self.fetch()
        self.finish(began['items'][0]['cycle'])
        return sample

    def finish(self, cycle):
        """Waits for the rest of the validation, which nobody disturbs now."""
        shown = self.site.sluice('validate', '--show', cycle)['items'][0]
        if shown['state'] != 'running' and not self.stage.smoke:
            raise RuntimeError(f'the validation was {shown["state"]} before the client had ended')
        self.site.sluice('validate', '--show', cycle, '--wait', patience=PATIENCE)


ROWS = (ValidateQuiet, ServeLargeTo1, ServeLargeTo16, ServeLargeTo64, Serve64k, Serve4k,
        ServeFair, ServeStopped)
