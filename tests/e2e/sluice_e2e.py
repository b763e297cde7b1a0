"""Real sluiced processes on loopback, and real sluice commands against them.

    with Workplace('build') as place:
        site = place.start_site('site', source_roots=[folder])
        dp1 = place.start_distribution_point('dp1', site)
        site.add_distribution_point(dp1, sources=['site:1'])
        package = site.add_package(folder)
        site.distribute(package, 'site', 'dp1')
        site.wait_for_success(package, 'dp1')

Every process, folder and relay is gone when the `with` ends, however it ends.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from relay import Relay  # noqa: E402

PATIENCE = 60.0  # seconds that any wait may take unless it says otherwise
ADDRESS_TAKEN = 5  # sluiced's exit code


def long_run():
    """True in `./dev test --long`: full sizes, all repetitions."""
    return os.environ.get('SLUICE_LONG') == '1'


def wait_for(condition, what, patience=PATIENCE, interval=0.02):
    """Calls `condition` until it returns something true, and returns that."""
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f'waited {patience:.0f} s in vain: {what}')
        time.sleep(interval)  # tidy: bounded poll


class CommandFailed(AssertionError):
    def __init__(self, arguments, code, answer, text):
        super().__init__(f'sluice {" ".join(arguments)} ended with {code}: {text.strip()}')
        self.code, self.answer, self.text = code, answer, text


class Workplace:
    """A temporary folder, and everything that was started in it."""

    def __init__(self, build=None, beneath=None):
        self.build = pathlib.Path(build or os.environ['SLUICE_BUILD']).resolve()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='sluice-', dir=beneath))
        self.nodes, self.relays = [], []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind and issubclass(kind, Exception):
            for node in self.nodes:
                print(f'--- end of the log of {node.name}\n{node.log()[-4000:]}', file=sys.stderr)
        self.close()

    def close(self):
        for node in self.nodes:
            node.ask_to_stop()
        for node in reversed(self.nodes):
            node.end()
        for relay in self.relays:
            relay.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def relay(self, rate=None):
        self.relays.append(Relay(rate=rate))
        return self.relays[-1]

    def start_site(self, name='site', source_roots=(), code='PKG', admin=None, **more):
        """A site server with its own distribution point. `admin` names its socket: a second site
        needs another."""
        settings = {'site': {'code': code, 'source_roots': [str(root) for root in source_roots],
                             'listen': '127.0.0.1:0',
                             'admin_socket': str(self.folder / (admin or 'admin'))}}
        return self._start(Site(self, name, settings, **more))

    def start_distribution_point(self, name, site, relay=None, contact=None, **more):
        """A distribution point of `site`; others reach its content through `relay`, if given."""
        settings = {'site': f'127.0.0.1:{site.ready["management_point_port"]}'}
        if contact:
            settings['contact'] = contact
        return self._start(Node(self, name, {'distribution_point': settings}, relay, **more))

    def _start(self, node):
        self.nodes.append(node)
        node.start()
        return node


class Node:
    """One sluiced. Ports are free ones at the first start and stay the same after it."""

    def __init__(self, place, name, settings, relay=None, environment=None, launcher=()):
        self.place, self.name, self.relay, self.launcher = place, name, relay, launcher
        self.folder = place.folder / name
        self.folder.mkdir()
        self.library = self.folder / 'library'
        self.environment = {**os.environ, **(environment or {})}
        self.settings = {
            'node': {'name': name, 'state': str(self.folder), 'library': str(self.library),
                     'node_socket': str(self.folder / 'socket'), 'observation': '127.0.0.1:0'},
            **settings}
        point = self.settings.setdefault('distribution_point', {})
        point.update({'listen': '127.0.0.1:0', 'anonymous_access': True})
        self.outbound = point.get('contact') == 'outbound'
        if not self.outbound:
            point['control'] = '127.0.0.1:0'
        if relay:
            point['content_address'] = relay.address
        self.process, self.ready = None, {}

    # Life ------------------------------------------------------------------------------------
    def start(self, patience=PATIENCE):
        """Starts the process and waits until it serves."""
        deadline = time.monotonic() + patience
        wait_for(lambda: self._try_start(deadline), f'{self.name} is ready', patience)
        self._keep_ports()
        if self.relay:
            self.relay.target = ('127.0.0.1', self.content_port)

    def _try_start(self, deadline):
        ready_file, config = self.folder / 'ready', self.folder / 'sluiced.toml'
        ready_file.unlink(missing_ok=True)
        config.write_text(toml(self.settings), encoding='utf-8')
        with open(self.folder / 'log', 'ab') as log:
            self.process = subprocess.Popen(
                [*self.launcher, self.place.build / 'apps' / 'sluiced', '--config', config,
                 '--ready-file', ready_file],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                start_new_session=True, preexec_fn=die_with_parent)
        wait_for(lambda: ready_file.exists() or self.process.poll() is not None,
                 f'{self.name} is ready or gives up', max(1.0, deadline - time.monotonic()))
        if self.process.poll() == ADDRESS_TAKEN:  # a moment after its predecessor was killed
            return False
        if self.process.poll() is not None:
            raise AssertionError(f'{self.name} ended with {self.process.returncode}:\n'
                                 f'{self.log()[-4000:]}')
        self.ready = json.loads(ready_file.read_text(encoding='utf-8'))
        return True

    def _keep_ports(self):
        point = self.settings['distribution_point']
        point['listen'] = f'127.0.0.1:{self.ready["content_port"]}'
        if not self.outbound:
            point['control'] = f'127.0.0.1:{self.ready["control_port"]}'
        self.settings['node']['observation'] = f'127.0.0.1:{self.ready["observation_port"]}'
        if 'site' in self.settings:
            port = self.ready['management_point_port']
            self.settings['site']['listen'] = f'127.0.0.1:{port}'

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self):
        if self.alive:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, patience=20.0):
        """Drains; fails if the node does not end by itself, or with another code than 0."""
        self.ask_to_stop()
        code = self.process.wait(patience)
        assert code == 0, f'{self.name} ended with {code}:\n{self.log()[-4000:]}'

    def end(self, patience=10.0):
        """Ends it, whatever it takes."""
        if self.process is None:
            return
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def restart(self):
        if self.alive:
            self.stop()
        self.start()

    @property
    def control_address(self):
        return 'outbound' if self.outbound else f'127.0.0.1:{self.ready["control_port"]}'

    # Questions ---------------------------------------------------------------------------------
    @property
    def content_port(self):
        return self.ready['content_port']

    @property
    def content_url(self):
        return f'http://127.0.0.1:{self.content_port}'

    def content_path(self, package, path, version=1):
        return f'{self.content_url}/content/{package}.{version}/{urllib.parse.quote(path)}'

    def fetch(self, url):
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read()

    def log(self):
        return (self.folder / 'log').read_text(encoding='utf-8', errors='replace')

    def memory(self):
        """(resident now, most ever) in bytes."""
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text(encoding='ascii')
        rows = dict(line.split(':', 1) for line in status.splitlines())
        return tuple(int(rows[row].split()[0]) * 1024 for row in ('VmRSS', 'VmHWM'))

    def files_in_library(self):
        """Names in filelib, without piece layers."""
        return sorted(path.name for path in (self.library / 'filelib').glob('*/*')
                      if not path.name.endswith('.pieces'))

    def sluice_here(self, *arguments, **more):
        """`sluice --node ...` on this node."""
        return self._run('--node', '--socket', self.ready['node_socket'], *arguments, **more)

    def jobs(self):
        return self.sluice_here('status')['items'][0]['jobs']

    def _run(self, *arguments, patience=PATIENCE, check=True):
        ran = subprocess.run(
            [self.place.build / 'apps' / 'sluice', *arguments, '--json'],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=patience,
            preexec_fn=die_with_parent)
        try:
            answer = json.loads(ran.stdout)
        except ValueError:
            answer = {}
        if check and ran.returncode:
            raise CommandFailed(arguments, ran.returncode, answer, ran.stderr + ran.stdout)
        return answer


class Site(Node):
    """The site server, and what an operator does there."""

    def sluice(self, *arguments, **more):
        return self._run('--socket', self.ready['admin_socket'], *map(str, arguments), **more)

    def add_package(self, folder, name='', patience=600.0):
        """Returns the PackageID."""
        named = ('--name', name) if name else ()
        return self.sluice('package', 'add', folder, *named, patience=patience)['items'][0]['id']

    def add_distribution_point(self, node, sources):
        """`sources` as NAME:PRIORITY."""
        choices = [word for source in sources for word in ('--source', source)]
        self.sluice('dp', 'add', node.name, '--address', node.control_address, '--mode', 'pull',
                    *choices)

    def add_standard_distribution_point(self, node):
        self.sluice('dp', 'add', node.name, '--address', node.control_address, '--mode',
                    'standard')

    def text_of(self, *arguments):
        """What an operator reads on a terminal."""
        ran = subprocess.run([self.place.build / 'apps' / 'sluice', '--socket',
                              self.ready['admin_socket'], *arguments],
                             stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=PATIENCE, check=True, preexec_fn=die_with_parent)
        return ran.stdout

    def distribute(self, package, *names):
        return self.sluice('distribute', package, '--dp', *names)

    def rows(self, package=None):
        """The rows of `sluice status`, by (PackageID, distribution point)."""
        chosen = (package,) if package else ()
        return {(row['package'], row['distribution_point']): row
                for row in self.sluice('status', *chosen)['items']}

    def row(self, package, name):
        return self.rows(package).get((package, name), {})

    def wait_for_success(self, package, name, patience=PATIENCE):
        """Returns the row once the site knows that the package is there."""
        last = {}

        def succeeded():
            last.update(self.row(package, name))
            return last.get('bucket') == 'success'

        try:
            wait_for(succeeded, f'{package} on {name}', patience, interval=0.1)
        except AssertionError as late:
            raise AssertionError(f'{late}; last row: {json.dumps(last)}') from None
        return last

    def why(self, package, name):
        return self.sluice('why', package, '--dp', name)['items'][0]

    def messages(self, last=1000):
        return self.sluice('messages', '--last', last)['items']


def toml(settings):
    lines = []
    for section, pairs in settings.items():
        lines.append(f'[{section}]')
        lines += [f'{key} = {json.dumps(value)}' for key, value in pairs.items()]
    return '\n'.join(lines) + '\n'


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
