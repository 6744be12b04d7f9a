import {
  FlagSet,
  type RawValue,
  type Source,
  type WatchOptions,
  type Watcher,
  boolean,
  inRange,
  int,
  string,
} from '@flagz/core';
import { check, checkEqual } from './check.ts';
import type { Describe } from './describe.ts';
import { eventually } from './eventually.ts';

/** Is one origin (a directory, a server) of one test, with a source that follows it. */
export interface SourceHarness {
  readonly source: Source;
  /** Writes keys at the origin, together, as its clients do. While interrupted, it takes effect with `restore`. */
  put(values: Readonly<Record<string, RawValue>>): Promise<void>;
  /** Deletes a key at the origin. */
  remove(key: string): Promise<void>;
  /** Cuts the source off so that it notices: what it follows goes away, or the connection breaks. */
  interrupt(): Promise<void>;
  /** Ends the interruption. */
  restore(): Promise<void>;
  /** Cuts the source off so that nothing fails and nothing arrives; needed with `stalls`. */
  stall?(): Promise<void>;
  /** Ends the stall. */
  resume?(): Promise<void>;
  /** Releases everything but the source. */
  close(): Promise<void>;
}

/** Configures {@link sourceContract}. */
export interface SourceContractOptions {
  /** How long the source may take for each thing that the contract waits for, in milliseconds. @default 10_000 */
  readonly withinMs?: number;
  /** Silence after which a stalled source must be stale, in milliseconds. @default 300 */
  readonly staleAfterMs?: number;
  /** Whether keys that `put` writes together arrive as one batch. @default true */
  readonly atomic?: boolean;
  /** Whether the connection can fall silent, as one over a network can. @default false */
  readonly stalls?: boolean;
}

/**
 * Declares the tests that every source owes: load, follow, refuse, fall back, recover, go stale, stop.
 *
 * @param makeHarness makes an origin that holds `values`, and a source that has not been started.
 * @example
 * sourceContract(describe, async (values) => {
 *   const source = memorySource(values);
 *   return { source, put: async (changes) => void source.update(changes), … };
 * });
 */
export function sourceContract(
  describe: Describe,
  makeHarness: (values: Readonly<Record<string, RawValue>>) => Promise<SourceHarness>,
  { withinMs = 10_000, staleAfterMs = 300, atomic = true, stalls = false }: SourceContractOptions = {},
): void {
  const soon = (condition: () => boolean): Promise<unknown> => eventually(condition, { withinMs });

  /** Runs a test on an origin of its own, and cleans up whatever happens. */
  const on =
    (values: Readonly<Record<string, RawValue>>, test: (stage: Stage) => Promise<void>) => async (): Promise<void> => {
      const harness = await makeHarness(values);
      let stage: Stage | undefined;
      try {
        stage = new Stage(harness);
        await test(stage);
      } finally {
        await stage?.watcher?.stop().catch(() => {});
        await harness.close();
      }
    };

  describe('sourceContract', (it) => {
    it(
      'loads what is there before watch() resolves',
      on({ rate: '20', label: 'a' }, async (stage) => {
        await stage.watch();
        checkEqual(stage.rate.get(), 20, 'rate');
        checkEqual(stage.label.get(), 'a', 'label');
        checkEqual(stage.state, 'live', 'state');
      }),
    );

    it(
      'takes an empty origin for an empty layer',
      on({}, async (stage) => {
        await stage.watch();
        checkEqual(stage.rate.get(), 10, 'rate');
        checkEqual(stage.state, 'live', 'state');
      }),
    );

    it(
      'reports each change with what it was',
      on({ rate: '20' }, async (stage) => {
        await stage.watch();
        await stage.harness.put({ rate: '30' });
        await soon(() => stage.rate.get() === 30);
        await stage.harness.put({ rate: '40' });
        await soon(() => stage.rate.get() === 40);
        checkEqual(stage.told.join(' '), '20>30 30>40', 'notifications');
      }),
    );

    it(
      'takes an empty text for a value',
      on({ label: 'a' }, async (stage) => {
        await stage.watch();
        await stage.harness.put({ label: '' });
        await soon(() => stage.label.get() === '');
        checkEqual(stage.label.source, stage.harness.source.name, 'source of the label');
      }),
    );

    if (atomic) {
      it(
        'reports keys that change together as one batch',
        on({ low: '1', high: '5' }, async (stage) => {
          await stage.watch();
          const before = stage.flags.version;
          // Neither of the two would pass alone.
          await stage.harness.put({ low: '7', high: '9' });
          await soon(() => stage.high.get() === 9);
          checkEqual(stage.low.get(), 7, 'low');
          checkEqual(stage.flags.version, before + 1, 'version');
        }),
      );
    }

    it(
      'falls back when a key is deleted',
      on({ rate: '20' }, async (stage) => {
        await stage.watch();
        await stage.harness.remove('rate');
        await soon(() => stage.rate.get() === 10);
        checkEqual(stage.rate.source, 'default', 'source of the rate');
      }),
    );

    it(
      'keeps the last good value of a refused key, names the reason, and goes on with the others',
      on({ rate: '20', label: 'a' }, async (stage) => {
        await stage.watch();
        await stage.harness.put({ rate: 'rubbish', label: 'b' });
        await soon(() => stage.label.get() === 'b' && stage.rejected.length === 1);
        checkEqual(stage.rate.get(), 20, 'rate');
        checkEqual(stage.rejected[0], 'flag "rate": expected an integer, got "rubbish"', 'reason');
        checkEqual(stage.state, 'live', 'state');
      }),
    );

    it(
      'forgets a refusal once the key is good again',
      on({ rate: '20' }, async (stage) => {
        await stage.watch();
        await stage.harness.put({ rate: '5000' });
        await soon(() => stage.rejected.length === 1);
        checkEqual(stage.rejected[0], 'flag "rate": must be from 1 to 1000, got "5000"', 'reason');
        await stage.harness.put({ rate: '30' });
        await soon(() => stage.rate.get() === 30);
        checkEqual(stage.rejected.length, 0, 'refusals');
      }),
    );

    it(
      'reports keys that are no flag, and lives on',
      on({ rate: '20', nobody: 'x' }, async (stage) => {
        await stage.watch();
        checkEqual(stage.unknown, 'nobody', 'unknown keys');
        await stage.harness.put({ rate: '30' });
        await soon(() => stage.rate.get() === 30);
      }),
    );

    it(
      'sets static flags at the start, and says afterwards that a restart is needed',
      on({ port: '9000' }, async (stage) => {
        await stage.watch();
        checkEqual(stage.port.get(), 9000, 'port');
        await stage.harness.put({ port: '9001' });
        await soon(() => stage.port.info().restartNeeded);
        checkEqual(stage.port.get(), 9000, 'port');
      }),
    );

    it(
      'refuses to start on a refused value, names it, keeps the good ones and leaves nothing behind',
      on({ rate: 'rubbish', label: 'a' }, async (stage) => {
        const error = await stage.watch().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        check(error instanceof Error, 'watch() rejects');
        check(
          error.message.includes('flag "rate": expected an integer, got "rubbish"'),
          `names the key: ${error.message}`,
        );
        checkEqual(stage.label.get(), 'a', 'label');
        checkEqual(stage.flags.watchers[0]?.state, 'stopped', 'state');
      }),
    );

    it(
      'starts on a refused value where it is not required',
      on({ rate: 'rubbish', label: 'a' }, async (stage) => {
        await stage.watch({ required: false });
        await soon(() => stage.label.get() === 'a');
        checkEqual(stage.rate.get(), 10, 'rate');
        await stage.harness.put({ rate: '30' });
        await soon(() => stage.rate.get() === 30);
      }),
    );

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
        await eventually(() => checkEqual(leaked(before).join(', '), '', 'resources left'), {
          withinMs,
        });
      }),
    );

    if (!stalls) return;

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
  });
}

/** Is a flag set on an origin. */
class Stage {
  readonly harness: SourceHarness;
  readonly flags: FlagSet = new FlagSet('contract');
  readonly port = this.flags.static('port', int, 8080, 'A static flag.');
  readonly rate = this.flags.dynamic('rate', int, 10, 'A bounded integer.').withValidator(inRange(1, 1000));
  readonly label = this.flags.dynamic('label', string, 'none', 'A text.');
  readonly on = this.flags.dynamic('on', boolean, false, 'A switch.');
  readonly low = this.flags.dynamic('low', int, 1, 'Not above high.');
  readonly high = this.flags.dynamic('high', int, 5, 'Not below low.');
  readonly told: string[] = [];
  watcher: Watcher | undefined;

  constructor(harness: SourceHarness) {
    this.harness = harness;
    this.flags.invariant([this.low, this.high], (low, high) => low <= high || 'low above high');
  }

  async watch(options: WatchOptions = {}): Promise<Watcher> {
    const watcher = await this.flags.watch(this.harness.source, {
      backoff: { maxMs: 200 },
      ...options,
    });
    this.watcher = watcher;
    this.rate.withNotifier((next, previous) => void this.told.push(`${previous}>${next}`));
    return watcher;
  }

  get state(): string | undefined {
    return this.watcher?.state;
  }

  get rejected(): readonly string[] {
    return this.watcher?.status.rejected.map(({ error }) => error.message) ?? [];
  }

  get unknown(): string {
    return this.watcher?.status.unknown.join(' ') ?? '';
  }
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
