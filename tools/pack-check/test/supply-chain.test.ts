import { assert, describe, throws } from '@flagz/test-runner';
import { withSupplyChain } from '../src/supply-chain.ts';

const [START, END] = [
  '<!-- Written by tools/pack-check: npx --yes pnpm@10.34.9 --filter @flagz/pack-check run update -->',
  '<!-- End of what tools/pack-check writes. -->',
];

function section(packed: string, installed: string, tree = 'a@1.0.0'): string {
  return `${START}\n\nLess than ${packed} packed; less than ${installed} installed.\n\n${tree}\n\n${END}`;
}

describe('the supply chain in a README', (it) => {
  it('stays while its sizes are about right', () => {
    const readme = `# A\n\n${section('100 kB', '1 MB')}\n`;
    assert.is(withSupplyChain(readme, section('100 kB', '1 MB')), readme);
    assert.is(withSupplyChain(readme, section('80 kB', '990 kB')), readme);
  });

  it('is replaced when a size is no longer true, or far too large', () => {
    const readme = `# A\n\n${section('100 kB', '1 MB')}\n`;
    for (const current of [section('110 kB', '1 MB'), section('60 kB', '1 MB'), section('100 kB', '2 MB')]) {
      assert.is(withSupplyChain(readme, current), `# A\n\n${current}\n`);
    }
  });

  it('is replaced when something else is installed', () => {
    const current = section('100 kB', '1 MB', 'a@1.0.1');
    assert.is(withSupplyChain(`${section('100 kB', '1 MB')}\nend`, current), `${current}\nend`);
  });

  it('needs its place', () => {
    throws(() => withSupplyChain('# A', section('1 kB', '1 kB')), /^a README needs these two lines/);
  });
});
