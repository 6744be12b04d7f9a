import { writeFileSync } from 'node:fs';
import { configMapMountSource, fileFlagSource } from '@flagz/configmap';
import { FlagSet, type Source, string } from '@flagz/core';
import { proto3 } from '@flagz/protobuf';
import { assert, describe } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';
import protobuf from 'protobufjs';
import { readConfigMap } from '../src/api/config-map.ts';
import { tempDir } from './temp-dir.ts';

const NEVER = { rescanMs: 100_000_000 };
const SCHEMA =
  'syntax = "proto3"; message Pricing { string currency = 1; int64 cents = 2; repeated string tiers = 3; }';

/** What a file of a ConfigMap may hold, and what it means wherever it is read from; nothing where it is refused. */
const CASES: Readonly<Record<string, readonly [content: string | Buffer, text: string | undefined]>> = {
  json: ['{"currency":"USD"}', '{"currency":"USD"}'],
  json_newline: ['{"currency":"USD"}\n', '{"currency":"USD"}'],
  json_crlf: ['{"currency":"USD"}\r\n', '{"currency":"USD"}'],
  base64: ['base64:CgNVU0Q=', '{"currency":"USD"}'],
  base64_newline: ['base64:CgNVU0Q=\n', '{"currency":"USD"}'],
  binary_that_is_utf8: [Buffer.from('0a03555344', 'hex'), '{"currency":"USD"}'],
  binary_with_euro: [Buffer.from('0a03e282ac', 'hex'), '{"currency":"€"}'],
  binary_with_newline_at_its_end: [Buffer.from('100a', 'hex'), '{"cents":"10"}'],
  binary_with_crlf_at_its_end: [Buffer.from('0a03550d0a', 'hex'), '{"currency":"U\\r\\n"}'],
  binary_that_is_no_utf8: [Buffer.from('10fb01', 'hex'), '{"cents":"251"}'],
  binary_list: [Buffer.from('1a0161', 'hex'), '{"tiers":["a"]}'],
  text_that_is_none: ['USD\n', undefined],
  nothing: ['', undefined],
};

/** Loads a source into flags of which some are declared only afterwards. */
async function read(
  sourceOf: (flags: FlagSet) => Source,
  declaredFirst: boolean,
): Promise<Record<string, string | undefined>> {
  const flags = new FlagSet('messages');
  const type = proto3<object>(protobuf.parse(SCHEMA).root.lookupType('Pricing'));
  const declare = (): void => {
    for (const name of Object.keys(CASES)) if (!flags.find(name)) flags.dynamic(name, type, {}, 'A message.');
  };
  if (declaredFirst) declare();
  await using watcher = await flags.watch(sourceOf(flags), { required: false });
  const loaded = new Promise<void>((resolve) => flags.subscribe(({ kind }) => kind === 'watcher' && resolve()));
  if (watcher.state === 'starting') await loaded;
  declare();
  const refused = new Set(watcher.status.rejected.map(({ flag }) => flag));
  return Object.fromEntries(
    Object.keys(CASES).map((name) => [name, refused.has(name) ? undefined : flags.find(name)?.text]),
  );
}

/** Gives a ConfigMap as `kubectl create configmap --from-file` makes it: what is UTF-8 is data. */
function configMapOf(asBinary: (content: Buffer) => boolean): ReturnType<typeof readConfigMap> {
  const data: Record<string, string> = {};
  const binaryData: Record<string, string> = {};
  for (const [name, [content]] of Object.entries(CASES)) {
    const bytes = Buffer.from(content);
    if (asBinary(bytes)) binaryData[name] = bytes.toString('base64');
    else data[name] = bytes.toString('utf8');
  }
  const metadata = { name: 'flags', namespace: 'shop', resourceVersion: '1' };
  return readConfigMap({ kind: 'ConfigMap', metadata, data, binaryData }, metadata, undefined);
}

describe('a message in a ConfigMap', (it) => {
  const expected = Object.fromEntries(Object.entries(CASES).map(([name, [, text]]) => [name, text]));
  const isBinary = (bytes: Buffer): boolean => !Buffer.from(bytes.toString('utf8')).equals(bytes);
  const sources: Readonly<Record<string, (dir: string) => (flags: FlagSet) => Source>> = {
    'a mount': (dir) => () => configMapMountSource(dir, NEVER),
    'the API, where kubectl chose between data and binaryData': () => () =>
      memorySource(Object.fromEntries(configMapOf(isBinary).values)),
    'the API, all of it in binaryData': () => () => memorySource(Object.fromEntries(configMapOf(() => true).values)),
    'bytes as etcd delivers them': () => () =>
      memorySource(Object.fromEntries(Object.entries(CASES).map(([name, [content]]) => [name, Buffer.from(content)]))),
  };
  for (const [name, sourceIn] of Object.entries(sources)) {
    for (const declaredFirst of [true, false]) {
      it(`is the same from ${name}${declaredFirst ? '' : ', for flags that are declared later'}`, async () => {
        using dir = filled();
        assert.equal(await read(sourceIn(dir.path), declaredFirst), expected);
      });
    }
  }

  it('is the same from the file that a flag names', async () => {
    using dir = filled();
    const source = (flags: FlagSet): Source => {
      const paths = Object.keys(CASES).map((name) => [flags.fileFlag(flags.find(name)!).name, dir.join(name)] as const);
      flags.load({ name: 'command line', kind: 'command line' }, paths);
      return fileFlagSource(flags, NEVER);
    };
    assert.equal(await read(source, true), expected);
  });

  it('gives text, without its newline, to flags that read text, whichever field holds it', () => {
    const { values } = configMapOf(() => true);
    assert.is(values.get('json_newline')?.text, '{"currency":"USD"}');
    assert.is(values.get('binary_that_is_no_utf8')?.text, undefined);
    const flags = new FlagSet('texts');
    const label = flags.dynamic('json_newline', string, '', '');
    flags.load({ name: 'x', kind: 'source' }, values);
    assert.is(label.get(), '{"currency":"USD"}');
  });
});

/** Makes a folder with a file for each case. */
function filled(): ReturnType<typeof tempDir> {
  const temp = tempDir();
  for (const [name, [content]] of Object.entries(CASES)) writeFileSync(temp.join(name), content);
  return temp;
}
