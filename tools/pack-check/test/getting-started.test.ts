import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import { getStarted, readStory } from '../src/getting-started.ts';

/** Prints the content of each file `a`, and takes it away. */
const PROGRAM = `import { existsSync, readFileSync, rmSync } from 'node:fs';
const name = readFileSync('installed', 'utf8').trim().replace('file:', '');
const timer = setInterval(() => {
  if (!existsSync('a')) return;
  const text = readFileSync('a', 'utf8').trim();
  if (text === '') return;
  console.log(\`a is \${text}\`);
  rmSync('a');
}, 5);
process.once('SIGINT', () => clearInterval(timer));
console.log(\`hello from \${name}\`);`;

function documentOf(program: string, shown: string): string {
  return `# Start

\`\`\`sh
mkdir place && cd place
echo @flagz/one > installed
\`\`\`

\`\`\`ts
${program}
\`\`\`

\`\`\`sh
node main.ts
\`\`\`

It prints \`hello from ./tarball.tgz\`, and goes on.

\`\`\`sh
echo 1 > b && mv b a       # a is 1
echo 2 > b && mv b a       # ${shown}
\`\`\`
`;
}

async function started(document: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'flagz-start-'));
  const tarballs = new Map([['@flagz/one', './tarball.tgz']]);
  try {
    await getStarted(document, { folder, node: process.execPath, file: 'main.mjs', tarballs });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('getStarted()', (it) => {
  it('does what the document says, in the folder that it makes', async () => {
    await started(documentOf(PROGRAM, 'a is 2'));
  });

  it('says after which command something else was printed', async () => {
    await rejects(
      started(documentOf(PROGRAM, 'a is 3')),
      'after: echo 2 > b && mv b a\nexpected: a is 3\nprinted:  a is 2',
    );
  });

  it('says that the program ended', async () => {
    await rejects(started(documentOf('', 'a is 2')), 'the program ended after: the start');
  });
});

describe('readStory()', (it) => {
  it('refuses a document of other blocks, and a command without its output', () => {
    throws(() => readStory('```sh\na\n```\n'), 'expected blocks of sh, ts, sh, sh, found sh');
    const silent = documentOf(PROGRAM, '').replace(/# a is 1/, '');
    throws(() => readStory(silent), /^expected what this prints, after #: echo 1/);
  });

  it('reads the greeting and the steps', () => {
    const { greeting, steps } = readStory(documentOf(PROGRAM, 'a is 2'));
    assert.is(greeting, 'hello from ./tarball.tgz');
    assert.equal(
      steps.map(({ printed }) => printed),
      ['a is 1', 'a is 2'],
    );
  });
});
