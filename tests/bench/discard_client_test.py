"""discard_client counts what it was sent, and takes nothing that is not a whole right answer."""

import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
BODIES = {'/small': b's' * 10, '/empty': b'', '/large': b'l' * 3_000_000}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        if self.path == '/short':
            self.close_connection = True
            self.answer(200, b'half', said=8)
        elif self.path in BODIES:
            self.answer(200, BODIES[self.path])
        else:
            self.answer(404, b'no')

    def answer(self, status, body, said=None):
        self.send_response(status)
        self.send_header('Content-Length', str(len(body) if said is None else said))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that has seen enough hangs up


class DiscardClientTest(unittest.TestCase):
    def setUp(self):
        self.server = Server(('127.0.0.1', 0), Handler)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def run_client(self, paths, *words):
        with tempfile.NamedTemporaryFile('w') as listed:
            listed.write(''.join(f'{path}\n' for path in paths))
            listed.flush()
            return subprocess.run(
                [PROGRAM, '--address', f'127.0.0.1:{self.server.server_port}', '--paths',
                 listed.name, *words], capture_output=True, text=True, timeout=30)

    def test_every_connection_fetches_every_path_once(self):
        ran = self.run_client(BODIES, '--connections', '3', '--walks', '1')
        self.assertEqual(ran.returncode, 0, ran.stderr)
        answer = json.loads(ran.stdout)
        self.assertEqual((answer['requests'], answer['bytes']), (9, 3 * 3_000_010))
        self.assertLessEqual(answer['latency_p50'], answer['latency_p99'])

    def test_some_seconds_are_as_many_requests_as_fit(self):
        ran = self.run_client(['/small'], '--connections', '2', '--seconds', '0.2', '--spread')
        answer = json.loads(ran.stdout)
        self.assertGreaterEqual(answer['seconds'], 0.2)
        self.assertGreater(answer['requests'], 2)

    def test_what_is_asked_for_before_it_has_settled_has_no_time(self):
        ran = self.run_client(['/small'], '--connections', '1', '--walks', '2', '--settle', '60')
        answer = json.loads(ran.stdout)
        self.assertEqual((answer['requests'], answer['latency_p99']), (2, 0))

    def test_slow_clients_take_their_share_and_are_not_counted(self):
        ran = self.run_client(['/large'], '--connections', '1', '--seconds', '0.4', '--slow', '2')
        self.assertEqual(ran.returncode, 0, ran.stderr)
        answer = json.loads(ran.stdout)
        self.assertGreater(answer['slow_bytes'], 0)
        self.assertLessEqual(answer['slow_bytes'], 2 * 125_000 * (answer['seconds'] + 0.1))

    def test_an_answer_that_is_not_200_fails(self):
        ran = self.run_client(['/nothing'], '--connections', '1', '--walks', '1')
        self.assertEqual(ran.returncode, 1)
        self.assertIn('404', ran.stderr)

    def test_a_body_that_ends_early_fails(self):
        ran = self.run_client(['/short'], '--connections', '1', '--walks', '1')
        self.assertEqual(ran.returncode, 1)
        self.assertIn('inside a body', ran.stderr)


if __name__ == '__main__':
    unittest.main()
