import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { assert, describe } from '@flagz/test-runner';
import { followSteps } from '../src/follow-steps.ts';
import { tempDir } from './temp-dir.ts';

describe('followSteps()', (it) => {
  it('gives every entry that decides what a path means, link by link', async () => {
    using temp = tempDir();
    mkdirSync(temp.join('real', '..v1'), { recursive: true });
    writeFileSync(temp.join('real', '..v1', 'rate'), '2');
    symlinkSync('..v1', temp.join('real', '..data'));
    symlinkSync('..data/rate', temp.join('real', 'rate'));
    symlinkSync(temp.join('real'), temp.join('cfg'));
    const { steps, real } = await followSteps(temp.join('cfg', 'rate'));
    const within = steps.filter(({ dir }) => dir.startsWith(temp.path));
    assert.equal(
      within.map(({ dir, name }) => `${dir.slice(temp.path.length)}|${name}`),
      ['|cfg', '|real', '/real|rate', '/real|..data', '/real|..v1', '/real/..v1|rate'],
    );
    assert.equal(real, temp.join('real', '..v1', 'rate'));
  });

  it('goes as far as there is anything', async () => {
    using temp = tempDir();
    const { steps, real } = await followSteps(temp.join('not', 'there'));
    assert.equal([steps.at(-1), real], [{ dir: temp.path, name: 'not' }, undefined]);
  });

  it('ends where links lead back to themselves', async () => {
    using temp = tempDir();
    symlinkSync('b', temp.join('a'));
    symlinkSync('a', temp.join('b'));
    assert.is((await followSteps(temp.join('a'))).real, undefined);
  });

  it('understands . and .. in links', async () => {
    using temp = tempDir();
    mkdirSync(temp.join('a', 'b'), { recursive: true });
    symlinkSync('.././a//b/', temp.join('a', 'link'));
    assert.is((await followSteps(temp.join('a', 'link'))).real, temp.join('a', 'b'));
  });
});
