import { FlagSet, type FlagType, type RawBytes, int, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';

const hex: FlagType<Uint8Array> = {
  name: 'hex',
  parse: (text) => new Uint8Array(Buffer.from(text, 'hex')),
  parseBytes: (bytes) => new Uint8Array(bytes),
  format: (value) => Buffer.from(value).toString('hex'),
};

function rawBytes(content: string, text: string): RawBytes {
  return Object.assign(new TextEncoder().encode(content), { text });
}

describe('bytes of which a source says what text they are', (it) => {
  it('are text for types that read text, and bytes for those that read bytes', async () => {
    const flags = new FlagSet('s');
    const text = flags.dynamic('text', string, '', '');
    const bytes = flags.dynamic('bytes', hex, new Uint8Array(), '');
    const raw = rawBytes('5\n', '5');
    await using _ = await flags.watch(memorySource({ text: raw, bytes: raw, late_text: raw, late_bytes: raw }));
    assert.equal([text.get(), bytes.text], ['5', '350a']);
    const lateText = flags.dynamic('late_text', string, '', '');
    const lateBytes = flags.dynamic('late_bytes', hex, new Uint8Array(), '');
    assert.equal([lateText.get(), lateBytes.text], ['5', '350a'], 'declared after the load');
  });

  it('are shown as that text when they are refused', async () => {
    const flags = new FlagSet('s');
    flags.dynamic('n', int, 1, '');
    const source = memorySource({});
    await using watcher = await flags.watch(source);
    source.set('n', rawBytes('ten\n', 'ten'));
    assert.is(watcher.status.rejected[0]?.text, '"ten"');
  });
});
