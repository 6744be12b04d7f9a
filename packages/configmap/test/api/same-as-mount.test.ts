import { mkdirSync } from 'node:fs';
import { FlagSet, type Source, string } from '@flagz/core';
import { configMapMountSource } from '@flagz/configmap';
import { type Cluster, VolumeWriter, whyNoVolumeWriter } from '@flagz/testbed';
import { eventually } from '@flagz/testing';
import { assert } from '@flagz/test-runner';
import { describeOnCluster } from './cluster-suite.ts';
import { Shop } from './shop.ts';
import { tempDir } from '../temp-dir.ts';

/** What files hold, and what becomes of them: the text, the bytes as hex; no text where they are none. */
const FILES: Readonly<Record<string, readonly [content: Buffer, text: string | undefined]>> = {
  line: [Buffer.from('hello\n'), 'hello'],
  line_of_windows: [Buffer.from('hello\r\n'), 'hello'],
  two_newlines: [Buffer.from('hello\n\n'), 'hello\n'],
  no_newline: [Buffer.from('hello'), 'hello'],
  only_newline: [Buffer.from('\n'), ''],
  empty: [Buffer.from(''), ''],
  euro: [Buffer.from('€\n'), '€'],
  number_that_is_utf8: [Buffer.from('100a', 'hex'), '\x10'],
  bytes_with_newline: [Buffer.from('ff000a', 'hex'), undefined],
  bytes_with_windows_newline: [Buffer.from('fffe0d0a', 'hex'), undefined],
};
const expected = Object.fromEntries(
  Object.entries(FILES).map(([name, [content, text]]) => [name, [text ?? 'refused', content.toString('hex')]]),
);

describeOnCluster('a ConfigMap of files, through the API and as a mount', (it, plain) => {
  const missing = whyNoVolumeWriter();
  for (const [title, isBinary] of [
    // Puts into data what is UTF-8.
    ['as kubectl create --from-file makes it', (content: Buffer) => !Buffer.from(content.toString()).equals(content)],
    ['with all of it in binaryData', () => true],
  ] as const) {
    const test = Shop.test(async (shop) => {
      const data: Record<string, string> = {};
      const binaryData: Record<string, string> = {};
      for (const [name, [content]] of Object.entries(FILES)) {
        if (isBinary(content)) binaryData[name] = content.toString('base64');
        else data[name] = content.toString();
      }
      await shop.namespace.putConfigMap('flags', { data, binaryData });
      assert.equal(await read(shop.source()), expected, 'through the API');

      using temp = tempDir();
      const folder = temp.join('flagz');
      mkdirSync(folder);
      const writer = new VolumeWriter();
      await writer.write(folder, payloadOf(await shop.namespace.configMap('flags')));
      await writer.stop();
      assert.equal(await read(configMapMountSource(folder)), expected, 'as a mount');
    });
    if (missing) plain.skip(`is the same, ${title}`, missing, () => test({} as Cluster));
    else it(`is the same, ${title}`, test);
  }
});

/** Gives the files that the kubelet makes of a ConfigMap. */
function payloadOf({ data = {}, binaryData = {} }: Readonly<Record<string, unknown>>): Record<string, Buffer> {
  const decode = (fields: unknown, encoding: 'utf8' | 'base64'): [string, Buffer][] =>
    Object.entries(fields as Record<string, string>).map(([name, text]) => [name, Buffer.from(text, encoding)]);
  return Object.fromEntries([...decode(data, 'utf8'), ...decode(binaryData, 'base64')]);
}

/** Reads each file by a flag of text, in one flag set, and by a flag of bytes, in another. */
async function read(source: Source): Promise<Record<string, readonly [text: string, hex: string]>> {
  const [texts, bytes] = [new FlagSet('texts'), new FlagSet('bytes')];
  const hex = (raw: string | Uint8Array): string => Buffer.from(raw as Uint8Array).toString('hex');
  for (const name of Object.keys(FILES)) {
    texts.dynamic(name, string, 'refused', 'Text.');
    bytes.dynamic(name, { name: 'hex', parse: hex, parseBytes: hex, format: String }, 'none', 'Bytes.');
  }
  for (const flags of [texts, bytes]) {
    await using watcher = await flags.watch(source, { required: false });
    await eventually(() => watcher.state === 'live', { withinMs: 20_000 });
  }
  return Object.fromEntries(
    Object.keys(FILES).map((name) => [name, [texts.find(name)?.text ?? '', bytes.find(name)?.text ?? '']]),
  );
}
