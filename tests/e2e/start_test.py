"""A daemon that cannot work does not start; one that is stuck does not say it is well."""

import ctypes
import os
import pathlib
import re
import socket
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sluice_e2e import ADDRESS_TAKEN, Workplace, wait_for  # noqa: E402

FAILED, USAGE = 1, 2
PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207
WAIT_FOR_THREADS = 0x40000000  # __WALL
NOT_WELL = 'has not answered'


class StoppedThread:
    """One thread of a process stands still."""

    def __init__(self, process, name):
        tasks = pathlib.Path(f'/proc/{process}/task')
        self.thread = next(int(task.name) for task in tasks.iterdir()
                           if (task / 'comm').read_text(encoding='ascii').strip() == name)
        self._trace(PTRACE_SEIZE)
        self._trace(PTRACE_INTERRUPT)
        os.waitpid(self.thread, WAIT_FOR_THREADS)

    def go_on(self):
        self._trace(PTRACE_DETACH)

    def _trace(self, request):
        library = ctypes.CDLL(None, use_errno=True)
        library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
        if library.ptrace(request, self.thread, None, None) < 0:
            raise OSError(ctypes.get_errno(), f'ptrace request {request:#x}')


class ServiceManager:
    """Hears what a daemon tells its service manager."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(self.path)

    def signs_of_life(self):
        """How many came since the last call."""
        count = 0
        while True:
            try:
                count += self.socket.recv(4096).startswith(b'WATCHDOG=1')
            except BlockingIOError:
                return count


class StartTest(unittest.TestCase):
    def refused(self, node, code):
        """Starts a daemon that gives up; what its log says."""
        with self.assertRaises(AssertionError):
            node.start(patience=10)
        self.assertEqual(node.process.poll(), code)
        return node.log()

    def test_a_second_daemon_on_a_content_port_is_refused_and_names_it(self):
        place = self.enterContext(Workplace())
        site = place.start_site('site', [place.folder])
        place.start_distribution_point('dp1', site)
        other = place.start_distribution_point('dp2', site)
        other.stop()
        other.settings['distribution_point']['listen'] = f'127.0.0.1:{site.content_port}'
        said = self.refused(other, ADDRESS_TAKEN)
        address = f'127.0.0.1:{site.content_port}'
        self.assertIn(f'cannot listen on {address}: Address already in use', said)
        observation = site.settings['node']['observation']
        self.assertEqual(site.fetch(f'http://{observation}/readyz'), b'ok\n')

    def test_a_site_that_cannot_begin_is_a_failed_start(self):
        place = self.enterContext(Workplace())
        site = place.start_site('site', [place.folder])
        site.stop()
        with sqlite3.connect(site.folder / 'site.db') as database:
            database.execute('DROP TABLE source')
        said = self.refused(site, FAILED)
        self.assertRegex(said, r'site database .*site\.db .*no such table')

    def test_what_the_kernel_offers_is_said_and_can_be_done_without(self):
        place = self.enterContext(Workplace())
        site = place.start_site('site', [place.folder],
                                environment={'SLUICE_IO_WITHOUT': 'cache_state,direct_files'})
        self.assertRegex(site.log(), r'io_uring: uses .*; does without .*cache_state, direct_files')
        site.stop()
        site.environment['SLUICE_IO_WITHOUT'] = 'sqpoll'
        self.assertIn("do without 'sqpoll'", self.refused(site, USAGE))

    def test_a_stuck_reactor_is_not_hidden_from_the_service_manager(self):
        place = self.enterContext(Workplace())
        manager = ServiceManager(place.folder / 'notify')
        self.addCleanup(manager.socket.close)
        told = {'NOTIFY_SOCKET': manager.path, 'WATCHDOG_USEC': '300000'}
        site = place.start_site('site', [place.folder], environment=told)
        wait_for(manager.signs_of_life, 'a sign of life')
        for name in ('serve', 'library'):
            before = len(re.findall(NOT_WELL, site.log()))
            stopped = StoppedThread(site.process.pid, name)
            wait_for(lambda: len(re.findall(NOT_WELL, site.log())) > before, 'it notices')
            manager.signs_of_life()
            wait_for(lambda: len(re.findall(NOT_WELL, site.log())) > before + 5, 'it notices on')
            self.assertEqual(manager.signs_of_life(), 0, name)
            stopped.go_on()
            wait_for(manager.signs_of_life, f'a sign of life after {name} goes on')


if __name__ == '__main__':
    unittest.main()
