"""Validations: what is wrong on a distribution point is found, named, and fetched again."""

import contextlib
import http.client
import pathlib
import sqlite3
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import MIB, file_id, large_file, mixed_folder, wrong_files  # noqa: E402
from sluice_e2e import Workplace, wait_for  # noqa: E402

SIZE = 20 * MIB + 5
LONG = 96 * MIB  # at lowest, on a busy node, 24 s
INTEGRITY, NOT_FOUND, UNREACHABLE = 9, 3, 8


class ValidateTest(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(Workplace())
        self.roots = self.place.folder / 'sources'
        self.large = file_id(large_file(self.roots / 'one' / 'large.bin', SIZE))
        mixed_folder(self.roots / 'one' / 'more')
        self.relay = self.place.relay()
        self.site = self.place.start_site('site', [self.roots], relay=self.relay)
        self.node = self.place.start_distribution_point('dp1', self.site)
        self.site.add_distribution_point(self.node, ['site:1'])
        self.package = self.add(self.roots / 'one')

    def add(self, folder):
        package = self.site.add_package(folder)
        self.site.distribute(package, 'site', 'dp1')
        for name in ('site', 'dp1'):
            self.site.wait_for_success(package, name)
        return package

    def validate(self, *words):
        """The rows by distribution point, and the exit code."""
        answer = self.site.sluice('validate', *words, '--priority', 'highest', '--wait',
                                  check=False)
        return {row['distribution_point']: row for row in answer['items']}, answer['code']

    def said(self, number, **more):
        return [message for message in self.site.messages() if message['id'] == number
                and all(message[key] == value for key, value in more.items())]

    def path(self, node, name):
        return node.library / 'filelib' / name[:2] / name

    def flip(self, node, name, offset):
        with open(self.path(node, name), 'r+b') as file:
            file.seek(offset)
            byte = file.read(1)
            file.seek(offset)
            file.write(bytes([byte[0] ^ 1]))

    def check_whole(self):
        self.site.wait_for_success(self.package, 'dp1')
        self.assertEqual(wrong_files(self.node), [])
        rows, code = self.validate(self.package, '--dp', 'dp1')
        self.assertEqual(code, 0, rows)
        self.assertEqual(rows['dp1']['findings'], [])

    def test_a_healthy_content_passes_and_nothing_changes(self):
        def seen():
            return {path: path.stat().st_mtime_ns for node in (self.site, self.node)
                    for path in node.library.glob('**/*') if path.is_file()}

        before, moved = seen(), len(self.relay.requests)
        rows, code = self.validate(self.package)
        self.assertEqual(code, 0, rows)
        for name in ('site', 'dp1'):
            self.assertEqual(rows[name]['state'], 'complete')
            self.assertEqual(rows[name]['passed'], 1)
            self.assertEqual(rows[name]['bytes_done'], rows[name]['bytes_total'])
            self.assertGreater(rows[name]['bytes_done'], SIZE)
            self.assertEqual(self.site.row(self.package, name)['state'], 'installed')
        self.assertEqual(seen(), before)
        self.assertEqual(len(self.relay.requests), moved)
        for number in (2380, 2381, 2384, 2386):
            wait_for(lambda number=number: self.said(number, system='dp1'), f'{number} of dp1')
            self.assertEqual(len(self.said(number, system='site')), 1)

    def served(self):
        """What dp1 gives of the large file; nothing when it refuses."""
        try:
            return self.node.fetch(self.node.content_path(self.package, 'large.bin'))
        except (OSError, http.client.HTTPException):
            return b''

    @contextlib.contextmanager
    def traffic(self):
        """dp1 is busy all the time, until it is killed or the block ends."""
        over = threading.Event()

        def fetch():
            while not over.is_set() and self.served():
                pass

        readers = [threading.Thread(target=fetch) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            yield
        finally:
            over.set()
            for reader in readers:
                reader.join()

    def test_one_flipped_byte_is_named_and_only_its_piece_travels_again(self):
        right = (self.roots / 'one' / 'large.bin').read_bytes()
        self.flip(self.node, self.large, 7 * MIB + 4711)
        self.assertNotEqual(self.served(), right)  # dp1 has it open now
        before = self.relay.bytes_of('file')
        rows, code = self.validate(self.package, '--dp', 'dp1')
        self.assertIn(self.served(), (b'', right))
        self.assertEqual(code, INTEGRITY)
        self.assertEqual(rows['dp1']['failed'], 1)
        self.assertTrue(any('large.bin' in text and '1 of its 21 pieces wrong: 7' in text
                            for text in rows['dp1']['findings']), rows)
        wait_for(lambda: self.said(2382), 'the damaged file is named')
        wait_for(lambda: self.said(2383), 'the package fails')
        wait_for(lambda: self.said(20003), 'the repair is told')
        self.assertEqual(self.said(20003)[0]['insertions'], [self.package, '1', 'site'])
        row = self.site.wait_for_success(self.package, 'dp1')
        self.assertEqual(row['bytes_transferred'], MIB)
        self.assertEqual(self.relay.bytes_of('file') - before, MIB)
        self.check_whole()

    def test_a_deleted_file_is_found_and_fetched_again(self):
        self.path(self.node, self.large).unlink()
        _, code = self.validate('--all', '--dp', 'dp1')
        self.assertEqual(code, INTEGRITY)
        wait_for(lambda: self.said(20003), 'the repair is told')
        self.assertEqual(self.said(2385)[0]['insertions'][3], 'large.bin')
        self.check_whole()

    def test_whatever_is_deleted_of_a_running_node_is_found_and_repaired(self):
        self.path(self.node, self.large).unlink()
        (self.node.library / 'datalib' / f'{self.package}.1').unlink()
        (self.node.library / 'pkglib' / self.package).unlink()
        with sqlite3.connect(self.node.folder / 'inventory.db') as index:
            index.execute('DELETE FROM content')
            index.execute('DELETE FROM file')
        index.close()
        rows, code = self.validate('--all', '--dp', 'dp1')
        self.assertEqual(code, INTEGRITY)
        self.assertEqual(rows['dp1']['mismatched'], 2)
        wait_for(lambda: self.said(20003), 'the repair is told')
        self.check_whole()
        self.assertTrue((self.node.library / 'pkglib' / self.package).exists())
        with sqlite3.connect(self.node.folder / 'inventory.db') as index:
            self.assertEqual(index.execute('SELECT content FROM content').fetchall(),
                             [(f'{self.package}.1',)])
        index.close()

    def test_the_same_of_a_node_that_was_down_meanwhile(self):
        self.node.stop()
        self.path(self.node, self.large).unlink()
        (self.node.library / 'datalib' / f'{self.package}.1').unlink()
        (self.node.library / 'pkglib' / self.package).unlink()
        for path in self.node.folder.glob('inventory.db*'):
            path.unlink()
        self.node.start()
        _, code = self.validate('--all', '--dp', 'dp1')
        self.assertEqual(code, INTEGRITY)
        wait_for(lambda: self.said(20003), 'the repair is told')
        self.check_whole()

    def test_an_empty_package_passes_with_no_byte(self):
        (self.roots / 'nothing').mkdir()
        package = self.add(self.roots / 'nothing')
        rows, code = self.validate(package)
        self.assertEqual(code, 0)
        self.assertEqual(rows['dp1']['passed'], 1)
        passed = wait_for(lambda: self.said(2384, system='dp1'), 'it passes')
        self.assertEqual(passed[0]['insertions'][4], '0')

    def test_the_site_itself_says_how_its_files_come_back(self):
        self.flip(self.site, self.large, 3 * MIB)
        _, code = self.validate(self.package, '--dp', 'site')
        self.assertEqual(code, INTEGRITY)
        row = self.site.row(self.package, 'site')
        self.assertEqual((row['state'], row['bucket']), ('install_failed', 'failed'))
        self.assertIn(f'sluice package add {self.roots}/one', row['reason'])
        self.site.add_package(self.roots / 'one')
        _, code = self.validate(self.package, '--dp', 'site')
        self.assertEqual(code, 0)
        self.assertEqual(self.site.row(self.package, 'site')['state'], 'installed')

    def test_what_cannot_be_asked_is_said(self):
        def code_of(*words):
            return self.site.sluice('validate', *words, check=False)['code']

        self.assertEqual(code_of('PKG000FF'), NOT_FOUND)
        self.assertEqual(code_of('--all', '--dp', 'dp9'), NOT_FOUND)
        self.assertEqual(code_of('--show', '0' * 32), NOT_FOUND)
        self.node.stop()
        self.assertEqual(code_of(self.package, '--dp', 'dp1'), UNREACHABLE)
        _, code = self.validate(self.package)
        self.assertEqual(code, 6)

    def test_a_cycle_that_its_node_did_not_survive_is_aborted(self):
        large_file(self.roots / 'two' / 'long.bin', LONG)
        self.add(self.roots / 'two')
        with self.traffic():
            begun = self.site.sluice('validate', '--all', '--dp', 'dp1', '--priority',
                                     'lowest')['items'][0]

            def shown(*states):
                return [row for row in self.site.sluice(
                    'validate', '--show', begun['cycle'], check=False)['items']
                    if row['state'] in states]

            wait_for(lambda: shown('running'), 'the cycle is under way')
            self.node.kill()
        self.node.start()
        rows = wait_for(lambda: shown('complete', 'aborted'), 'the cycle is over')
        self.assertEqual([row['state'] for row in rows], ['aborted'])
        self.assertEqual(self.site.row(self.package, 'dp1')['state'], 'installed')


if __name__ == '__main__':
    unittest.main()
