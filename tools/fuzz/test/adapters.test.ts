// timeout: 300 s
import { envSource } from '@flagz/cli-adapters/env';
import { parseFlags } from '@flagz/cli-adapters/parse-args';
import {
  type DeclaredFlag,
  FlagError,
  FlagSet,
  type RawValue,
  type SourceSink,
  boolean,
  int,
  stringSet,
} from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import fc from 'fast-check';
import { hostileText, tryAll } from './hostile.ts';

function makeFlags(): FlagSet {
  const flags = new FlagSet('fuzz');
  flags.dynamic('rate', int, 1, 'x');
  flags.dynamic('on', boolean, true, 'x');
  flags.dynamic('names', stringSet, new Set(['a']), 'x');
  return flags;
}

describe('a hostile command line', (it) => {
  it('is read, or refused with a FlagError', () => {
    const option = fc
      .tuple(fc.constantFrom('--', '-', '--no-', '--rate=', '--rate', '--on=', '--names=', '--names'), hostileText)
      .map((parts) => parts.join(''));
    const flags = makeFlags();
    tryAll(fc.array(fc.oneof(option, hostileText), { maxLength: 6 }), (args) => {
      try {
        parseFlags(flags, args);
      } catch (error) {
        assert.instance(error, FlagError);
      }
    });
  });
});

describe('a hostile environment', (it) => {
  it('is read, and refused key by key', () => {
    const name = fc.oneof(fc.constantFrom('X_RATE', 'X_ON', 'X_NAMES'), hostileText);
    tryAll(fc.dictionary(name, hostileText), (env) => {
      const flags = makeFlags();
      const sink = {
        flags: () => flags as Iterable<DeclaredFlag>,
        replace: (values: Iterable<readonly [string, RawValue]>) =>
          flags.load({ name: 'environment', kind: 'environment' }, values),
      } as SourceSink;
      void envSource({ prefix: 'X_', env }).watch(sink, new AbortController().signal);
      for (const flag of ['rate', 'on', 'names']) assert.type(flags.find(flag)?.text, 'string');
    });
  });
});
