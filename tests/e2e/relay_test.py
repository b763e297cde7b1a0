"""The relay does what tests rely on: it is checked against a server of the standard library."""

import http.server
import pathlib
import re
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from relay import Relay  # noqa: E402

CONTENT = bytes(i % 251 for i in range(1_000_000))


class Source(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        wanted = re.fullmatch(r'bytes=(\d+)-(\d+)', self.headers.get('Range', ''))
        first, last = map(int, wanted.groups()) if wanted else (0, len(CONTENT) - 1)
        self.send_response(206 if wanted else 200)
        self.send_header('Content-Length', str(last - first + 1))
        if wanted:
            self.send_header('Content-Range', f'bytes {first}-{last}/{len(CONTENT)}')
        self.end_headers()
        if self.command == 'GET':
            self.wfile.write(CONTENT[first:last + 1])

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class RelayTest(unittest.TestCase):
    def setUp(self):
        self.source = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Source)
        self.source.daemon_threads = True
        threading.Thread(target=self.source.serve_forever, daemon=True).start()
        self.relay = Relay(self.source.server_address)

    def tearDown(self):
        self.relay.close()
        self.source.shutdown()
        self.source.server_close()

    def get(self, path, wanted=None, method='GET'):
        request = urllib.request.Request(f'http://{self.relay.address}{path}', method=method)
        if wanted:
            request.add_header('Range', f'bytes={wanted}')
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def test_bytes_pass_unchanged_and_are_counted_by_kind(self):
        self.assertEqual(self.get('/file/a', '500000-599999'), CONTENT[500_000:600_000])
        self.assertEqual(self.get('/manifest/b'), CONTENT)
        self.assertEqual(self.get('/file/a', method='HEAD'), b'')
        self.assertEqual(self.relay.bytes_of('file'), 100_000)
        self.assertEqual(self.relay.bytes_of('manifest'), len(CONTENT))
        self.assertEqual([(one.method, one.range) for one in self.relay.requests_of('file')],
                         [('GET', 'bytes=500000-599999'), ('HEAD', '')])

    def test_one_bit_of_a_byte_of_the_file_is_flipped_once(self):
        self.relay.flip_bit('file', 550_000)
        damaged = bytearray(CONTENT[500_000:600_000])
        damaged[50_000] ^= 1
        self.assertEqual(self.get('/manifest/a', '500000-599999'), CONTENT[500_000:600_000])
        self.assertEqual(self.get('/file/a', '500000-599999'), bytes(damaged))
        self.assertEqual(self.get('/file/a', '500000-599999'), CONTENT[500_000:600_000])

    def test_a_paced_transfer_takes_its_time(self):
        self.relay.pace(2_000_000)
        began = time.monotonic()
        self.assertEqual(self.get('/file/a'), CONTENT)
        self.assertGreater(time.monotonic() - began, 0.4)  # 0.5 s less what may pass at once

    def test_a_cut_relay_refuses_until_it_is_mended(self):
        self.relay.cut()
        with self.assertRaises((urllib.error.URLError, ConnectionError)):
            self.get('/file/a')
        self.relay.mend()
        self.assertEqual(self.get('/file/a', '0-9'), CONTENT[:10])

    def test_a_cut_ends_what_is_under_way(self):
        self.relay.pace(500_000)
        timer = threading.Timer(0.2, self.relay.cut)
        timer.start()
        with self.assertRaises(Exception):
            self.get('/file/a')
        timer.join()
        self.assertLess(self.relay.bytes_of('file'), len(CONTENT))


if __name__ == '__main__':
    unittest.main()
