"""Outcomes as files: all numbers as JSON, and the chart."""

import dataclasses
import json

from chart import chart


def series_of(series):
    return {'settings': series.settings, 'unit': series.unit, 'rate_median': series.rate,
            'cpu_seconds_per_gib_median': series.cpu_per_gib, 'memory_most': series.memory,
            'rounds': [dataclasses.asdict(sample) for sample in series.samples]}


def outcome_of(outcome):
    return {
        'row': outcome.row.name, 'title': outcome.row.title, 'skipped': outcome.skipped,
        'error': outcome.error, 'notes': outcome.notes, 'fairness': outcome.row.fairness,
        'contenders': {name: series_of(one) for name, one in outcome.series.items()},
        'targets': [{'promised': verdict.target.text, 'ours': verdict.target.ours,
                     'peer': verdict.peer, 'ratio': verdict.ratio, 'bound': verdict.bound,
                     'held': verdict.held, 'disk_share': verdict.disk_share}
                    for verdict in outcome.verdicts]}


def write(folder, machine, sizes, outcomes):
    """Writes peers.json and peers.svg. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {'machine': machine, 'sizes': dataclasses.asdict(sizes),
             'rows': [outcome_of(outcome) for outcome in outcomes]}
    numbers, picture = folder / 'peers.json', folder / 'peers.svg'
    numbers.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + '\n', encoding='utf-8')
    picture.write_text(chart(outcomes, machine), encoding='utf-8')
    return numbers, picture
