"""A source that misbehaves: HTTP/1.1 on a free port of 127.0.0.1, one manner of lying each.

It holds the bytes of real packages, as a distribution point serves them: /manifest/<content-id>
(and .sig), /file/<content-id>/<digest>.<size>, /pieces/<content-id>/<digest>.<size>; GET with at
most one range, HEAD, keep-alive, requests sent ahead. A manner is a function of one Exchange: it
says what it likes and returns whether the connection goes on.
"""

import ctypes
import dataclasses
import fcntl
import hashlib
import re
import socket
import struct
import termios
import threading
import time
import urllib.parse
import urllib.request

CHUNK = 64 * 1024
SO_ATTACH_FILTER = 26
SILENCE_MAX = 90.0  # seconds that nobody should wait for a silent source


class Shelf:
    """Whole bodies by target, copied from a distribution point that holds them."""

    def __init__(self, url=None):
        self.url, self.bodies, self.lock = url, {}, threading.Lock()

    def fetch(self, target):
        with urllib.request.urlopen(self.url + target, timeout=60) as answer:
            return answer.read()

    def add(self, content):
        """Everything of one content. Returns its files: path -> "<digest>.<size>"."""
        bodies = {f'/manifest/{content}{end}': self.fetch(f'/manifest/{content}{end}')
                  for end in ('', '.sig')}
        files = {}
        for line in bodies[f'/manifest/{content}'].decode().splitlines():
            entry = re.fullmatch(r'[fx] (\d+) ([0-9a-f]{64}) (\S+)', line)
            if not entry or entry[1] == '0':
                continue
            name = f'{entry[2]}.{entry[1]}'
            files[urllib.parse.unquote(entry[3])] = name
            bodies[f'/file/{content}/{name}'] = self.fetch(f'/file/{content}/{name}')
            if int(entry[1]) > 1024 * 1024:
                bodies[f'/pieces/{content}/{name}'] = self.fetch(f'/pieces/{content}/{name}')
        with self.lock:
            self.bodies.update(bodies)
        return files


@dataclasses.dataclass
class Request:
    method: str
    target: str
    first: int  # of a range; -1: the whole
    last: int
    time: float  # monotonic
    connection: int

    @property
    def kind(self):
        """manifest, signature, pieces, range (of a file) or small (a whole file)."""
        kind = self.target.strip('/').split('/')[0]
        if kind == 'file':
            return 'range' if self.first >= 0 else 'small'
        return 'signature' if self.target.endswith('.sig') else kind


class Exchange:
    """One request, and the means to answer it rightly or wrongly."""

    def __init__(self, source, peer, request, number):
        self.source, self.peer, self.request, self.number = source, peer, request, number
        self.whole = source.shelf.bodies.get(request.target)
        self.first, self.last = request.first, request.last
        if self.whole is not None and self.first < 0:
            self.first, self.last = 0, len(self.whole) - 1
        self.ranged = request.first >= 0

    @property
    def body(self):
        """The bytes asked for."""
        return self.whole[self.first:self.last + 1]

    @property
    def size(self):
        return len(self.whole)

    def head(self, status=None, **fields):
        """A right head but for what is given; a field of None is left out."""
        status = status or ('206 Partial Content' if self.ranged else '200 OK')
        right = {'Content-Length': self.last - self.first + 1 if self.whole is not None else 0,
                 'ETag': f'"{self.request.target.rpartition("/")[2].replace(".", "-")}"'}
        if self.ranged and self.whole is not None:
            right['Content-Range'] = f'bytes {self.first}-{self.last}/{self.size}'
        right.update({name.replace('_', '-'): value for name, value in fields.items()})
        lines = [f'{name}: {value}\r\n' for name, value in right.items() if value is not None]
        return f'HTTP/1.1 {status}\r\n{"".join(lines)}\r\n'.encode()

    def say(self, data):
        self.peer.sendall(data)

    def give(self, data, more=b''):
        """Bytes that are right, in their place, and more in the same breath."""
        self.say(data + more)
        if self.request.kind in ('range', 'small'):
            self.source.count(self.request.target, len(data))

    def answer(self, status, body=b'', **fields):
        fields.setdefault('Content_Length', len(body))
        self.say(self.head(status, Content_Range=fields.pop('Content_Range', None), **fields)
                 + (body if self.request.method != 'HEAD' else b''))
        return True

    def honest(self):
        if self.whole is None or (self.ranged and self.last >= self.size):
            return self.answer('404 Not Found')
        self.say(self.head())
        if self.request.method != 'HEAD':
            self.give(self.body)
        return True

    def hang(self, each=None, every=10.0):
        """Says nothing (or `each`, every so many seconds) until the client goes. Never returns."""
        begun = time.monotonic()
        self.peer.settimeout(every)
        try:
            while not self.source.ended.is_set() and time.monotonic() - begun < SILENCE_MAX:
                try:
                    if not self.peer.recv(CHUNK):
                        break
                except TimeoutError:
                    if each:
                        self.say(each)
        except OSError:
            pass
        self.source.note_silence(time.monotonic() - begun)
        raise ConnectionError('the client has gone')

    def pour(self, data):
        """The same bytes for ever, until the client goes. Never returns."""
        begun, poured = time.monotonic(), 0
        try:
            while not self.source.ended.is_set() and time.monotonic() - begun < SILENCE_MAX:
                self.peer.settimeout(1.0)
                try:
                    poured += self.peer.send(data)
                except TimeoutError:
                    pass
        finally:
            self.source.note_silence(time.monotonic() - begun)
            self.source.poured = max(self.source.poured, poured)

    def unplug(self):
        """The link is down: nothing goes, nothing comes, nobody says so. Never returns."""
        unplug(self.peer)
        self.source.ended.wait(SILENCE_MAX)
        raise ConnectionError('the link is down')

    def reset(self):
        """RST, after all that was said has arrived. Never returns."""
        for _ in range(500):
            if not struct.unpack('i', fcntl.ioctl(self.peer, termios.TIOCOUTQ, bytes(4)))[0]:
                break
            self.source.ended.wait(0.01)
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        raise ConnectionError('reset')


class LyingSource:
    """Listens on a free port. `manner(exchange)` answers what `lies_about` the request says; all
    else is answered rightly. While not `awake` it lacks everything (404)."""

    def __init__(self, shelf, manner, lies_about=lambda request: True, awake=True):
        self.shelf, self.manner, self.lies_about, self.awake = shelf, manner, lies_about, awake
        self.requests, self.given, self.silences, self.poured = [], {}, [], 0
        self.lies = 0
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.peers, self.connections = set(), 0
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self.listener.getsockname()[1]}'
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.ended.set()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.lock:
            peers, self.peers = self.peers, set()
        for peer in peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def count(self, target, length):
        with self.lock:
            self.given[target] = self.given.get(target, 0) + length

    def note_silence(self, seconds):
        with self.lock:
            self.silences.append(seconds)

    def asked(self, **wanted):
        """Requests whose fields are so."""
        with self.lock:
            return [one for one in self.requests
                    if all(getattr(one, name) == value for name, value in wanted.items())]

    @property
    def bytes_given(self):
        """Of files, all together; right ones in their place."""
        with self.lock:
            return sum(self.given.values())

    def _accept(self):
        while not self.ended.is_set():
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.peers.add(peer)
                self.connections += 1
                number = self.connections
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(peer, number), daemon=True).start()

    def _serve(self, peer, connection):
        pending, number = b'', 0
        try:
            while True:
                while b'\r\n\r\n' not in pending:
                    if not (data := peer.recv(CHUNK)):
                        return
                    pending += data
                head, pending = pending.split(b'\r\n\r\n', 1)
                request = parse_request(head.decode('latin-1'), connection)
                with self.lock:
                    self.requests.append(request)
                number += 1
                if not self._answer(Exchange(self, peer, request, number)):
                    return
        except OSError:  # either side has gone
            pass
        finally:
            with self.lock:
                self.peers.discard(peer)
            peer.close()

    def _answer(self, exchange):
        if not self.awake:
            return exchange.answer('404 Not Found')
        if exchange.whole is None or not self.lies_about(exchange.request):
            return exchange.honest()
        with self.lock:
            self.lies += 1
        return self.manner(exchange)


def parse_request(head, connection=0):
    method, target, _ = (head.split('\r\n', 1)[0] + '  ').split(' ', 2)
    asked = re.search(r'(?im)^range:\s*bytes=(\d+)-(\d+)\s*$', head)
    first, last = (int(asked[1]), int(asked[2])) if asked else (-1, -1)
    return Request(method, target, first, last, time.monotonic(), connection)


def unplug(one):
    """Nothing that comes for this socket reaches it any more: a link that is down."""
    drop_all = ctypes.create_string_buffer(struct.pack('HBBI', 0x06, 0, 0, 0))  # BPF: return 0
    one.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                   struct.pack('HxxxxxxP', 1, ctypes.addressof(drop_all)))


class BlackHole:
    """An address whose connections are neither accepted nor refused."""

    def __init__(self):
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self.listener.getsockname()[1]}'
        unplug(self.listener)

    def close(self):
        self.listener.close()


class ClosedPort:
    """An address where nobody listens: bound, so that nobody else will."""

    def __init__(self):
        self.holder = socket.socket()
        self.holder.bind(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self.holder.getsockname()[1]}'

    def close(self):
        self.holder.close()


# What a distribution point says of itself to the site -------------------------------------------

def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack('>i', len(data)) + data


def field(kind, number, data):
    return struct.pack('>bh', kind, number) + data


BOOL, I32, STRING, STRUCT, LIST = 2, 8, 11, 12, 15
STOP = b'\x00'


def call(service, method, argument):
    """One framed call of the strict binary protocol, with one struct as its argument."""
    body = (struct.pack('>I', 0x80010001) + text(f'{service}:{method}') + struct.pack('>i', 1)
            + field(STRUCT, 1, argument + STOP) + STOP)
    return text(body)


def register(management_point, name, address, contents):
    """A node of this name, whose content server is at `address`, says that it holds `contents`."""
    inventory = struct.pack('>bi', STRING, len(contents)) + b''.join(map(text, contents))
    identity = hashlib.sha256(name.encode()).digest()[:16]
    given = (field(STRING, 1, text(name)) + field(STRING, 2, text(identity))
             + field(STRING, 3, text(identity)) + field(STRING, 4, text(address))
             + field(STRING, 5, text('lying source')) + field(LIST, 6, inventory)
             + field(BOOL, 7, b'\x01'))
    hello = field(I32, 1, struct.pack('>i', 1)) + field(I32, 2, struct.pack('>i', 1))
    hello += field(STRING, 3, text('lying source'))
    with socket.create_connection(management_point, timeout=20) as peer:
        for method, argument in (('hello', hello), ('register_node', given)):
            peer.sendall(call('ManagementPoint', method, argument))
            answer = read_frame(peer)
            name_length = struct.unpack('>i', answer[4:8])[0]
            result = answer[12 + name_length:]
            # Field 0 is what it returns; anything else is how it failed.
            if answer[3] != 2 or result[:3] != struct.pack('>bh', STRUCT, 0):
                raise AssertionError(f'{method} of {name} was refused: {answer!r}')


def read_frame(peer):
    length = struct.unpack('>i', read_exactly(peer, 4))[0]
    return read_exactly(peer, length)


def read_exactly(peer, length):
    data = b''
    while len(data) < length:
        part = peer.recv(length - len(data))
        if not part:
            raise AssertionError('the site closed the connection')
        data += part
    return data
