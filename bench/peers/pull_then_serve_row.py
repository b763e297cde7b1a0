"""A package arrives, and many clients want it at once, before anything is warm."""

from cold import Residency, chill
from folders import large_files
from serve_cached_rows import ServeRow
from load import SERVER_CORE
from servers import AIO, SENDFILE
from targets import NGINX

KINDS = {NGINX: SENDFILE, 'nginx, aio threads': AIO}


class PullThenServeRow(ServeRow):
    name = 'pull-then-serve'
    minutes = 2
    title = 'pull 256 MiB, then 64 clients fetch it at once, one server core'
    fairness = ('Measured is the fetching. Ours begins with whatever the pull left in the cache, '
                'as it is in life ("before"); nginx serves the same files of the same library, '
                'dropped and proved cold. nginx gets the better of two ways.')

    def room(self):
        return 3 * self.sizes.shared_files * self.sizes.shared_file_bytes

    def make(self, folder):
        return large_files(folder, self.sizes.shared_files, self.sizes.shared_file_bytes)

    takes_turns = False  # ours begins with what the pull left: nobody reads the files before it

    def prepare(self):
        super().prepare()
        self.in_site = self.files
        # A link that leads to the library of this round's distribution point.
        self.root = self.stage.folder / 'pulled'
        self.peers = {name: self.nginx(f'nginx-{number}', sending, root=self.root)
                      for number, (name, sending) in enumerate(KINDS.items())}

    def begin_round(self, number):
        self.node = self.stage.start_point(core=SERVER_CORE)
        self.stage.pull(self.package, self.node)
        self.root.unlink(missing_ok=True)
        self.root.symlink_to(self.node.library / 'filelib')
        self.files = [self.root / path.parent.name / path.name for path in self.in_site]

    def end_round(self):
        self.stage.end_node(self.node)

    def contenders(self):
        return {'sluice': self.ours,
                **{name: lambda name=name: self.theirs(*self.peers[name]) for name in KINDS}}

    def settings(self):
        return {'sluice': 'ordinary settings, all its threads on one core',
                **{name: server.settings for name, (server, _) in self.peers.items()}}

    def fetch(self, process_id, load, before):
        sample = load.once(process_id, self.sizes.shared_clients)
        sample.notes['before'] = before
        return sample

    def ours(self):
        return self.fetch(self.node.process.pid, self.load_of(self.node),
                          str(Residency(self.files)))

    def theirs(self, server, load):
        with server:
            return self.fetch(server.process.pid, load,
                              str(chill(self.files, drop_caches=not self.stage.smoke)))


ROWS = (PullThenServeRow,)
