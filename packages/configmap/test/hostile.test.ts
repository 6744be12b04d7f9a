// timeout: 300 s
import { isUtf8 } from 'node:buffer';
import { FlagError } from '@flagz/core';
import { configMapMountSource } from '@flagz/configmap';
import { assertNoFault, assertSafe, hostileBytes, hostileText, tryAll, tryAllAsync } from '@flagz/fuzz';
import { eventually } from '@flagz/testing';
import { assert, describe } from '@flagz/test-runner';
import fc from 'fast-check';
import { rawContent } from '../src/raw-content.ts';
import { MountedVolume } from './mounted-volume.ts';
import { Stage } from './stage.ts';
import { tempDir } from './temp-dir.ts';

/** A directory entry is 255 bytes at most; the kubelet itself owns what begins with two dots. */
const fileName = hostileText
  .map((text) => text.replaceAll(/[/\0]/g, '').slice(0, 60))
  .filter((name) => name !== '' && name !== '.' && !name.startsWith('..'));
const content = fc.oneof(
  hostileBytes,
  fc.constantFrom('5\n', '7\r\n', '\n', '0x10', '\ufeff5').map((text) => Buffer.from(text)),
);
const volume = fc.record({
  rate: fc.option(content, { nil: undefined }),
  label: fc.option(content, { nil: undefined }),
  others: fc.array(fc.tuple(fileName, content), { maxLength: 4 }),
});

describe('a hostile volume', (it) => {
  it('is one flag a file, as text without its newline; what is none is unknown, and what is refused keeps its value', async () => {
    using dir = tempDir();
    await using stage = new Stage();
    const mounted = new MountedVolume(dir.join('volume'));
    mounted.write({ rate: '1' });
    const watcher = await stage.watch(configMapMountSource(mounted.dir));
    await tryAllAsync(volume, async ({ rate, label, others }) => {
      const kept = stage.rate.text;
      const keptLabel = stage.label.text;
      const files = new Map<string, Uint8Array>(others.map(([name, bytes]) => [Buffer.from(name).toString(), bytes]));
      if (rate) files.set('rate', rate);
      if (label) files.set('label', label);
      mounted.write(Object.fromEntries(files));
      await eventually(() => watcher.status.revision === mounted.revision, { withinMs: 20_000 });
      const { state, status } = watcher;
      assert.is(state, 'live', status.lastError?.message);
      const names = [...files.keys()].filter((name) => !name.startsWith('.') && name !== 'rate' && name !== 'label');
      assert.equal(status.unknown.toSorted(), names.toSorted());
      const refused = new Set(status.rejected.map(({ flag }) => flag));
      assert.is(stage.label.text, refused.has('label') ? keptLabel : (textOf(files.get('label')) ?? 'none'));
      if (refused.has('rate')) assert.is(stage.rate.text, kept);
      else assert.is(stage.rate.get(), rateOf(textOf(files.get('rate'))));
      for (const { error, text } of status.rejected) {
        assert.instance(error, FlagError);
        assertNoFault(error);
        assertSafe(error.message);
        assertSafe(text ?? '');
      }
    });
  });

  it('has contents that keep all their bytes, and are text where they are UTF-8', () => {
    tryAll(hostileBytes, (bytes) => {
      const raw = rawContent(bytes);
      assert.is(Buffer.compare(raw, bytes), 0);
      assert.is(raw.text !== undefined, isUtf8(bytes));
    });
  });
});

/** Reads as the reference would: strict UTF-8, less one newline. */
function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (!bytes) return undefined;
  return Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function rateOf(text: string | undefined): number {
  return text === undefined ? 1 : Number(text.trim().replaceAll('_', ''));
}
