"""Outcomes as text for a terminal."""

from sizes import MIB

UNITS = {'bytes': 'GB/s', 'files': 'files/s', 'requests': 'req/s'}


def rate_text(series, rate=None):
    rate = series.rate if rate is None else rate
    return f'{rate / 1e9:.2f}' if series.unit == 'bytes' else f'{rate:,.0f}'


def seconds_text(seconds):
    return f'{seconds * 1000:.1f} ms' if seconds < 1 else f'{seconds:.2f} s'


def contender_line(series, ours):
    cost = f'{series.cpu_per_gib:.2f}' if any(one.cpu for one in series.samples) else ''
    memory = f'{series.memory / MIB:.0f}' if series.memory else ''
    ratio = '' if series is ours or not series.rate else f'{ours.rate / series.rate:.2f} x'
    spread = f'{rate_text(series, min(series.rates))}-{rate_text(series, max(series.rates))}'
    return (f'    {series.name:<40} {rate_text(series):>11} {spread:>19} {ratio:>9} '
            f'{cost:>9} {memory:>8} {seconds_text(series.seconds):>10}')


def noted(series):
    """The medians of what the samples noted beside their rates."""
    keys = sorted({key for sample in series.samples for key in sample.notes})
    texts = []
    for key in keys:
        values = [sample.notes.get(key) for sample in series.samples]
        number = all(isinstance(value, (int, float)) for value in values)
        texts.append(f'{key} {series.median_note(key):.4g}' if number else f'{key} {values[-1]}')
    return ', '.join(texts)


def outcome_text(outcome, smoke=False):
    row = outcome.row
    lines = [f'\n{row.name}: {row.title}']
    if outcome.skipped or outcome.error:
        return '\n'.join(lines + [f'    skipped: {outcome.skipped}' if outcome.skipped
                                  else f'    FAILED: {outcome.error}'])
    ours = next(iter(outcome.series.values()))
    heads = UNITS[ours.unit], 'least-most', 'ours is', 'CPU s/GiB', 'RSS MiB', 'median'
    lines.append('    {:<40} {:>11} {:>19} {:>9} {:>9} {:>8} {:>10}'.format(
        'smoke' if smoke else f'rounds: {outcome.rounds}', *heads))
    for series in outcome.series.values():
        lines.append(contender_line(series, ours))
        details = '; '.join(part for part in (series.settings, noted(series)) if part)
        if details:
            lines.append(f'        {details}')
    if not smoke:
        lines += [f'    target  {verdict.text}' for verdict in outcome.verdicts]
    lines += [f'    note    {note}' for note in (*outcome.notes, row.fairness) if note]
    return '\n'.join(lines)


def summary_text(outcomes):
    """One line for each target of the rows that were asked for."""
    lines = ['\ntargets']
    for outcome in outcomes:
        judged = {verdict.target: verdict for verdict in outcome.verdicts}
        for target in outcome.targets:
            verdict = judged.get(target)
            if verdict:
                said = f'{verdict.ratio:6.2f}  {"held" if verdict.held else "MISSED"}'
                if verdict.disk_share is not None:
                    said += f', disk-bound: {verdict.disk_share:.2f} of it'
            else:
                why = (outcome.skipped or outcome.impossible.get(target.ours) or outcome.error
                       or 'no rounds')
                said = f'     -  not measured: {why.splitlines()[0][:100]}'
            name = target.row if target.ours == 'sluice' else f'{target.row}, {target.ours}'
            lines.append(f'    {name:<20} {target.text:<72} {said}')
    return '\n'.join(lines)
