import type { ContractTools } from './contract-stage.ts';
import { check, checkEqual } from './check.ts';
import type { It } from './describe.ts';

/** Declares what a source owes while nothing breaks: it loads, follows, refuses, falls back. */
export function declareValueTests(it: It, { on, soon }: ContractTools, atomic: boolean): void {
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
}
