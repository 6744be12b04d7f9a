import { readFileSync } from 'node:fs';
import { assert, describe } from '@flagz/test-runner';
import { waitings } from '../src/fleet.ts';

const root = new URL('../../', import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, root), 'utf8');
}

/** Writes a time as docs/scale.md does. */
function shown(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}

describe('the simulated fleet', (it) => {
  it('waits as the packages do', () => {
    const [etcd, api, others] = waitings().map(({ minMs, maxMs }) => `minMs = ${minMs}, maxMs = ${maxMs}`);
    // The watcher's own waits are no part of its interface: only its source tells them.
    const core = read('packages/core/src/backoff.ts').replaceAll('_', '');
    assert.ok(core.includes(String(others)), others);
    for (const own of [etcd, api]) assert.is.not(own, others);
    const rollbackDelay = read('packages/etcd/src/etcd-source.ts').replaceAll('_', '');
    assert.match(rollbackDelay, 'rollbackDelayMs = 1000');
  });

  it('waits as docs/scale.md says', () => {
    const rules = read('docs/scale.md');
    for (const { name, minMs, maxMs } of waitings()) {
      assert.match(rules, `${name}: ${shown(minMs)} to ${shown(maxMs)}`);
    }
  });

  it('stands in docs/scale.md with the figures of the benchmark', () => {
    const rows = (path: string): readonly string[][] =>
      read(path)
        .split('\n')
        .filter((line) => waitings().some(({ name }) => line.startsWith(`| ${name} `)))
        .map((line) => line.split('|').map((cell) => cell.trim()))
        .filter((cells) => cells.length >= 10);
    const [guide, bench] = [rows('docs/scale.md'), rows('bench/README.md')];
    assert.is(guide.length, 9);
    assert.equal(
      guide.map((cells) => cells.slice(0, 9)),
      bench.map((cells) => cells.slice(0, 9)),
    );
  });
});
