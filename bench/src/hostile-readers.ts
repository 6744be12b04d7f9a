import { addFlags as addToCommander } from '@flagz/cli-adapters/commander';
import { envSource } from '@flagz/cli-adapters/env';
import { parseFlags } from '@flagz/cli-adapters/parse-args';
import { addFlags as addToYargs } from '@flagz/cli-adapters/yargs';
import {
  type DeclaredFlag,
  FlagSet,
  type FlagType,
  type RawValue,
  type SourceSink,
  boolean,
  duration,
  float64,
  int,
  int64,
  json,
  oneOf,
  string,
  stringSet,
  stringSlice,
} from '@flagz/core';
import { flagzFetchHandler } from '@flagz/debug-http';
import { proto3 } from '@flagz/protobuf';
import { Command } from 'commander';
import yargs from 'yargs';
import { type HostileInput, treeType } from './hostile-inputs.ts';

/** The page reads so much of a query, and refuses a longer one by its length. */
const LONGEST_QUERY = 4_096;
const PAGE = 'http://service.test/debug/flagz';

/** Is one of the parsers that read what others write. */
export interface HostileReader {
  readonly name: string;
  readonly readsBytes: boolean;
  /** Names the inputs that are made for it. */
  readonly takes?: HostileInput['madeFor'];
  /** Reads one input. To throw is to refuse it; what is taken is written, too, where it is to be. */
  readonly read: (raw: string | Uint8Array) => unknown;
}

/** Makes one reader of each kind; fresh ones, with which nothing was read. */
export async function hostileReaders(): Promise<readonly HostileReader[]> {
  return [...types(), ...adapters(), ...(await page()), ...(await sources())];
}

function types(): readonly HostileReader[] {
  const tree = treeType();
  const message = proto3<object>(tree) as FlagType<unknown>;
  const lenient = proto3<object>(tree, { allowUnknownFields: true }) as FlagType<unknown>;
  const plain = [
    boolean,
    duration,
    float64,
    int,
    int64,
    json().forDefault<unknown>(null),
    oneOf('a', 'b'),
    string,
    stringSet,
    stringSlice,
  ] as readonly FlagType<unknown>[];
  return [
    ...plain.map((type) => readerOf(type.name, type)),
    { ...readerOf(message.name, message), takes: 'messages' },
    { ...readerOf(`${message.name}, unknown fields allowed`, lenient), takes: 'messages' },
  ];
}

function readerOf(name: string, type: FlagType<unknown>): HostileReader {
  return {
    name,
    readsBytes: type.parseBytes !== undefined,
    read: (raw) => type.format(typeof raw === 'string' ? type.parse(raw) : type.parseBytes!(raw)),
  };
}

function adapters(): readonly HostileReader[] {
  const quiet = { writeOut: () => {}, writeErr: () => {} };
  const command = new Command('bench').exitOverride().configureOutput(quiet).argument('[more...]');
  addToCommander(command, makeFlags());
  const program = () => yargs([]).exitProcess(false).fail(false).help(false).version(false);
  const [ours, plain] = [program(), program()];
  addToYargs(ours, makeFlags());
  const flags = makeFlags();
  const environment = makeFlags();
  return [
    reader('parseArgs', 'arguments', (text) => parseFlags(flags, wordsOf(text))),
    reader('commander', 'arguments', (text) => command.parse(wordsOf(text), { from: 'user' })),
    reader('yargs', 'arguments', (text) => ours.parse(wordsOf(text))),
    reader('yargs, without flags', 'arguments', (text) => plain.parse(wordsOf(text))),
    reader('environment', 'arguments', (text) => {
      // Names and texts of which make 10 kB.
      const others = wordsOf(text)
        .slice(0, 1_000)
        .map((word, index): [string, string] => [`X_${word}${index}`, word]);
      const env: Record<string, string> = { ...Object.fromEntries(others), X_NAMES: text, X_RATE: text };
      return envSource({ prefix: 'X_', env }).watch(sinkOf(environment), new AbortController().signal);
    }),
  ];
}

function wordsOf(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

async function page(): Promise<readonly HostileReader[]> {
  // Node loads its Request when it is used first: any server has done so by then.
  await new Request(PAGE, { method: 'POST', body: 'x', headers: { accept: '*/*' } }).text();
  const handler = flagzFetchHandler(makeFlags(), { writable: { authorize: () => 'bench' } });
  const post = (type: string, body: string): Promise<Response> =>
    handler(new Request(PAGE, { method: 'POST', body, headers: { 'content-type': type } }));
  // Bytes, of which a header may hold all but these.
  const headers = (text: string): Headers => {
    const value = Buffer.from(text.replaceAll(/[\0\r\n]/g, ' ')).toString('latin1');
    return new Headers({ accept: value, 'if-none-match': value, 'last-event-id': value });
  };
  return [
    reader('page: query', 'requests', (text) => handler(new Request(`${PAGE}?${text.slice(0, LONGEST_QUERY)}`))),
    reader('page: headers', 'requests', (text) => handler(new Request(PAGE, { headers: headers(text) }))),
    reader('page: form', 'requests', (text) => post('application/x-www-form-urlencoded', text)),
    reader('page: JSON', 'requests', (text) => post('application/json', text)),
  ];
}

async function sources(): Promise<readonly HostileReader[]> {
  // Parsers that are nobody's but their source's.
  const [{ readEvent }, { readConfigMap }, { keyOf, nameOf, rangeOf }] = (await Promise.all([
    import(built('configmap', 'api/watch-event')),
    import(built('configmap', 'api/config-map')),
    import(built('etcd', 'mirror')),
  ])) as [WatchEvents, ConfigMaps, Mirrors];
  const range = rangeOf('/shop/flagz/');
  return [
    reader('line of a watch', 'watches', (text) => {
      const event = readEvent(text);
      return readConfigMap(event.object, { namespace: 'shop', name: 'flags' }, undefined);
    }),
    {
      name: 'key of etcd',
      readsBytes: true,
      read: (raw) => keyOf(range, nameOf(range, Buffer.concat([range.key, Buffer.from(raw)]))),
    },
  ];
}

interface WatchEvents {
  readonly readEvent: (line: string) => { readonly object?: unknown };
}
interface ConfigMaps {
  readonly readConfigMap: (object: unknown, expected: object, before: undefined) => unknown;
}
interface Mirrors {
  readonly rangeOf: (prefix: string) => { readonly key: Uint8Array };
  readonly nameOf: (range: object, key: Uint8Array) => string;
  readonly keyOf: (range: object, name: string) => unknown;
}

function built(folder: string, module: string): string {
  return new URL(`../../packages/${folder}/dist/${module}.js`, import.meta.url).href;
}

function reader(name: string, takes: HostileInput['madeFor'], read: (text: string) => unknown): HostileReader {
  return { name, readsBytes: false, ...(takes && { takes }), read: (raw) => read(raw as string) };
}

function makeFlags(): FlagSet {
  const flags = new FlagSet('bench');
  flags.dynamic('rate', int, 1, 'x');
  flags.dynamic('on', boolean, true, 'x');
  flags.dynamic('names', stringSet, new Set(['a']), 'x');
  return flags;
}

function sinkOf(flags: FlagSet): SourceSink {
  return {
    flags: () => flags as Iterable<DeclaredFlag>,
    replace: (values: Iterable<readonly [string, RawValue]>) =>
      flags.load({ name: 'environment', kind: 'environment' }, values),
  } as SourceSink;
}
