import { describe, rejects } from '@flagz/test-runner';
import { walk } from '../src/walk.ts';

const asked = (command: string, answer?: string): Promise<void> =>
  walk([{ command, answer }], { env: {}, instead: {} });

describe('walk()', (it) => {
  it('takes a line of what is printed, on either stream', async () => {
    await asked('echo one; echo two', 'two');
    await asked(`echo '  "a": 1,' >&2`, '"a": 1,');
  });

  it('takes anything where the promise has an ellipsis, and nothing more', async () => {
    await asked(`echo '{"a":"1","b":"2"}'`, '…"a":"1"…');
    await rejects(asked(`echo '{"a":"10"}'`, '…"a":"1"…'), /the line …"a":"1"…/);
    await rejects(asked('echo abc', 'a…b'), /the line a…b/);
    await rejects(asked('echo abc', 'a.c'), /the line a\.c/);
  });

  it('does not take a part of a line', async () => {
    await rejects(asked('echo not found; exit 1', 'no'), /expected a failure and the line no\n.*not found/s);
    await rejects(asked('echo 1000', '100'), /expected no failure and the line 100\n/);
  });

  it('compares whether the command failed', async () => {
    await asked('echo no; exit 1', 'no');
    await asked('echo Error: permission denied >&2; exit 1', 'Error: permission denied');
    await rejects(asked('echo no', 'no'), /got status 0/);
    await rejects(asked('echo yes; exit 1', 'yes'), /got status 1/);
    await rejects(asked('exit 3'), /expected no failure\ngot status 3/);
  });
});
