"""Pulling and serving by real daemons, beside what an administrator would use instead, in one run.

    pull   2 GiB from a site's distribution point, verified and durable
           beside curl, then openssl dgst -sha256, then sync, of the same bytes from the same source
    serve  one large file from the page cache
           beside nginx with sendfile, of the same file

Prints rates, ratios and CPU seconds per GiB of every process in it; with full sizes it fails when
a ratio is less than what we promise.
"""

import argparse
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'tests' / 'e2e'))
from content import MIB, large_file  # noqa: E402
from sluice_e2e import Workplace, die_with_parent, wait_for  # noqa: E402

PULL_RATIO, SERVE_RATIO = 3.0, 0.8
GIB = 1024 * MIB
TICKS = os.sysconf('SC_CLK_TCK')
NGINX = '''daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{ }}
http {{ access_log off; sendfile on; tcp_nopush on; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; }} }}
'''


def cpu_of(process_id):
    text = pathlib.Path(f'/proc/{process_id}/stat').read_text(encoding='ascii')
    user, system = text.rsplit(')', 1)[1].split()[11:13]
    return (int(user) + int(system)) / TICKS


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)


class Measure:
    """Rates of one way of doing it, over several rounds."""

    def __init__(self, name):
        self.name, self.rates, self.costs = name, [], []

    def add(self, size, seconds, cpu):
        self.rates.append(size / seconds)
        self.costs.append(cpu / (size / GIB))

    @property
    def rate(self):
        return statistics.median(self.rates)

    def say(self):
        print(f'  {self.name:<32} {self.rate / 1e9:6.2f} GB/s   '
              f'{statistics.median(self.costs):5.2f} CPU s/GiB   ({len(self.rates)} rounds)')


class Bench:
    def __init__(self, place, size, rounds):
        self.place, self.size, self.rounds = place, size, rounds
        self.sources = place.folder / 'sources'
        self.site = place.start_site('site', [self.sources])
        self.node = place.start_distribution_point('dp1', self.site)
        self.site.add_distribution_point(self.node, ['site:1'])
        self.served = None

    def package(self, number):
        """A package of one file that no other round has, on the site's distribution point."""
        folder = self.sources / str(number)
        large_file(folder / 'large.bin', self.size - number)
        package = self.site.add_package(folder)
        shutil.rmtree(folder)
        self.site.distribute(package, 'site')
        self.site.wait_for_success(package, 'site', patience=600)
        return package

    def pull(self):
        ours, theirs = Measure('sluice'), Measure('curl + openssl dgst + sync')
        for number in range(self.rounds):
            package = self.package(number)
            self.served = self.site.content_path(package, 'large.bin')
            self.pull_with_peer(theirs)
            began = time.monotonic(), cpu_of(self.node.process.pid)
            self.site.distribute(package, 'dp1')
            wait_for(lambda: self.site.row(package, 'dp1').get('bucket') == 'success',
                     'the pull', 600)
            ours.add(self.size - number, time.monotonic() - began[0],
                     cpu_of(self.node.process.pid) - began[1])
        return ours, theirs

    def pull_with_peer(self, measure):
        target = self.place.folder / 'fetched'
        began = time.monotonic(), cpu_of_children()
        run('curl', '-sSf', '-o', target, self.served)
        run('openssl', 'dgst', '-sha256', target)
        run('sync', target)
        measure.add(target.stat().st_size, time.monotonic() - began[0],
                    cpu_of_children() - began[1])
        target.unlink()

    def serve(self):
        ours, theirs = Measure('sluice'), Measure('nginx, sendfile')
        with Nginx(self.place.folder / 'nginx', self.site.library / 'filelib') as nginx:
            size = self.size - self.rounds + 1  # of the last round's package
            name = next(name for name in self.site.files_in_library() if name.endswith(f'.{size}'))
            self.warm(self.site.library / 'filelib' / name[:4] / name)
            for _ in range(self.rounds * 3):
                for measure, process, source in (
                        (ours, self.site.process, self.served),
                        (theirs, nginx.process, f'{nginx.url}/{name[:4]}/{name}')):
                    began = time.monotonic(), cpu_of(process.pid)
                    run('curl', '-sSf', '-o', '/dev/null', source)
                    measure.add(size, time.monotonic() - began[0],
                                cpu_of(process.pid) - began[1])
        return ours, theirs

    @staticmethod
    def warm(path):
        with open(path, 'rb') as stream:
            while stream.read(MIB):
                pass


class Nginx:
    """nginx with sendfile over the files of a library, on a port that was free a moment ago."""

    def __init__(self, folder, root):
        folder.mkdir()
        with socket.create_server(('127.0.0.1', 0)) as chosen:
            self.port = chosen.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}'
        config = folder / 'nginx.conf'
        config.write_text(NGINX.format(folder=folder, root=root, port=self.port), encoding='utf-8')
        self.process = subprocess.Popen(['nginx', '-p', folder, '-c', config],
                                        stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)

    def __enter__(self):
        wait_for(self.answers, 'nginx is ready')
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0


def report(name, ours, theirs, promised):
    ratio = ours.rate / theirs.rate
    print(name)
    ours.say()
    theirs.say()
    print(f'  ratio {ratio:.2f}, promised {promised}')
    return ratio >= promised


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    options.add_argument('--build', help='the build folder; SLUICE_BUILD when not given')
    options.add_argument('--mebibytes', type=int, default=2048)
    options.add_argument('--rounds', type=int, default=3)
    options.add_argument('--smoke', action='store_true', help='a small size; promises nothing')
    given = options.parse_args()
    if given.smoke:
        given.mebibytes, given.rounds = 32, 1
    congestion = pathlib.Path('/proc/sys/net/ipv4/tcp_congestion_control').read_text().strip()
    print(f'{given.mebibytes} MiB, {os.cpu_count()} cores, congestion control {congestion}')
    with Workplace(given.build) as place:
        bench = Bench(place, given.mebibytes * MIB, given.rounds)
        holds = [report('pull, verified and durable', *bench.pull(), PULL_RATIO),
                 report('serve from the page cache', *bench.serve(), SERVE_RATIO)]
    return 0 if given.smoke or all(holds) else 1


if __name__ == '__main__':
    sys.exit(main())
