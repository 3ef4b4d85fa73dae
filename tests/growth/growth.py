#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
#
# growth.py LAB BIN SIZE...: what the same work costs the database with few stations and with many. For each size the
# lab's database is grown to so many stations with a past (history.sql); then enrolments by ten go through the functions
# of the daemons (drive.sql), and the operator's commands through the real nemra-opsd. auto_explain tells the plan and
# the buffers of every statement, also inside functions. Nothing here depends on time: big tables are read by an index,
# and a larger database may cost no more buffers than a deeper index has. TAP on standard output.

import json
import os
import re
import subprocess
import sys

BIG = re.compile(r'^(station|request|request_key|request_reason|spki_key|queue|transaction_key|message|certificate|'
                 r'certificate_key|audit_event|audit_link)(_\d+|_default)?$')
SCANNED = 1000          # rows that a sequential scan of a big table may look at: the table is small, or nearly empty
FACTOR, SLACK = 2, 64   # buffers of the largest size against those of the smallest
STEPS = ('identify', 'submit', 'take', 'prepare', 'send', 'answer', 'watch', 'deliver', 'mark')


class Lab:
    def __init__(self, folder, binaries):
        self.folder, self.ctl = folder, os.path.join(binaries, 'nemractl')
        run = re.search(r'host=(\S+)', os.environ['NEMRA_DB_URL']).group(1)
        self.base = f'host={run} dbname=nemra user=postgres'
        self.log = f'{os.path.dirname(run)}/data/server.log'

    def psql(self, *commands):
        args = ['psql', '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-d', self.base]
        for c in ('SET client_min_messages = warning', "LOAD 'auto_explain'", 'SET auto_explain.log_min_duration = -1', *commands):
            args += ['-f', c[1:]] if c.startswith('@') else ['-c', c]
        return subprocess.run(args, check=True, stdout=subprocess.PIPE, text=True, timeout=1800).stdout.strip()

    def daemon(self, verb, name):
        subprocess.run(['deploy/lab/lab', '-d', self.folder, verb, name], check=True, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)

    def nemractl(self, *args):
        out = subprocess.run([self.ctl, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        if out.returncode != 0:
            raise SystemExit(f'Bail out! nemractl {" ".join(args)}: {out.stdout}')
        return out.stdout

    # The statements of a role that work() makes the server run: [(text, plan)].
    def statements(self, role, work):
        begin = os.path.getsize(self.log)
        work()
        with open(self.log, encoding='utf-8', errors='replace') as f:
            f.seek(begin)
            text = f.read()
        found = []
        for m in re.finditer(r'^\S+ \S+ \S+ \[\d+\] (\S+) LOG:  duration: \S+ ms  plan:\n((?:\t.*\n)+)', text, re.M):
            if m.group(1) == role:
                plan = json.loads(re.sub(r'^\t', '', m.group(2), flags=re.M))
                found.append((' '.join(plan['Query Text'].split()), plan['Plan']))
        return found


def nodes(plan):
    yield plan
    for p in plan.get('Plans', ()):
        yield from nodes(p)


def buffers(plan):
    return plan.get('Shared Hit Blocks', 0) + plan.get('Shared Read Blocks', 0)


# "Index Scan queue_due > ...": the shape of a plan, without what has no table.
def shape(plan):
    return ', '.join(f"{n['Node Type']} {n.get('Index Name', n.get('Relation Name', n.get('Function Name', '')))}"
                     for n in nodes(plan) if 'Scan' in n['Node Type'] and n['Node Type'] != 'Function Scan')


def scans(plan):
    for n in nodes(plan):
        table = n.get('Relation Name', '')
        seen = (n.get('Actual Rows', 0) + n.get('Rows Removed by Filter', 0)) * n.get('Actual Loops', 0)
        if n['Node Type'] == 'Seq Scan' and BIG.match(table) and seen > SCANNED:
            yield f'{table} ({seen:.0f} rows)'


class Measure:
    def __init__(self):
        self.cost = {}          # what -> buffers
        self.plans = {}         # what -> shapes of the statement's plan
        self.bad = []           # sequential scans of big tables

    def add(self, what, found):
        self.cost[what] = sum(buffers(p) for _, p in found)
        self.plans[what] = [shape(p) for _, p in found if shape(p)]
        self.check(what, found)

    def check(self, what, found):
        self.bad += [f'{what}: {s} in {text[:100]}' for text, p in found for s in scans(p)]


# The functions of the daemons: one call of each for ten enrolments, when all plans are made.
def measure_work(lab, m, n):
    at = n // 2
    lab.daemon('kill', 'dispatch')      # we link the audit in its place
    explain = 'SET auto_explain.log_min_duration = 0'
    found = lab.statements('postgres', lambda: lab.psql(
        'CALL growth.link()', f'CALL growth.enrol({at}, {at + 39}, 10)', explain,
        f'CALL growth.enrol({at + 40}, {at + 49}, 10)'))
    for step in STEPS:
        whole = [(t, p) for t, p in found if re.search(rf'growth\.{step}\(', t) and 'FUNCTION' not in t]
        if not whole:
            raise SystemExit(f'Bail out! the log has no statement of step {step}')
        m.add(step, whole[-1:])
    m.add('link', [(t, p) for t, p in found if 'audit_link_add' in t][-1:])
    m.check('inside a function', found)
    m.plans['claim'] = [shape(p) for t, p in found if 'FOR UPDATE SKIP LOCKED' in t][-1:]
    found = lab.statements('postgres', lambda: lab.psql(explain, f"""SELECT * FROM nemra.door_identify(ARRAY[
        decode(repeat('00', 32), 'hex')], '{{acme}}', '{{S{at}}}', '{{f}}', '{{x}}')"""))
    m.add('identify by vendor and serial', found[-1:])
    m.check('identify', found)


def measure_operator(lab, m, n):
    name = f'gnb-{n // 2:08}'
    commands = [
        ('station', 'list', '--limit', '20'), ('station', 'list', '--where', 'region=region-3', '--limit', '20'),
        ('station', 'show', name), ('request', 'list', '--limit', '20'), ('certificate', 'list', '--limit', '20'),
        ('request', 'list', '--where', f'station={name}'), ('certificate', 'list', '--where', f'station={name}'),
        ('audit', 'list', '--limit', '20'), ('status',),
    ] + [('request', 'list', '--where', f'state={s}', '--limit', '20')
         for s in ('held', 'in_doubt', 'refused', 'confirmed', 'queued', 'sent', 'installed', 'exported')]
    for c in commands:
        lab.nemractl(*c)
        found = lab.statements('nemra_opsd', lambda c=c: lab.nemractl(*c))
        if not found:
            raise SystemExit(f'Bail out! the log has no statement of nemractl {" ".join(c)}')
        m.add('nemractl ' + ' '.join(c).replace(name, 'NAME'), found)


def measure_start(lab, m):
    for daemon in ('opsd', 'httpd', 'dispatch'):
        found = lab.statements(f'nemra_{daemon}', lambda d=daemon: lab.daemon('restart', d))
        m.plans[f'start of nemra-{daemon}'] = [shape(p) for _, p in found if shape(p)]
        m.check(f'start of nemra-{daemon}', found)


def measure(lab, n):
    m = Measure()
    measure_work(lab, m, n)
    measure_operator(lab, m, n)
    measure_start(lab, m)
    return m


def report(results):
    few, many = min(results), max(results)
    lines = [f"{'buffers, plans made':58}" + ''.join(f'{n:>11,}' for n in sorted(results))]
    for what in results[few].cost:
        lines.append(f'{what:58}' + ''.join(f'{results[n].cost.get(what, 0):>11,}' for n in sorted(results)))
    lines.append(f'plans at {many:,}:')
    for what, plans in results[many].plans.items():
        lines += [f'  {what}: {p}' for p in plans]
    print('\n'.join('# ' + line for line in lines))


def main():
    lab = Lab(sys.argv[1], sys.argv[2])
    sizes = [int(a) for a in ' '.join(sys.argv[3:]).split()]
    results, there, count = {}, 0, 0
    here = os.path.dirname(os.path.abspath(__file__))
    lab.psql(f'@{here}/drive.sql', f'@{here}/history.sql',
             *(f"ALTER SYSTEM SET {k} = '{v}'" for k, v in (
                 ('session_preload_libraries', 'auto_explain'), ('auto_explain.log_min_duration', '0'),
                 ('auto_explain.log_analyze', 'on'), ('auto_explain.log_buffers', 'on'), ('auto_explain.log_timing', 'off'),
                 ('auto_explain.log_nested_statements', 'on'), ('auto_explain.log_format', 'json'))),
             'SELECT pg_reload_conf()')
    for n in sizes:
        for first in range(there + 1, n + 1, 50000):
            lab.psql(f'CALL growth.past({first}, {min(first + 49999, n)})')
        there = n
        lab.psql('VACUUM ANALYZE', 'CHECKPOINT')
        lab.daemon('restart', 'opsd')
        results[n] = measure(lab, n)
    report(results)
    few, many = results[min(sizes)], results[max(sizes)]
    for n in sizes:
        count += 1
        print(f"{'not ok' if results[n].bad else 'ok'} {count} - with {n} stations no big table is read from end to end")
        for bad in results[n].bad:
            print(f'#   {bad}')
    for what, cost in few.cost.items():
        count += 1
        good = many.cost[what] <= FACTOR * cost + SLACK
        print(f"{'ok' if good else 'not ok'} {count} - {what}: {cost} buffers with {min(sizes)} stations, "
              f'{many.cost[what]} with {max(sizes)}')
    print(f'1..{count}')


main()
