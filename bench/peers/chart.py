"""Outcomes as a bar chart, in SVG, by hand: a group of bars for each row, ours dark."""

from xml.sax.saxutils import escape

from row import TREE_HASH
from table import UNITS, rate_text

WIDTH, LABELS, BARS = 1000, 330, 480
LINE, GAP = 20, 34
OURS, THEIRS, MARK = '#1f5fa8', '#b9c4d0', '#c2410c'


class Canvas:
    """Shapes from top to bottom; `y` is where the next one goes."""

    def __init__(self):
        self.shapes, self.y = [], 30

    def text(self, x, text, size=12, colour='#1c2733', anchor='start', weight='normal'):
        self.shapes.append(f'<text x="{x}" y="{self.y}" font-size="{size}" fill="{colour}" '
                           f'text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>')

    def bar(self, width, colour):
        self.shapes.append(f'<rect x="{LABELS}" y="{self.y - 12}" width="{max(width, 1):.1f}" '
                           f'height="15" fill="{colour}"/>')

    def mark(self, x):
        self.shapes.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{self.y - 15}" '
                           f'y2="{self.y + 6}" stroke="{MARK}" stroke-width="2"/>')

    def svg(self):
        body = '\n'.join(self.shapes)
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.y + 10}" '
                f'font-family="sans-serif">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
                f'{body}\n</svg>\n')


def targets_of(outcome, series):
    """The rates that a contender of ours should reach."""
    return [verdict.bound * outcome.series[verdict.peer].rate for verdict in outcome.verdicts
            if verdict.target.measure == 'rate' and verdict.target.ours == series.name]


def draw_row(canvas, outcome):
    canvas.y += GAP
    row = outcome.row
    if not outcome.series:
        canvas.text(10, f'{row.name}: {row.title}', 13, '#6b7785', weight='bold')
        canvas.y += LINE
        canvas.text(20, f'no numbers: {(outcome.skipped or outcome.error)[:110]}', 11, '#6b7785')
        return
    canvas.text(10, f'{row.name}: {row.title}', 13, weight='bold')
    ours = {target.ours for target in outcome.targets} | {next(iter(outcome.series))}
    marks = {name: targets_of(outcome, one) for name, one in outcome.series.items()}
    most = max([one.rate for one in outcome.series.values()]
               + [mark for found in marks.values() for mark in found]) or 1
    for name, series in outcome.series.items():
        canvas.y += LINE
        canvas.text(LABELS - 8, name, anchor='end')
        canvas.bar(series.rate / most * BARS, OURS if name in ours else THEIRS)
        for mark in marks[name]:
            canvas.mark(LABELS + mark / most * BARS)
        cost = f'{series.cpu_per_gib:.2f} CPU s/GiB' if series.samples[0].cpu else ''
        canvas.text(LABELS + BARS + 12, f'{rate_text(series)} {UNITS[series.unit]}   {cost}', 11)


def chart(outcomes, machine):
    canvas = Canvas()
    canvas.text(10, 'sluice and its peers', 18, weight='bold')
    canvas.y += LINE
    canvas.text(10, f'{machine["processor"]}; {machine["kernel"]}; {machine["disk"]}', 11)
    canvas.y += LINE
    canvas.text(10, f'{machine["when"]}: medians; longer: better; dark: ours; a line: its target',
                11)
    for outcome in outcomes:
        draw_row(canvas, outcome)
    canvas.y += GAP
    canvas.text(10, TREE_HASH, 11)
    return canvas.svg()
