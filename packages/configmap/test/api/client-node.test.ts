import { readFileSync } from 'node:fs';
import { assert, describe } from '@flagz/test-runner';

describe('@kubernetes/client-node in these tests', (it) => {
  it('is of the version that this run is for', () => {
    const entry = import.meta.resolve('@kubernetes/client-node');
    const manifest = entry.replace(/(.*\/client-node\/).*/, '$1package.json');
    const { version } = JSON.parse(readFileSync(new URL(manifest), 'utf8')) as { version: string };
    assert.is(version.split('.')[0], process.env['FLAGZ_CLIENT_NODE'] ?? '1');
  });
});
