// timeout: 300 s
import { assert } from '@flagz/test-runner';
import { EtcdServer, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { type Stage, onStage } from './support.ts';

const LARGE = 'x'.repeat(200_000);

/** Writes a key, then more small ones than are compared, then large ones. */
async function fill(stage: Stage, { label = 'a', small = 0, large = 0 }): Promise<void> {
  await stage.put('label', label);
  for (let first = 0; first < small; first += 100)
    await stage.write(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`small${first + index}`, 'x'])));
  for (let index = 0; index < large; index++) await stage.put(`large${index}`, LARGE);
}

/** Elects once more. */
async function restart(server: EtcdServer): Promise<void> {
  await server.kill();
  await server.run();
}

for (const { binary, describe } of eachEtcd()) {
  /** Runs a test on a server of its own. */
  const on = (test: (stage: Stage) => Promise<void>) => async (): Promise<void> => {
    const server = await EtcdServer.start(binary);
    try {
      await onStage(server, {}, test);
    } finally {
      await server.close();
    }
  };

  describe('etcdSource() after a drop', (it) => {
    for (const elections of [1, 2])
      it(
        `goes on over a slow link, where the newest keys are large, elections: ${elections}`,
        on(async (stage) => {
          if (elections > 1) await restart(stage.server);
          await fill(stage, { small: 1_000, large: 100 });
          // The newest hundred take 4 s.
          stage.proxy.limit(5_000_000);
          await stage.watch({ startTimeoutMs: 30_000 });
          stage.proxy.drop();
          await eventually(() => stage.state === 'stale');
          await stage.put('label', 'b');
          await eventually(() => stage.state === 'live' && stage.label.get() === 'b', { withinMs: 20_000 });
        }),
      );

    it(
      'finds what differs in data that were written anew, though count, newest keys and elections are the same',
      on(async (stage) => {
        await restart(stage.server);
        await fill(stage, { small: 200 });
        await stage.watch();
        await stage.rewrite(async () => {
          await restart(stage.server);
          await fill(stage, { label: 'b', small: 200 });
        });
        await eventually(() => stage.label.get() === 'b', { withinMs: 45_000 });
        assert.is(stage.state, 'live');
      }),
    );
  });
}
