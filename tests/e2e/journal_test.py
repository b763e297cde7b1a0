"""The fields of a line in the journal, with a stand-in for journald in a mount namespace."""

import os
import pathlib
import socket
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sluice_e2e import Workplace  # noqa: E402

MOUNTING = ('unshare', '--mount') + (() if os.getuid() == 0 else ('--map-root-user',))
INSIDE = '--inside'
JOURNAL = pathlib.Path('/run/systemd/journal/socket')


def can_mount():
    return subprocess.run([*MOUNTING, 'mount', '-t', 'tmpfs', 'none', '/run'], check=False,
                          capture_output=True).returncode == 0


def fields_of(datagram):
    """Of the native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): no value here has a newline."""
    return dict(line.split('=', 1) for line in datagram.decode().splitlines())


class JournalTest(unittest.TestCase):
    # M11
    def test_a_line_has_its_component_and_priority_as_fields(self):
        subprocess.run(['mount', '-t', 'tmpfs', 'none', '/run'], check=True)
        JOURNAL.parent.mkdir(parents=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal, Workplace() as place:
            journal.bind(str(JOURNAL))
            journal.settimeout(20)
            journal.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            place.start_site('site', [place.folder], environment={'JOURNAL_STREAM': '1:1'})
            lines = []
            while not any('serves content at' in line.get('MESSAGE', '') for line in lines):
                lines.append(fields_of(journal.recv(65536)))
            for line in lines:
                self.assertEqual(line['SYSLOG_IDENTIFIER'], 'sluiced')
                self.assertTrue(line['MESSAGE'].startswith(line['SLUICE_COMPONENT'] + ': '), line)
                self.assertIn(line['PRIORITY'], '3467')
                self.assertNotIn('CODE_FILE', line)


if __name__ == '__main__':
    if INSIDE in sys.argv:
        sys.argv.remove(INSIDE)
        unittest.main()
    elif not can_mount():
        print('skipped: no file system can be mounted here')
        sys.exit(77)
    else:
        os.execvp('unshare', [*MOUNTING, sys.executable, __file__, INSIDE])
