"""The matrix of lying and failing sources: what each one does, and what has to become of it."""

import dataclasses
import gzip
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from content import MIB  # noqa: E402

PART = MIB + 100  # ends within a piece
LAST_GIVEN = 2 * MIB + 100
REST = 4  # seconds, as Retry-After says


@dataclasses.dataclass
class Row:
    """A manner of lying, and the row of the contract that is to be blamed for it."""
    name: str  # begins with the row: "X9", "X21-layer"
    manner: object  # function of an Exchange, or a class of which an instance is the address
    about: tuple  # kinds of requests that are lied about; () for all of them
    says: str  # what the verdict says of it
    blamed: str = ''  # '': as the name says; None: nobody
    also: tuple = ()  # rows that may be blamed besides
    within: float = 0  # seconds until the client gives the source up (R11)
    # 'finishes': what it gives is right, and all of it; 'goes on': each round brings a file more.
    alone: str = 'waits'
    asked_again: bool = False  # though it is alone and offends: when it said
    offends_late: bool = False  # not when it is asked from offset 0
    exactly: int = -1  # bytes of the large file that the good source beside it gives
    spends_budget: bool = False  # more wrong pieces than a source may send: quarantine

    def __post_init__(self):
        self.row = self.name.split('-')[0]
        if self.blamed == '':
            self.blamed = self.row


def status(line, **fields):
    return lambda x: x.answer(line, b'no', **fields)


def bare(x, data, **fields):
    """A head with these fields, and bytes that are not counted as right ones."""
    x.say(x.head(**fields) + data)
    return True


def begin(x, **fields):
    """A right head and the first bytes of a right body, but no later piece of the file."""
    x.say(x.head(**fields))
    x.give(x.body[:max(0, min(PART, LAST_GIVEN - x.first))])


def begin_and(end):
    def manner(x):
        begin(x)
        return end(x)
    return manner


def to_trap(x):
    return x.answer('301 Moved', Location=f'http://{x.source.trap.address}{x.request.target}')


def to_itself(x):
    return x.answer('302 Found', Location=x.request.target)


def whole_for_a_range(x):
    whole = x.whole
    x.say(x.head('200 OK', Content_Length=len(whole), Content_Range=None))
    if x.first == 0:
        x.give(whole)
    else:
        x.say(whole)
    return True


def whole_for_a_later_range(x):
    if x.first > 0:
        return whole_for_a_range(x)
    begin(x)
    return False


def partial_for_the_whole(x):
    x.say(x.head('206 Partial Content', Content_Range=f'bytes 0-{x.size - 1}/{x.size}'))
    x.give(x.body)
    return True


def part_of_the_whole(x):
    half = x.size // 2
    return bare(x, x.body[:half], status='206 Partial Content', Content_Length=half,
                Content_Range=f'bytes 0-{half - 1}/{x.size}')


def wrong_start(x):
    return bare(x, x.body[1:], Content_Length=len(x.body) - 1,
                Content_Range=f'bytes {x.first + 1}-{x.last}/{x.size}')


def wrong_end(x):
    return bare(x, x.body[:-1], Content_Length=len(x.body) - 1,
                Content_Range=f'bytes {x.first}-{x.last - 1}/{x.size}')


def wrong_total(x):
    return bare(x, x.body, Content_Range=f'bytes {x.first}-{x.last}/{x.size + 1}')


def no_content_range(x):
    return bare(x, x.body, Content_Range=None)


def several_parts(x):
    body = b''.join(b'--x\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%s\r\n' % (
        x.first, x.last, x.size, x.body) for _ in range(2)) + b'--x--\r\n'
    return bare(x, body, Content_Range=None, Content_Length=len(body),
                Content_Type='multipart/byteranges; boundary=x')


def size_of_its_own(x):
    return bare(x, b'', Content_Range=f'bytes */{x.size - 1}', Content_Length=0)


def not_satisfiable(x):
    return x.answer('416 Range Not Satisfiable', b'no', Content_Range=f'bytes */{x.size - 1}')


def too_short(x):
    """One piece less, and a part of one."""
    length = len(x.body) - PART if x.ranged else len(x.body) - 1
    x.say(x.head(Content_Length=length))
    if x.ranged:
        x.give(x.body[:length])
    else:
        x.say(x.body[:length])
    return True


def too_long(x):
    x.say(x.head(Content_Length=len(x.body) + 9))
    x.give(x.body)
    x.say(b'too much.')
    return True


def far_too_long(x):
    x.say(x.head(Content_Length=2 ** 62))
    x.give(x.body)
    return x.pour(b'more' * 4096)


def no_length(x):
    bare(x, x.body, Content_Length=None)
    return False


def length_of(text):
    return lambda x: bare(x, x.body, Content_Length=text)


def chunks_for_ever(x):
    x.say(x.head(Content_Length=None, Transfer_Encoding='chunked'))
    return x.pour(b'1000\r\n' + bytes(4096) + b'\r\n')


def body_for_ever(x):
    """What comes too much comes together with the end."""
    body, end = x.body[:-1000], x.body[-1000:]
    x.say(x.head())
    x.give(body)
    x.give(end, bytes(16 * 1024))
    return x.pour(bytes(16 * 1024))


def flipped(at):
    """One bit of the byte at this offset of the whole."""
    def manner(x):
        offset = at % x.size - x.first
        body = bytearray(x.body)
        if 0 <= offset < len(body):
            body[offset] ^= 1
        x.say(x.head())
        if x.ranged:
            pieces = [body[at:at + MIB] for at in range(0, len(body), MIB)]
            for number, piece in enumerate(pieces):
                (x.say if number == offset // MIB else x.give)(bytes(piece))
        else:
            x.say(bytes(body))
        return True
    return manner


def turned(x):
    """Every byte is there, a piece and a bit too early."""
    whole = x.whole[PART:] + x.whole[:PART]
    return bare(x, whole[x.first:x.last + 1])


def of_other(name):
    """The same place of another content, which the source has under this attribute."""
    def manner(x):
        other = getattr(x.source, name)[x.request.target]
        whole = (other * (x.size // len(other) + 1))[:x.size]
        return bare(x, whole[x.first:x.last + 1])
    return manner


def zeros(x):
    return bare(x, bytes(len(x.body)))


BOMB = gzip.compress(bytes(4 * MIB))


def zipped(x):
    return bare(x, BOMB, Content_Length=len(BOMB), Content_Encoding='gzip')


def silent(x):
    return x.hang()


def half_a_head(x):
    x.say(b'HTTP/1.1 206 Partial Con')
    return x.hang()


def trickle(x):
    x.say(x.head())
    return x.hang(each=b'\x00')


def unplugged(x):
    begin(x)
    return x.unplug()


def another_tag(x):
    """A part of a piece and the end each time, under a new tag."""
    begin(x, ETag=f'"{x.source.lies}"')
    return False


FILE, RANGE, SMALL, PIECES = ('range', 'small'), ('range',), ('small',), ('pieces',)
MANIFEST = ('manifest',)
FLIPPED_AT = 2 * MIB + 5


def table(black_hole, closed_port):
    """Every row. A file of more than a piece is fetched in ranges, a small one whole."""
    return [
        Row('X1', status('403 Forbidden'), (), 'answered 403 Forbidden'),
        Row('X1-file', status('401 Unauthorized'), FILE, 'answered 401 Unauthorized'),
        Row('X2', status('404 Not Found'), (), 'answered 404 Not Found', blamed=None),
        Row('X2-file', status('404 Not Found'), FILE, 'answered 404 Not Found', blamed=None),
        Row('X3', not_satisfiable, RANGE, 'answered 416 Range Not Satisfiable'),
        Row('X4', status('429 Too Many Requests', Retry_After=REST), (), 'answered 429',
            asked_again=True),
        Row('X5', status('500 Oops'), (), 'answered 500 Oops'),
        Row('X5-file', status('503 Busy'), FILE, 'answered 503 Busy'),
        Row('X6', to_trap, (), 'answered 301 Moved'),
        Row('X6-loop', to_itself, FILE, 'answered 302 Found'),
        Row('X7', whole_for_a_range, RANGE, 'answered 200 where a range was asked for',
            alone='finishes', offends_late=True),
        Row('X7-late', whole_for_a_later_range, RANGE,
            'answered 200 where a range was asked for', also=('X31',)),
        Row('X8-whole', partial_for_the_whole, SMALL + PIECES + MANIFEST, '', blamed=None,
            alone='finishes'),
        Row('X8', part_of_the_whole, SMALL, 'answered a part of the whole'),
        Row('X9', wrong_start, RANGE, 'answered a range that begins elsewhere'),
        Row('X10', wrong_end, RANGE, 'answered a range that ends elsewhere'),
        Row('X11', wrong_total, RANGE, 'answered a range of another size'),
        Row('X12', no_content_range, RANGE, 'answered 206 without a readable Content-Range'),
        Row('X13', several_parts, RANGE, 'answered several parts for one range'),
        # As X3: what it says of the size cannot be told from a refusal.
        Row('X14', size_of_its_own, RANGE, 'answered Content-Range bytes */', blamed='X3'),
        Row('X15', too_short, RANGE, 'promised ', exactly=2 * MIB + 17),
        Row('X15-small', too_short, SMALL, 'promised '),
        Row('X16', too_long, RANGE, 'promised ', alone='finishes', exactly=0),
        Row('X16-small', too_long, SMALL, 'promised ', alone='goes on'),
        Row('X16-huge', far_too_long, RANGE, 'promised ', alone='finishes', exactly=0),
        Row('X17', no_length, RANGE, 'answered without a Content-Length'),
        Row('X17-small', no_length, SMALL, 'answered without a Content-Length'),
        Row('X18', length_of(-5), RANGE, 'answered badly'),
        Row('X18-overflow', length_of(2 ** 64), FILE, 'answered badly'),
        Row('X19', chunks_for_ever, RANGE, 'answered in chunks'),
        Row('X19-small', chunks_for_ever, SMALL, 'answered in chunks'),
        Row('X20', body_for_ever, RANGE, 'sent more than ', alone='finishes', exactly=0),
        Row('X20-small', body_for_ever, SMALL, 'sent more than '),
        Row('X21', flipped(FLIPPED_AT), RANGE, '', exactly=MIB, spends_budget=True),
        Row('X21-small', flipped(5), SMALL, '', spends_budget=True),
        Row('X21-layer', flipped(5), PIECES, '', spends_budget=True),
        Row('X21-manifest', flipped(5), MANIFEST, "sent a manifest that is not the site's"),
        Row('X22', turned, RANGE, '', blamed='X21', spends_budget=True),
        Row('X23', of_other('others'), FILE, '', blamed='X21', spends_budget=True),
        Row('X23-manifest', of_other('others'), MANIFEST,
            "sent a manifest that is not the site's", blamed='X21'),
        Row('X24', of_other('older'), FILE, '', blamed='X21', spends_budget=True),
        Row('X24-manifest', of_other('older'), ('manifest', 'signature'),
            'sent the manifest of version 1', blamed='X24'),
        Row('X25', zeros, FILE, '', blamed='X21', spends_budget=True),
        Row('X26', zipped, FILE, 'coded its answer unasked: gzip'),
        Row('X26-manifest', zipped, MANIFEST, 'coded its answer unasked: gzip'),
        Row('X27', silent, (), 'did not answer within 10 s', within=10),
        Row('X27-half', half_a_head, RANGE, 'did not answer within 10 s', within=10),
        Row('X28', trickle, RANGE, 'sent less than ', within=60),
        Row('X29', begin_and(silent), RANGE, 'sent nothing for 30 s', within=30),
        Row('X30', begin_and(lambda x: x.reset()), RANGE, 'reset the connection'),
        Row('X31', begin_and(lambda x: False), RANGE, 'closed the connection early'),
        # A link that is down looks like a stall from here.
        Row('X32', unplugged, RANGE, 'sent nothing for 30 s', blamed='X29', within=30),
        Row('X33', closed_port, (), 'cannot be connected'),
        Row('X33-hole', black_hole, (), 'did not accept a connection within 10 s', within=10),
        Row('X36', another_tag, RANGE, "changed the file's entity tag", also=('X31',)),
    ]
