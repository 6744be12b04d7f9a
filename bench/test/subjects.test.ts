// timeout: 300 s
import { whyNoCluster, whyNoVolumeWriter } from '@flagz/testbed';
import { assert, describe } from '@flagz/test-runner';
import { change } from '../src/change.ts';
import { configMapApi } from '../src/configmap-api.ts';
import { etcd } from '../src/etcd.ts';
import { fleet } from '../src/fleet.ts';
import { get } from '../src/get.ts';
import { hostile } from '../src/hostile.ts';
import { importTime } from '../src/import-time.ts';
import { mount } from '../src/mount.ts';
import { replace } from '../src/replace.ts';
import { page } from '../src/page.ts';
import { scrape } from '../src/scrape.ts';
import { size } from '../src/size.ts';
import type { Report, Subject } from '../src/subject.ts';

/** Enough to run every line once. */
const EFFORT = 0.01;

/** Measures, and checks what must hold of any figures. */
async function smoke(subject: Subject): Promise<Report> {
  const report = await subject.measure(EFFORT);
  const { table, goals } = report;
  for (const row of table.rows) {
    assert.is(row.length, table.head.length, row[0]);
    assert.not.match(row.join(' '), /NaN|Infinity|undefined/);
  }
  for (const { what, measured } of goals) assert.ok(Number.isFinite(measured), what);
  return report;
}

/** Gives the first column. */
function names({ table }: Report): readonly string[] {
  return table.rows.map(([name = '']) => name);
}

describe('the benchmark', (it) => {
  it('etcd compares a change, the first load and many flag sets', async () => {
    const report = await smoke(etcd);
    assert.is(names(report).length, 7);
  });

  const missing = whyNoCluster({ own: true }) ?? whyNoVolumeWriter();
  const followsConfigMaps = async (): Promise<void> => {
    assert.is((await smoke(configMapApi)).table.rows.length, 4);
  };
  const ofConfigMaps = 'configmap-api compares one flag set, many, a raw watch and the mount';
  if (missing) it.skip(ofConfigMaps, missing, followsConfigMaps);
  else it(ofConfigMaps, followsConfigMaps);

  it('get reads with Flagz and all peers', async () => {
    const report = await smoke(get);
    assert.is(names(report)[0], 'field of an object');
    for (const peer of ['Flagz', 'Map', 'convict', 'node-config', 'OpenFeature']) {
      assert.ok(
        names(report).some((name) => name.startsWith(peer)),
        peer,
      );
    }
  });

  it('change changes among few flags and many', async () => {
    assert.is((await smoke(change)).table.rows.length, 8);
  });

  it('scrape asks a service of many flags', async () => {
    assert.is((await smoke(scrape)).table.rows.length, 3);
  });

  it('page shows long lists and short ones', async () => {
    assert.is((await smoke(page)).table.rows.length, 3);
  });

  it('replace loads nothing new, one new value, and new values only', async () => {
    assert.is((await smoke(replace)).table.rows.length, 4);
  });

  it('mount sees every swap of a volume', async () => {
    assert.is((await smoke(mount)).goals.length, 2);
  });

  it('hostile reads with every parser', async () => {
    assert.is((await smoke(hostile)).table.rows.length, 23);
  });

  it('fleet simulates three sizes of each kind of source', async () => {
    assert.is((await smoke(fleet)).table.rows.length, 9);
  });

  it('size weighs every entry', async () => {
    const report = await smoke(size);
    for (const entry of ['core', 'testing', 'configmap', 'cli-adapters/commander', 'cli-adapters/env']) {
      assert.ok(names(report).includes(`@flagz/${entry}`), entry);
    }
  });

  it('import starts a process for every entry', async () => {
    const report = await smoke(importTime);
    assert.ok(names(report).includes('@flagz/cli-adapters/yargs'));
    assert.ok(report.goals[0]!.measured > 0);
  });
});
