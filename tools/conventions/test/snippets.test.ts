import { assert, describe, throws } from '@flagz/test-runner';
import { instrument } from '../src/results.ts';
import { runSnippets } from '../src/run-snippets.ts';

/** Says what is wrong with a document that holds these blocks. */
async function problemsOf(...blocks: readonly string[]): Promise<readonly string[]> {
  return runSnippets([
    { path: 'x.md', text: `# T\n\n${blocks.map((code) => `\`\`\`ts\n${code}\n\`\`\`\n`).join('\n')}` },
  ]);
}

describe('runSnippets()', (it) => {
  it('agrees with results that are what the block gives', async () => {
    const code = `import { FlagSet, int } from '@flagz/core';
const rate = new FlagSet('x').dynamic('rate', int, 10, 'R.');
rate.get(); //=> 10
const text: string = rate.text;
text; //=> '10': decimal
({ a: [rate.get(), 2] }); //=> { a: [10, 2] }, and no more
console.log('a\\nb');
//=> a
//=> b`;
    assert.equal(await problemsOf(code), []);
  });

  it('names the line of a result that is another', async () => {
    assert.equal(await problemsOf('1 + 1; //=> 2\n1 + 2; //=> 4'), ['x.md:5 gives 3, not 4']);
  });

  it('names what is printed and was not promised', async () => {
    assert.equal(await problemsOf("console.log('a');\n//=> b"), ["x.md:5 gives [ 'a' ], not [ 'b' ]"]);
  });

  it('finds a result that is never reached', async () => {
    assert.equal(await problemsOf('if (Date.now() < 0) 1; //=> 1'), ['x.md:4 is never reached']);
  });

  it('tells what a block throws', async () => {
    assert.equal(await problemsOf("1; //=> 1\nthrow new TypeError('no');"), ['x.md:4 TypeError: no']);
  });

  it('lets a block import one that has a name', async () => {
    assert.equal(
      await problemsOf('// one.ts\nexport const one = 1;', "import { one } from './one.ts';\none; //=> 1"),
      [],
    );
  });
});

describe('instrument()', (it) => {
  it('refuses a result without an expression, and one that is none', () => {
    throws(() => instrument('const a = 1; //=> 1'), /line 1: there is no expression before this result/);
    throws(() => instrument('a; //=> is more'), /line 1: "is more" is no expression/);
  });
});
