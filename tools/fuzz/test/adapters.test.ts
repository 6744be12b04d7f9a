// timeout: 300 s
import { addFlags as addToCommander } from '@flagz/cli-adapters/commander';
import { envSource } from '@flagz/cli-adapters/env';
import { parseFlags } from '@flagz/cli-adapters/parse-args';
import { addFlags as addToYargs } from '@flagz/cli-adapters/yargs';
import {
  type DeclaredFlag,
  FlagError,
  FlagSet,
  type RawValue,
  type SourceSink,
  boolean,
  duration,
  inRange,
  int,
  oneOf,
  string,
  stringSet,
} from '@flagz/core';
import { assertNoFault, assertSafe, hostileText, tryAll, tryAllAsync, watched } from '@flagz/fuzz';
import { assert, describe } from '@flagz/test-runner';
import { Command, CommanderError } from 'commander';
import fc from 'fast-check';
import yargs from 'yargs';

const NAMES = ['rate', 'on', 'names', 'label', 'db.pool', 'max_wait', 'level', 'secret'] as const;

function makeFlags(): FlagSet {
  const flags = new FlagSet('fuzz');
  flags.dynamic('rate', watched(int), 1, 'x').withValidator(inRange(0, 1_000));
  flags.dynamic('on', watched(boolean), true, 'x');
  flags.dynamic('names', watched(stringSet), new Set(['a']), 'x');
  flags.dynamic('label', watched(string), '', 'x');
  flags.static('db.pool', watched(int), 1, 'x');
  flags.dynamic('max_wait', watched(duration), 1, 'x');
  flags.dynamic('level', watched(oneOf('a', 'b')), 'a', 'x');
  flags.dynamic('secret', watched(int), 7, 'x', { sensitive: true });
  return flags;
}

function textsOf(flags: FlagSet): readonly string[] {
  return NAMES.map((name) => flags.find(name)?.text ?? '');
}

/** Is a reader of command lines with what it may throw. */
interface Adapter {
  readonly name: string;
  readonly parse: (flags: FlagSet, args: readonly string[]) => void;
  readonly isRefusal: (error: unknown) => boolean;
}

/** What yargs says goes through its `fail` handler, where nothing prints. */
class YargsRefusal extends Error {}

const adapters: readonly Adapter[] = [
  {
    name: 'parseArgs of node:util',
    parse: (flags, args) => void parseFlags(flags, args),
    isRefusal: (error) => error instanceof FlagError,
  },
  {
    name: 'commander',
    parse(flags, args) {
      const quiet = { writeOut: () => {}, writeErr: () => {} };
      const command = new Command('fuzz').exitOverride().configureOutput(quiet).argument('[more...]');
      addToCommander(command, flags).parse([...args], { from: 'user' });
    },
    isRefusal: (error) => error instanceof CommanderError,
  },
  {
    name: 'yargs',
    parse(flags, args) {
      const program = yargs([]).exitProcess(false).help(false).version(false).locale('en');
      program.fail((message, error) => {
        throw error instanceof FlagError ? error : new YargsRefusal(message, { cause: error });
      });
      void addToYargs(program, flags).parse(args);
    },
    isRefusal: (error) => error instanceof FlagError || error instanceof YargsRefusal,
  },
];

/** Makes what the types of the flags take, or nearly. */
const nearly = fc.oneof(
  fc.constantFrom(
    '5',
    '-5',
    '1e3',
    '0x10',
    'true',
    'false',
    'T',
    'a',
    'b',
    'c',
    'a,b',
    '"a',
    '1h',
    '5ms',
    '-',
    '--',
    '',
  ),
  fc.constantFrom(
    '--rate',
    '--no-on',
    '--rate=5',
    '-r',
    '=',
    '--=',
    '--no-',
    '--__proto__',
    '--__proto__.x',
    '--a.b.c',
  ),
  hostileText,
);

/** Makes one flag with a text, said in one of the ways to say it. */
const said = fc.record({ name: fc.constantFrom(...NAMES), text: nearly, inline: fc.boolean(), dashed: fc.boolean() });

const token = fc.oneof(
  nearly,
  fc
    .tuple(fc.constantFrom('--', '-', '--no-', '---'), fc.constantFrom<string>(...NAMES), fc.constantFrom('', '='))
    .map((parts) => parts.join('')),
  fc.tuple(fc.constantFrom(...NAMES), nearly).map(([name, text]) => `--${name}=${text}`),
);

for (const { name, parse, isRefusal } of adapters) {
  describe(`a hostile command line, read by ${name}`, (it) => {
    it('that names flags gives each the text that was said last, or is refused and changes nothing', () => {
      tryAll(fc.array(said, { maxLength: 4 }), (all) => {
        const flags = makeFlags();
        const before = textsOf(flags);
        const expected = makeFlags();
        const args = all.flatMap(({ name: flag, text, inline, dashed }) => {
          const option = `--${dashed ? flag.replace('_', '-') : flag}`;
          return inline || flag === 'on' ? [`${option}=${text}`] : [option, text];
        });
        const last = new Map(all.map(({ name: flag, text }) => [flag as string, text]));
        const isGood = all.every(({ name: flag, text }) => takes(expected, flag, text));
        const refused = refusalOf(() => parse(flags, args));
        assert.is(refused === undefined, isGood, JSON.stringify(args));
        if (refused === undefined) {
          expected.load({ name: 'command line', kind: 'command line' }, last);
          assert.equal(textsOf(flags), textsOf(expected));
        } else {
          assert.ok(isRefusal(refused), (refused as Error).stack);
          assertNoFault(refused);
          assertSafe((refused as Error).message.replaceAll('\n', ' '));
          assert.equal(textsOf(flags), before);
        }
      });
    });

    it('of anything is read, or refused as its parser refuses, and changes nothing then', () => {
      tryAll(fc.array(token, { maxLength: 6 }), (args) => {
        const flags = makeFlags();
        const before = textsOf(flags);
        const refused = refusalOf(() => parse(flags, args));
        if (refused === undefined) return;
        assert.ok(isRefusal(refused), (refused as Error).stack);
        assertNoFault(refused);
        assert.equal(textsOf(flags), before);
      });
    });
  });
}

function takes(flags: FlagSet, name: string, text: string): boolean {
  return refusalOf(() => flags.find(name)?.check(text)) === undefined;
}

/** Gives what a parse throws; that it ends the process is no refusal. */
function refusalOf(parse: () => void): unknown {
  const exit: unknown = Reflect.get(process, 'exit');
  process.exit = (code) => {
    throw new Error(`process.exit(${code})`);
  };
  try {
    parse();
    return undefined;
  } catch (error) {
    return error ?? new Error('nothing was thrown');
  } finally {
    process.exit = exit as typeof process.exit;
  }
}

describe('a hostile environment', (it) => {
  it('is read, and refused key by key', async () => {
    const variables = new Map(NAMES.map((name) => [`X_${name.toUpperCase().replace('.', '_')}`, name]));
    const name = fc.oneof(
      fc.constantFrom(...variables.keys()),
      hostileText,
      hostileText.map((text) => `X_${text}`),
    );
    await tryAllAsync(fc.dictionary(name, nearly, { maxKeys: 8 }), async (env) => {
      const flags = makeFlags();
      const expected = makeFlags();
      const sink = {
        flags: () => flags as Iterable<DeclaredFlag>,
        replace(values: Iterable<readonly [string, RawValue]>) {
          const result = flags.load({ name: 'environment', kind: 'environment' }, values);
          for (const { error } of result.rejected) assertNoFault(error);
          return result;
        },
      } as SourceSink;
      await envSource({ prefix: 'X_', env }).watch(sink, new AbortController().signal);
      for (const [variable, flag] of variables) {
        const text = env[variable];
        if (!Object.hasOwn(env, variable) || text === undefined || (text === '' && flag !== 'label')) continue;
        if (takes(expected, flag, text)) expected.load({ name: flag, kind: 'environment' }, [[flag, text]]);
      }
      assert.equal(textsOf(flags), textsOf(expected));
    });
  });
});
