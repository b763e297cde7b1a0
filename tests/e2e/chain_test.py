"""A site, dp1 that pulls from it, dp2 that pulls from dp1 (priority 1) or the site (priority 2)."""

import pathlib
import signal
import socket
import subprocess
import sys
import unittest
import urllib.error
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import file_id, mixed_folder, wrong_files  # noqa: E402
from sluice_e2e import Workplace, wait_for  # noqa: E402


class StoppedReader:
    """A client that asks for more than any buffer takes, and never reads it."""

    def __init__(self, node, package, name):
        path = urllib.parse.urlsplit(node.content_path(package, name)).path
        request = f'GET {path} HTTP/1.1\r\nHost: site\r\n\r\n'.encode()
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(('127.0.0.1', node.content_port))
        self.socket.sendall(request * 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


class ChainTest(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(Workplace())
        self.roots = self.place.folder / 'sources'
        self.site_relay, self.first_relay = self.place.relay(), self.place.relay()
        self.site = self.place.start_site('site', [self.roots], relay=self.site_relay)
        self.first = self.place.start_distribution_point('dp1', self.site, self.first_relay)
        self.last = self.place.start_distribution_point('dp2', self.site)
        self.site.add_distribution_point(self.first, ['site:1'])
        self.site.add_distribution_point(self.last, ['dp1:1', 'site:2'])

    def package(self, name, to=('site', 'dp1'), **more):
        """Makes a folder, adds it, and sends it to `to`. Returns (PackageID, folder, files)."""
        folder = self.roots / name
        files = mixed_folder(folder, **more)
        package = self.site.add_package(folder, name)
        self.send(package, *to)
        return package, folder, files

    def send(self, package, *names):
        for name in names:
            self.site.distribute(package, name)
            self.site.wait_for_success(package, name)

    def bytes_moved(self):
        return self.site_relay.bytes_of('file') + self.first_relay.bytes_of('file')

    def compare(self, node, package, folder, files):
        for name in files:
            self.assertEqual(node.fetch(node.content_path(package, name)),
                             (folder / name).read_bytes(), name)

    def test_every_file_arrives_and_is_stored_once(self):
        one, one_folder, files = self.package('one', seed=1)
        two, two_folder, _ = self.package('two', seed=2)
        self.send(one, 'dp2')
        self.send(two, 'dp2')
        self.compare(self.last, one, one_folder, files)
        self.compare(self.last, two, two_folder, files)
        ids = {file_id(folder / name) for folder in (one_folder, two_folder) for name in files}
        self.assertEqual(wrong_files(self.last), [])
        names = [name for name in self.last.files_in_library() if not name.endswith('.0')]
        self.assertEqual(names, sorted(name for name in ids if not name.endswith('.0')))
        self.assertEqual(names.count(file_id(one_folder / 'shared.bin')), 1)

    def test_curl_wget_and_aria2c_fetch(self):
        package, folder, _ = self.package('one', to=('site', 'dp1', 'dp2'))
        name = 'several pieces'
        url, wanted = self.last.content_path(package, name), (folder / name).read_bytes()
        for program, *words in (('curl', '-sSfo', '{}', url), ('wget', '-qO', '{}', url),
                                ('aria2c', '-q', '-x4', '-k1M', '--file-allocation=none',
                                 '-d', str(self.place.folder), '-o', '{name}', url)):
            target = self.place.folder / f'by-{program}'
            command = [word.format(target, name=target.name) if '{' in word else word
                       for word in words]
            subprocess.run([program, *command], check=True, timeout=60, stdin=subprocess.DEVNULL)
            self.assertEqual(target.read_bytes(), wanted, program)

    def test_a_second_distribution_moves_no_content(self):
        package, _, _ = self.package('one', to=('site', 'dp1', 'dp2'))
        before = self.site_relay.bytes_of('file'), self.first_relay.bytes_of('file')
        self.send(package, 'dp1', 'dp2')
        after = self.site_relay.bytes_of('file'), self.first_relay.bytes_of('file')
        self.assertEqual(before, after)

    def test_an_update_moves_what_changed_and_the_former_version_stays_for_a_while(self):
        package, folder, _ = self.package('one', to=('site', 'dp1', 'dp2'))
        before = self.bytes_moved()
        (folder / 'one byte').write_bytes(b'more' * 250)
        (folder / 'several pieces').unlink()
        updated = self.site.sluice('update', package)['items'][0]
        self.assertEqual((updated['version'], updated['files_new'], updated['bytes_new']),
                         (2, 1, 1000))
        for name in ('site', 'dp1', 'dp2'):
            self.assertEqual(self.site.wait_for_success(package, name)['version'], 2)
        self.assertEqual(self.bytes_moved() - before, 2 * 1000)  # dp1 and dp2, each from a source
        for node in (self.site, self.first, self.last):
            self.assertEqual(node.fetch(node.content_path(package, 'one byte', 2)), b'more' * 250)
            self.assertEqual(node.fetch(node.content_path(package, 'one byte')), b'1')
        self.assertFalse(self.site.sluice('update', package)['items'][0]['changed'])
        self.site.sluice('package', 'remove', package)
        wait_for(lambda: not self.site.rows(), 'the removal')
        for node in (self.site, self.first, self.last):
            self.assertEqual(node.sluice_here('library')['items'][0]['contents'], 0, node.name)

    def test_what_was_not_distributed_here_is_not_served(self):
        package, _, _ = self.package('one')
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.last.fetch(self.last.content_path(package, 'empty'))
        refused.exception.close()
        self.assertEqual(refused.exception.code, 404)

    def test_the_second_takes_from_the_first(self):
        package, _, _ = self.package('one')
        before = self.site_relay.bytes_of('file')
        self.send(package, 'dp2')
        self.assertEqual(self.site_relay.bytes_of('file'), before)
        self.assertGreater(self.first_relay.bytes_of('file'), 0)

    def test_with_the_first_stopped_it_takes_from_the_site(self):
        package, folder, files = self.package('one')
        self.first.stop()
        before = self.site_relay.bytes_of('file')
        self.send(package, 'dp2')
        self.assertGreater(self.site_relay.bytes_of('file'), before)
        self.compare(self.last, package, folder, files)

    # R21
    def test_a_stopped_source_and_stopped_readers_hold_up_nobody_else(self):
        package, folder, files = self.package('one')
        for _ in range(20):
            reader = self.enterContext(StoppedReader(self.site, package, 'several pieces'))
            self.assertEqual(reader.socket.recv(1), b'H')
        self.first.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.first.process.send_signal, signal.SIGCONT)
        self.send(package, 'dp2')
        self.compare(self.last, package, folder, files)
        self.compare(self.site, package, folder, files)

    # A9
    def test_under_maintenance_no_client_is_served_and_nothing_is_pulled_from_there(self):
        package, folder, files = self.package('one')
        self.site.sluice('dp', 'set', 'dp1', '--maintenance', 'on')
        self.first.restart()  # it is told as it registers
        ready = f'http://{self.first.settings["node"]["observation"]}/readyz'
        for url in (ready, self.first.content_path(package, files[0])):
            wait_for(lambda url=url: self.status_of(url) == 503, f'{url} is withheld')
        before = self.first_relay.bytes_of('file')
        self.send(package, 'dp2')
        self.compare(self.last, package, folder, files)
        self.assertEqual(self.first_relay.bytes_of('file'), before)
        self.site.sluice('dp', 'set', 'dp1', '--maintenance', 'off')
        self.first.restart()
        wait_for(lambda: self.status_of(ready) == 200, 'it is ready again')
        self.compare(self.first, package, folder, files)

    # D11
    def test_usage_tells_who_was_given_content(self):
        package, folder, files = self.package('one')
        self.send(package, 'dp2')
        self.compare(self.first, package, folder, files[:3])

        def used(name):
            rows = self.site.sluice('usage', '--days', '1')['items']
            row = next(row for row in rows if row['distribution_point'] == name)
            return row['clients'], row['distribution_points']

        wait_for(lambda: used('dp1') == (1, 1), 'dp1 tells of its visitors', patience=150)
        wait_for(lambda: used('site') == (0, 1), 'the site has a visitor', patience=60)
        wait_for(lambda: used('dp2') == (0, 0), 'dp2 tells that nobody came', patience=60)

    def status_of(self, url):
        try:
            self.last.fetch(url)
            return 200
        except urllib.error.HTTPError as refused:
            return refused.code
        except OSError:
            return None

    def test_with_both_gone_it_waits_and_wakes_when_one_returns(self):
        package, _, _ = self.package('one')
        self.site_relay.cut()
        self.first.stop()
        self.site.distribute(package, 'dp2')

        def waiting():
            report = self.site.why(package, 'dp2')
            return report if report['next_time'] and 'source' in report['doing'] else None

        report = wait_for(waiting, 'why says that dp2 waits for a source, and until when')
        self.assertEqual({source['name'] for source in report['sources']}, {'dp1', 'site'})
        self.assertTrue(report['unblock'])
        self.assertEqual(self.site.row(package, 'dp2')['bucket'], 'in_progress')
        self.first.start()
        self.site.wait_for_success(package, 'dp2', patience=120)


if __name__ == '__main__':
    unittest.main()
