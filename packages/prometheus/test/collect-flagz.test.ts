import { once } from 'node:events';
import { FlagError, FlagSet, type Source, type SourceSink, boolean, inRange, int, string } from '@flagz/core';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { eventually, memorySource } from '@flagz/testing';
import * as successor from '@prometheus-io/client';
import * as promClient from 'prom-client';
import { collectFlagz } from '@flagz/prometheus';

/** Gives the lines of a scrape that begin with a text, without help and type. */
async function scrape(register: { metrics(): Promise<string> }, start = 'flagz_'): Promise<string[]> {
  return (await register.metrics()).split('\n').filter((line) => line.startsWith(start));
}

for (const [library, { Registry, Gauge }] of Object.entries({
  'prom-client': promClient,
  '@prometheus-io/client': successor,
})) {
  describe(`collectFlagz() with ${library}`, (it) => {
    it('shows checksums, and stale ones vanish', async () => {
      const register = new Registry();
      const flags = new FlagSet('checkout');
      const rate = flags.dynamic('rate', int, 10, 'Rate.');
      collectFlagz(flags, { register });
      const before = flags.checksum('dynamic');
      assert.equal(await scrape(register, 'flagz_checksum'), [
        `flagz_checksum{set="checkout",type="dynamic",checksum="${before}"} 1`,
        `flagz_checksum{set="checkout",type="static",checksum="${flags.checksum('static')}"} 1`,
      ]);
      rate.set(11);
      const lines = await scrape(register, 'flagz_checksum');
      assert.is(lines[0], `flagz_checksum{set="checkout",type="dynamic",checksum="${flags.checksum('dynamic')}"} 1`);
      assert.not(lines.join().includes(before));
    });

    it('shows a source: state, last success, restarts, refusals, unknown keys', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      flags.dynamic('rate', int, 10, 'Rate.').withValidator(inRange(1, 100));
      collectFlagz(flags, { register });
      const source = memorySource({ rate: '20' }, { name: 'store' });
      const watcher = await flags.watch(source, { backoff: { maxMs: 1 } });
      source.update({ rate: '500', typo: '1' });
      const lines = await scrape(register);
      for (const line of [
        'flagz_changes_total{set="s",source="store"} 1',
        'flagz_changes_total{set="s",source="process"} 0',
        'flagz_rejections_total{set="s",source="store"} 1',
        'flagz_rejected_keys{set="s",source="store"} 1',
        'flagz_unknown_keys{set="s",source="store"} 1',
        'flagz_source_up{set="s",source="store"} 1',
        'flagz_source_restarts_total{set="s",source="store"} 0',
        'flagz_notifier_errors_total{set="s"} 0',
      ]) {
        assert.ok(lines.includes(line), `${line} not in\n${lines.join('\n')}`);
      }
      const heard = lines.find((line) => line.startsWith('flagz_source_last_success_timestamp_seconds'))?.split(' ')[1];
      assert.ok(Math.abs(Number(heard) - Date.now() / 1000) < 60);
      source.disconnect();
      await eventually(async () => (await scrape(register)).includes('flagz_source_up{set="s",source="store"} 0'));
      source.reconnect();
      await eventually(async () => (await scrape(register)).includes('flagz_source_up{set="s",source="store"} 1'));
      assert.match((await scrape(register, 'flagz_source_restarts_total'))[0] ?? '', /} [1-9]/);
      await watcher.stop();
    });

    it('shows no state of a source that was stopped, and keeps its counts', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      flags.dynamic('rate', int, 10, 'Rate.');
      collectFlagz(flags, { register });
      const source = memorySource({ rate: '20', typo: '1' }, { name: 'store' });
      const watcher = await flags.watch(source);
      source.update({ rate: 'ten' });
      const ofSource = async (): Promise<string[]> =>
        (await scrape(register))
          .filter((line) => line.includes('source="store"'))
          .map((line) => line.replace(/{.*}/, ''));
      const atWork = await ofSource();
      await watcher.stop();
      assert.equal(await ofSource(), [
        'flagz_changes_total 1',
        'flagz_rejections_total 1',
        ...Array.from({ length: 7 }, () => 'flagz_rollbacks_total 0'),
        'flagz_source_restarts_total 0',
      ]);
      await using _ = await flags.watch(memorySource({ rate: '20' }, { name: 'store' }));
      assert.is((await ofSource()).length, atWork.length);
      assert.ok((await ofSource()).includes('flagz_source_up 1'));
    });

    it('shows no state of a source whose start failed: the program was told', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      flags.dynamic('rate', int, 10, 'Rate.');
      collectFlagz(flags, { register });
      await rejects(flags.watch(memorySource({ rate: 'ten' }, { name: 'store' })), /1 refused/);
      assert.equal(await scrape(register, 'flagz_source_up'), []);
      assert.equal(await scrape(register, 'flagz_rejected_keys'), []);
      assert.ok((await scrape(register)).includes('flagz_rejections_total{set="s",source="store"} 1'));
    });

    it('says 0 for what has not happened yet', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      collectFlagz(flags, { register });
      const source = memorySource({}, { name: 'store' });
      source.stall();
      await using _ = await flags.watch(source, { required: false });
      assert.equal(await scrape(register, 'flagz_source_up'), ['flagz_source_up{set="s",source="store"} 0']);
      assert.equal(await scrape(register, 'flagz_source_last'), [
        'flagz_source_last_success_timestamp_seconds{set="s",source="store"} 0',
      ]);
      assert.equal(await scrape(register, 'flagz_last_change'), ['flagz_last_change_timestamp_seconds{set="s"} 0']);
    });

    it('knows the last change, also one from before', async () => {
      const flags = new FlagSet('s');
      const rate = flags.dynamic('rate', int, 10, 'Rate.');
      rate.set(11);
      const register = new Registry();
      collectFlagz(flags, { register });
      const time = async (): Promise<number> => Number((await scrape(register, 'flagz_last_change'))[0]?.split(' ')[1]);
      const first = await time();
      assert.is(first, (flags.history()[0]?.time ?? 0) / 1000);
      await eventually(() => Date.now() > first * 1000 + 1);
      rate.set(12);
      assert.ok((await time()) > first);
    });

    it('counts notifier errors', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      const on = flags.dynamic('on', boolean, false, 'On.').withNotifier(() => {
        throw new Error('no');
      });
      collectFlagz(flags, { register });
      on.set(true);
      assert.equal(await scrape(register, 'flagz_notifier'), ['flagz_notifier_errors_total{set="s"} 1']);
    });

    it('never shows a value', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      const token = flags.dynamic('token', string, 'default-value', 'Token.');
      collectFlagz(flags, { register });
      token.set('set-value');
      const text = await register.metrics();
      assert.not.match(text, /default-value|set-value/);
    });

    it('shows several flag sets in one registry', async () => {
      const register = new Registry();
      const stop = collectFlagz(new FlagSet('one'), { register });
      collectFlagz(new FlagSet('two'), { register });
      const of = async (): Promise<string[]> =>
        (await scrape(register, 'flagz_checksum')).map((line) => line.slice(0, line.indexOf(',checksum')));
      assert.equal(await of(), [
        'flagz_checksum{set="one",type="dynamic"',
        'flagz_checksum{set="one",type="static"',
        'flagz_checksum{set="two",type="dynamic"',
        'flagz_checksum{set="two",type="static"',
      ]);
      stop();
      stop();
      assert.equal(await of(), ['flagz_checksum{set="two",type="dynamic"', 'flagz_checksum{set="two",type="static"']);
    });

    it('refuses a second registration and says so', async () => {
      const register = new Registry();
      const flags = new FlagSet('checkout');
      collectFlagz(flags, { register });
      const message =
        'flag set "checkout": is collected in this registry already; call collectFlagz once, and give each flag set a name of its own';
      throws(() => collectFlagz(flags, { register }), message);
      throws(() => collectFlagz(new FlagSet('checkout'), { register }), message);
      collectFlagz(flags, { register: new Registry() });
      assert.is((await scrape(register, 'flagz_checksum')).length, 2);
    });

    it("refuses another's metric of the same name", () => {
      const register = new Registry();
      const mine = new Gauge({ name: 'flagz_source_up', help: 'Mine.', registers: [] });
      register.registerMetric(mine as never);
      throws(
        () => collectFlagz(new FlagSet('s'), { register }),
        'flag set "s": the registry has a metric flagz_source_up of another origin; is @flagz/prometheus installed twice?',
      );
      assert.is(register.getSingleMetric('flagz_checksum'), undefined);
    });

    it('leaves nothing behind when stopped, and may start again', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      collectFlagz(flags, { register })();
      assert.equal(await scrape(register), []);
      collectFlagz(flags, { register });
      register.clear();
      const stop = collectFlagz(flags, { register });
      assert.is((await scrape(register, 'flagz_checksum')).length, 2);
      stop();
      assert.equal(await scrape(register), []);
    });

    it('never fails a scrape: the last series stay', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      collectFlagz(flags, { register });
      const good = await scrape(register);
      flags.checksum = () => {
        throw new Error('broken');
      };
      assert.equal(await scrape(register), good);
    });

    it('keeps a flag set that fails from freezing the others of the registry', async () => {
      const register = new Registry();
      const [bad, good] = [new FlagSet('bad'), new FlagSet('good')];
      const rate = good.dynamic('rate', int, 10, 'Rate.');
      for (const flags of [bad, good]) collectFlagz(flags, { register });
      const before = await scrape(register, 'flagz_checksum{set="bad"');
      const broken = (): never => {
        throw new Error('broken');
      };
      bad.checksum = broken;
      rate.set(11);
      assert.equal(await scrape(register, 'flagz_checksum{set="bad"'), before);
      assert.is(
        (await scrape(register, 'flagz_checksum{set="good"'))[0],
        `flagz_checksum{set="good",type="dynamic",checksum="${good.checksum('dynamic')}"} 1`,
      );
      const late = new FlagSet('late');
      late.checksum = broken;
      const stop = collectFlagz(late, { register });
      assert.is((await scrape(register, 'flagz_checksum')).length, 4);
      stop();
      assert.is((await scrape(register, 'flagz_checksum')).length, 4);
    });

    it('says what to pass where there is no registry, or another thing', () => {
      const flags = new FlagSet('checkout');
      const pass = 'pass { register }, the export "register" or a Registry of prom-client or @prometheus-io/client';
      const collect = (...options: unknown[]): unknown => collectFlagz(flags, ...(options as [never]));
      for (const options of [[], [undefined], [{}], [{ register: undefined }], [new Registry()], [null]]) {
        const error = throws(() => collect(...options), FlagError);
        assert.is((error as FlagError).code, 'FLAGZ_DECLARATION');
        assert.is(error.message, `flag set "checkout": there is no registry to collect in; ${pass}`);
      }
      const gauge = new Gauge({ name: 'g', help: 'G.', registers: [] });
      for (const register of [{}, 'register', gauge, (): void => {}]) {
        throws(() => collect({ register }), `flag set "checkout": register is no registry; ${pass}`);
      }
      const stop = collectFlagz(flags, { register: new Registry() });
      stop();
    });

    it('works with default labels, OpenMetrics, JSON and a reset', async () => {
      const register = new Registry();
      register.setDefaultLabels({ pod: 'a' });
      const flags = new FlagSet('s');
      collectFlagz(flags, { register });
      const json = await register.getMetricsAsJSON();
      assert.is(json.length, 11);
      assert.equal((await scrape(register, 'flagz_notifier'))[0], 'flagz_notifier_errors_total{set="s",pod="a"} 0');
      register.resetMetrics();
      const open = new Registry();
      open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
      collectFlagz(flags, { register: open });
      const text = await open.metrics();
      assert.match(text, /# TYPE flagz_notifier_errors counter\nflagz_notifier_errors_total{set="s"} 0\n/);
      assert.match(text, /# EOF\n$/);
    });

    it('counts rollbacks by outcome, each from 0 before the first', async () => {
      const register = new Registry();
      const flags = new FlagSet('s');
      collectFlagz(flags, { register });
      let store: SourceSink | undefined;
      const etcd: Source = {
        name: 'etcd',
        async watch(sink, signal) {
          store = sink;
          sink.replace([]);
          await once(signal, 'abort');
        },
      };
      await using _ = await flags.watch(etcd);
      const outcomes = async (): Promise<string[]> =>
        (await scrape(register, 'flagz_rollbacks_total{set="s",source="etcd",')).map(
          (line) => line.split('outcome=')[1]!,
        );
      const others = ['deleted', 'lost-race', 'flapping', 'forbidden', 'failed', 'reported'].map(
        (one) => `"${one}"} 0`,
      );
      assert.equal(await outcomes(), ['"reverted"} 0', ...others]);
      store?.rolledBack({ flag: 'rate', revision: '2', outcome: 'reverted' });
      assert.equal(await outcomes(), ['"reverted"} 1', ...others]);
      assert.is((await scrape(register, 'flagz_rollbacks_total')).length, 7);
    });
  });
}

describe('a registry with a failing collector of its own', (it) => {
  it('is what the guard is for: one throw fails the whole scrape', async () => {
    const register = new promClient.Registry();
    const broken = new promClient.Gauge({
      name: 'other',
      help: 'Other.',
      registers: [],
      collect() {
        throw new Error('broken');
      },
    });
    register.registerMetric(broken);
    await rejects(register.metrics(), 'broken');
  });
});
