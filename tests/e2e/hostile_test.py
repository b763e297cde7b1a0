"""Hostile bytes on every socket: a refusal, bounded memory, a line in the log, and it goes on."""

import pathlib
import random
import socket
import struct
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import MIB  # noqa: E402
from sluice_e2e import Workplace, wait_for  # noqa: E402

SEED = 8211
MEMORY_MAX = 128 * MIB
HEAD_DEADLINE = 10.0
THRIFT_CALL = b'\x80\x01\x00\x01\x00\x00\x00\x06notify\x00\x00\x00\x01'  # binary protocol, strict


def list_bomb():
    """Nine bytes that announce a list of 20,000,000 elements, as a framed call."""
    body = THRIFT_CALL + b'\x0f\x00\x01' + b'\x0b' + struct.pack('>i', 20_000_000) + b'\x00'
    return struct.pack('>i', len(body)) + body


class HostileTest(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(Workplace())
        roots = self.place.folder / 'sources'
        (roots / 'one').mkdir(parents=True)
        (roots / 'one' / 'file').write_bytes(b'content')
        (self.place.folder / 'secret').write_bytes(b'secret of the node')
        self.site = self.place.start_site('site', [roots])
        self.package = self.site.add_package(roots / 'one')
        self.site.distribute(self.package, 'site')
        self.site.wait_for_success(self.package, 'site')

    def tearDown(self):
        self.assertTrue(self.site.alive, self.site.log()[-2000:])
        self.assertEqual(self.site.fetch(self.site.content_path(self.package, 'file')), b'content')
        self.assertTrue(self.site.sluice('package', 'list')['items'])
        self.assertLess(self.site.memory()[1], MEMORY_MAX)

    def sockets(self):
        """Every way in: (name, function that connects)."""
        ready = self.site.ready
        for name in ('content_port', 'control_port', 'management_point_port', 'observation_port'):
            if ready[name]:
                yield name, lambda port=ready[name]: socket.create_connection(
                    ('127.0.0.1', port), timeout=30)
        for name in ('admin_socket', 'node_socket'):
            if ready[name]:
                yield name, lambda path=ready[name]: connect_unix(path)

    def say(self, connect, data):
        """Sends `data` and returns what comes back until the other side closes."""
        with connect() as peer:
            try:
                peer.sendall(data)
                peer.shutdown(socket.SHUT_WR)
                answer = b''
                while part := peer.recv(65536):
                    answer += part
                return answer
            except OSError:  # closed at once: that is an answer too
                return b''

    def test_random_bytes(self):
        print('seed', SEED)
        chance = random.Random(SEED)
        for name, connect in self.sockets():
            for _ in range(50):
                with self.subTest(name):
                    self.say(connect, chance.randbytes(chance.randrange(1, 20_000)))

    def test_a_frame_of_two_gigabytes_and_a_list_bomb(self):
        lines = len(self.site.log().splitlines())
        for name, connect in self.sockets():
            for data in (b'\x7f\xff\xff\xff' + b'x' * 1000, list_bomb(), list_bomb()[4:]):
                with self.subTest(name):
                    self.say(connect, data)
        wait_for(lambda: len(self.site.log().splitlines()) > lines, 'the log tells of it')

    def test_slow_heads_are_cut_off(self):
        with socket.create_connection(('127.0.0.1', self.site.content_port), timeout=60) as peer:
            peer.sendall(b'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ')
            peer.settimeout(HEAD_DEADLINE + 20)
            while peer.recv(4096):  # an answer, 408 for example, and then the end
                pass

    def test_paths_that_leave_the_content(self):
        up = ('..', '%2e%2e', '%2E.', '.%2e', '..%2f', '..%5c', '%252e%252e', '%c0%ae%c0%ae',
              '..\\', '%00..', '....//')
        prefixes = [f'/content/{self.package}.1/', '/content/', f'/file/{self.package}.1/',
                    f'/manifest/{self.package}.1/', f'/pieces/{self.package}.1/', '/']
        for prefix in prefixes:
            for step in up:
                for target in ('secret', 'etc/passwd', 'site/log'):
                    path = prefix + (step + '/') * 8 + target
                    request = f'GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
                    answer = self.say(lambda: socket.create_connection(
                        ('127.0.0.1', self.site.content_port), timeout=30), request.encode())
                    with self.subTest(path):
                        self.assertRegex(answer, rb'^HTTP/1\.1 4\d\d ')


def connect_unix(path):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(30)
    peer.connect(path)
    return peer


if __name__ == '__main__':
    unittest.main()
