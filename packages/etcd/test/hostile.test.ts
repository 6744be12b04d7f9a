// timeout: 300 s
import { type EtcdSourceOptions, etcdSource } from '@flagz/etcd';
import { SourceError } from '@flagz/core';
import { assertNoFault, assertSafe, hostileBytes, hostileText, tryAll } from '@flagz/fuzz';
import { assert, describe } from '@flagz/test-runner';
import fc from 'fast-check';
import { checkHosts } from '../src/hosts.ts';
import { keyOf, nameOf, rangeOf } from '../src/mirror.ts';

const prefix = hostileText.filter((text) => text.replaceAll('/', '') !== '').map((text) => `${text}/`);
const HEX = ['bytes:', 'bytes', 'bytes:00', 'bytes:ff', 'bytes:zz', 'bytes:62797465733a', 'rate', ''];
const rest = fc.oneof(
  hostileBytes,
  fc.constantFrom(...HEX).map((text) => new TextEncoder().encode(text)),
);

describe('hostile keys of etcd', (it) => {
  it('have names that lead back to them, so that no two have one', () => {
    tryAll(fc.tuple(prefix, rest), ([text, bytes]) => {
      const range = rangeOf(text);
      const key = Buffer.concat([range.key, bytes]);
      const name = nameOf(range, key);
      assert.is(keyOf(range, name).compare(key), 0, name);
    });
  });

  it('that are a flag under their prefix have its name', () => {
    const flag = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,40}$/);
    tryAll(fc.tuple(prefix, flag), ([text, name]) => {
      const range = rangeOf(text);
      assert.is(nameOf(range, keyOf(range, name)), name);
      assert.is(nameOf(range, Buffer.from(`${text}${name}`)), name);
    });
  });

  it('lie in the range of a prefix just when they begin with it', () => {
    const near = fc.tuple(fc.boolean(), rest, fc.nat(), fc.nat(255));
    tryAll(fc.tuple(prefix, near), ([text, [isUnder, bytes, at, byte]]) => {
      const { key: start, range_end: end } = rangeOf(text);
      const key = Buffer.concat(isUnder ? [start, bytes] : [bytes]);
      if (key.length > 0) key[at % key.length] = byte;
      const isInRange = key.compare(start) >= 0 && key.compare(end) < 0;
      assert.is(isInRange, key.subarray(0, start.length).equals(start), key.toString('hex'));
    });
  });
});

describe('hostile options of etcdSource()', (it) => {
  it('as prefix make a source, or are refused', () => {
    tryAll(hostileText, (text) => {
      const error = refusalOf(() => etcdSource({ hosts: '127.0.0.1:2379', prefix: text }));
      assert.is(error !== undefined, text.replaceAll('/', '') === '');
    });
  });

  it('as hosts are addresses with a name and a port, or are refused', () => {
    const piece = fc.constantFrom(
      'http://',
      'https://',
      'a',
      '[::1]',
      ':',
      '2379',
      '@',
      '/',
      '?',
      '#',
      ' ',
      '%',
      '.',
      '0',
      '99999',
    );
    const host = fc.oneof(
      hostileText,
      fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
    );
    tryAll(fc.array(host, { maxLength: 3 }), (hosts) => {
      if (refusalOf(() => etcdSource({ hosts, prefix: '/x' }))) return;
      const checked = checkHosts(hosts, (reason) => new SourceError(reason));
      for (const one of checked) assert.match(one, /^(https?:\/\/)?[^\s/@?#]+$/);
    });
  });

  it('of any other kind are refused, or make a source', () => {
    const anything = fc.oneof(
      hostileText,
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(hostileText),
      fc.object(),
    );
    const time = fc.double();
    const members = { prefix: anything, hosts: anything, auth: anything, rollbackDelayMs: time, reloadEveryMs: time };
    const options = fc.record(members, { requiredKeys: [] });
    tryAll(options, (given) => void refusalOf(() => etcdSource(given as unknown as EtcdSourceOptions)));
  });
});

/** @throws what is no refusal */
function refusalOf(make: () => unknown): SourceError | undefined {
  try {
    make();
    return undefined;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    assertNoFault(error);
    assertSafe(error.message);
    return error;
  }
}
