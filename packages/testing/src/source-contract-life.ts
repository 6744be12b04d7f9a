import type { ContractTools } from './contract-stage.ts';
import { check, checkEqual } from './check.ts';
import type { It } from './describe.ts';

/** Declares what a source owes when its origin goes away, and when it is stopped. */
export function declareLifeTests(it: It, { on, soon }: ContractTools): void {
  it(
    'recovers from an interruption: stale, last good values, then the difference',
    on({ rate: '20', label: 'a', on: 'true' }, async (stage) => {
      await stage.watch();
      await stage.harness.interrupt();
      await soon(() => stage.state === 'stale');
      checkEqual(stage.rate.get(), 20, 'rate');
      await stage.harness.put({ rate: '30' });
      await stage.harness.remove('label');
      await stage.harness.restore();
      await soon(() => stage.rate.get() === 30 && stage.label.get() === 'none' && stage.state === 'live');
      checkEqual(stage.told.join(' '), '20>30', 'notifications');
      checkEqual(stage.on.get(), true, 'on');
      check((stage.watcher?.status.restarts ?? 0) > 0, 'restarts are counted');
      check(stage.watcher?.status.lastError !== undefined, 'the last error is on record');
    }),
  );

  it(
    'starts later where it is not required',
    on({ rate: '20' }, async (stage) => {
      await stage.harness.interrupt();
      await stage.watch({ required: false });
      checkEqual(stage.state, 'starting', 'state');
      checkEqual(stage.rate.get(), 10, 'rate');
      await stage.harness.restore();
      await soon(() => stage.rate.get() === 20 && stage.state === 'live');
    }),
  );

  it(
    'stops once and for all, twice is fine, and the values stay',
    on({ rate: '20' }, async (stage) => {
      const watcher = await stage.watch();
      await Promise.all([watcher.stop(), watcher.stop()]);
      await watcher.stop();
      checkEqual(stage.state, 'stopped', 'state');
      await stage.harness.put({ rate: '30' });
      await new Promise((resolve) => setTimeout(resolve, 100));
      checkEqual(stage.rate.get(), 20, 'rate');
      await watcher.stop({ clear: true });
      checkEqual(stage.rate.get(), 10, 'rate after clear');
    }),
  );

  it(
    'stops while it is interrupted',
    on({ rate: '20' }, async (stage) => {
      const watcher = await stage.watch();
      await stage.harness.interrupt();
      await soon(() => stage.state === 'stale');
      await watcher.stop();
      checkEqual(stage.state, 'stopped', 'state');
      await stage.harness.restore();
    }),
  );

  it(
    'ends a start that is aborted',
    on({ rate: '20' }, async (stage) => {
      await stage.harness.interrupt();
      const abort = new AbortController();
      const start = stage.watch({ signal: abort.signal }).then(
        () => 'resolved',
        (thrown: unknown) => thrown,
      );
      setTimeout(() => abort.abort(new Error('enough')), 20);
      const outcome = await start;
      check(outcome instanceof Error, 'watch() rejects');
      await soon(() => stage.flags.watchers[0]?.state === 'stopped');
      await stage.harness.restore();
    }),
  );

  it(
    'stops with its signal',
    on({ rate: '20' }, async (stage) => {
      const abort = new AbortController();
      const watcher = await stage.watch({ signal: abort.signal });
      abort.abort();
      await soon(() => watcher.state === 'stopped');
    }),
  );

  it(
    'leaves nothing that keeps the process alive',
    on({ rate: '20' }, async (stage) => {
      const before = activeResources();
      const watcher = await stage.watch();
      await stage.harness.put({ rate: '30' });
      await soon(() => stage.rate.get() === 30);
      await watcher.stop();
      await soon(() => checkEqual(leaked(before).join(', '), '', 'resources left'));
    }),
  );
}

/** Declares what a source owes whose connection can fall silent. */
export function declareSilenceTests(it: It, { on, soon }: ContractTools, staleAfterMs: number): void {
  it(
    'goes stale in silence, keeps the values, and comes back',
    on({ rate: '20' }, async (stage) => {
      await stage.watch({ staleAfterMs });
      await stage.harness.stall?.();
      await soon(() => stage.state === 'stale');
      checkEqual(stage.rate.get(), 20, 'rate');
      await stage.harness.put({ rate: '30' });
      await stage.harness.resume?.();
      await soon(() => stage.rate.get() === 30 && stage.state === 'live');
    }),
  );

  it(
    'ends a start that never answers, with an error that says so',
    on({ rate: '20' }, async (stage) => {
      await stage.harness.stall?.();
      const error = await stage.watch({ startTimeoutMs: 100 }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      check(error instanceof Error, 'watch() rejects');
      check(error.message.includes('not loaded within 100 ms'), `says so: ${error.message}`);
      checkEqual(stage.flags.watchers[0]?.state, 'stopped', 'state');
    }),
  );
}

/** Names what keeps the process alive, in runtimes that tell. */
function activeResources(): readonly string[] {
  const { process } = globalThis as { process?: { getActiveResourcesInfo?: () => string[] } };
  return process?.getActiveResourcesInfo?.() ?? [];
}

/** Gives the resources that were not there before; a waiting timer of `eventually` itself is one of them. */
function leaked(before: readonly string[]): readonly string[] {
  const rest = [...before];
  return activeResources().filter((resource) => {
    const known = rest.indexOf(resource);
    if (known >= 0) rest.splice(known, 1);
    return known < 0 && resource !== 'Immediate' && resource !== 'TickObject';
  });
}
