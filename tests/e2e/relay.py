"""A relay between an HTTP client and a sluiced: it paces, counts, damages and cuts.

It reads along (requests in one direction, heads and bodies of answers in the other), so that a
test can ask for "one bit of byte 5,000,000 of a file" and count content bytes apart from the rest.
"""

import dataclasses
import re
import socket
import threading
import time

CHUNK = 64 * 1024


@dataclasses.dataclass
class Request:
    method: str
    target: str
    kind: str  # first part of the path: file, pieces, manifest, content
    range: str  # the Range header, or ''


@dataclasses.dataclass
class Damage:
    """Flips the lowest bit of the byte at `offset` of the file (not of the answer)."""
    kind: str
    offset: int
    times: int


class Bucket:
    """Lets `rate` bytes through per second, at most a twentieth of it at once. None: all."""

    def __init__(self, rate, ended):
        self.rate, self.ended = rate, ended
        self.lock = threading.Lock()
        self.due = time.monotonic()

    def take(self, count):
        with self.lock:
            if not self.rate:
                return
            now = time.monotonic()
            self.due = max(self.due, now - 0.05) + count / self.rate
            wait = self.due - now
        if wait > 0:
            self.ended.wait(wait)


class Relay:
    """Listens on a free port of 127.0.0.1. `target` may be set after the start."""

    def __init__(self, target=None, rate=None):
        self.target = target  # (host, port)
        self.requests = []
        self.body_bytes = {}  # by kind; everything that went towards the client
        self.target_bytes = {}  # the same by target
        self.damages = []
        self._ended = threading.Event()
        self._refusing = False
        self._lock = threading.Lock()
        self._sockets = set()
        self._bucket = Bucket(rate, self._ended)
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port = self._listener.getsockname()[1]
        self.address = f'127.0.0.1:{self.port}'
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._ended.set()
        self._listener.close()
        self._drop_all()

    def pace(self, rate):
        self._bucket.rate = rate

    def cut(self):
        """Ends every connection and refuses new ones until `mend`."""
        self._refusing = True
        self._drop_all()

    def mend(self):
        self._refusing = False

    def flip_bit(self, kind, offset, times=1):
        self.damages.append(Damage(kind, offset, times))

    def requests_of(self, kind):
        with self._lock:
            return [request for request in self.requests if request.kind == kind]

    def bytes_of(self, kind):
        with self._lock:
            return self.body_bytes.get(kind, 0)

    def bytes_of_target(self, target):
        with self._lock:
            return self.target_bytes.get(target, 0)

    def _drop_all(self):
        with self._lock:
            dropped, self._sockets = self._sockets, set()
        for one in dropped:
            close_hard(one)

    def _accept(self):
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
                if self._refusing or not self.target:
                    close_hard(client)
                    continue
                server = socket.create_connection(self.target, timeout=5)
                server.settimeout(None)
            except OSError:
                if not self._ended.is_set() and 'client' in locals():
                    close_hard(client)
                continue
            with self._lock:
                self._sockets |= {client, server}
            asked = Questions()
            for pump in (self._pump_requests, self._pump_answers):
                threading.Thread(target=self._guard, args=(pump, client, server, asked),
                                 daemon=True).start()

    def _guard(self, pump, client, server, asked):
        try:
            pump(client, server, asked)
        except OSError:
            pass
        finally:
            asked.close()
            close_hard(client)
            close_hard(server)
            with self._lock:
                self._sockets -= {client, server}

    def _pump_requests(self, client, server, asked):
        pending = b''
        while data := client.recv(CHUNK):
            pending += data
            while b'\r\n\r\n' in pending:  # GET and HEAD have no body
                head, pending = pending.split(b'\r\n\r\n', 1)
                request = parse_request(head.decode('latin-1'))
                with self._lock:
                    self.requests.append(request)
                asked.put(request)
            server.sendall(data)

    def _pump_answers(self, client, server, asked):
        stream = server.makefile('rb', buffering=CHUNK)
        while True:
            head = read_head(stream)
            request = asked.get() if head else None
            if not request:
                return
            client.sendall(head)
            text = head.decode('latin-1')
            length = re.search(r'(?im)^content-length:\s*(\d+)', text)
            status = int(text.split(' ', 2)[1])
            if request.method == 'HEAD' or status in (204, 304) or not length:
                continue
            begin = re.search(r'(?im)^content-range:\s*bytes (\d+)-', text)
            offset = int(begin[1]) if begin else 0
            self._body(client, stream, request, status, offset, int(length[1]))

    def _body(self, client, stream, request, status, offset, left):
        while left:
            data = stream.read1(min(CHUNK, left))
            if not data:
                raise ConnectionError('the source ended early')
            if status in (200, 206):
                data = self._damaged(request.kind, offset, data)
                with self._lock:
                    count = self.body_bytes.get(request.kind, 0)
                    self.body_bytes[request.kind] = count + len(data)
                    before = self.target_bytes.get(request.target, 0)
                    self.target_bytes[request.target] = before + len(data)
            self._bucket.take(len(data))
            client.sendall(data)
            offset, left = offset + len(data), left - len(data)

    def _damaged(self, kind, offset, data):
        for damage in self.damages:
            at = damage.offset - offset
            if damage.kind == kind and damage.times > 0 and 0 <= at < len(data):
                damage.times -= 1
                data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
        return data


class Questions:
    """The requests of one connection that have no answer yet, in order."""

    def __init__(self):
        self.items, self.open = [], True
        self.changed = threading.Condition()

    def put(self, request):
        with self.changed:
            self.items.append(request)
            self.changed.notify()

    def get(self):
        with self.changed:
            self.changed.wait_for(lambda: self.items or not self.open)
            return self.items.pop(0) if self.items else None

    def close(self):
        with self.changed:
            self.open = False
            self.changed.notify_all()


def parse_request(head):
    method, target, _ = (head.split('\r\n', 1)[0] + '  ').split(' ', 2)
    asked_range = re.search(r'(?im)^range:\s*([^\r\n]+)', head)
    return Request(method, target, target.strip('/').split('/')[0],
                   asked_range[1] if asked_range else '')


def read_head(stream):
    head = b''
    while line := stream.readline(CHUNK):
        head += line
        if line == b'\r\n':
            return head
    return b''


def close_hard(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()
