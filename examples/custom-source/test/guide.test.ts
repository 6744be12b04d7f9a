import { readFileSync } from 'node:fs';
import { assert, describe } from '@flagz/test-runner';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('docs/write-a-source.md', (it) => {
  it('shows the source as it is', () => {
    const source = read('../src/http-json-source.ts');
    const blocks = Array.from(
      read('../../../docs/write-a-source.md').matchAll(/^```ts\n(.*?)^```$/gms),
      ([, code]) => code,
    );
    const shown = blocks.filter((code) => code?.includes('export function httpJsonSource'));
    assert.equal(shown, [source]);
  });
});
