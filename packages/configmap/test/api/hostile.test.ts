// timeout: 300 s
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { SourceError } from '@flagz/core';
import { configMapApiSource } from '@flagz/configmap/api';
import { assertNoFault, assertSafe, hostileBytes, hostileJson, hostileText, tryAll, tryAllAsync } from '@flagz/fuzz';
import { assert, describe } from '@flagz/test-runner';
import fc from 'fast-check';
import { parseList } from '../../src/api/config-map-list.ts';
import { type ConfigMapVersion, readConfigMap, readDeleted } from '../../src/api/config-map.ts';
import { readLines } from '../../src/api/exchange.ts';
import { refusalOf } from '../../src/api/refusal.ts';
import { checkTiming } from '../../src/api/timing.ts';
import { readEvent } from '../../src/api/watch-event.ts';

const NAMED = { namespace: 'shop', name: 'flags' };
const TIMING = checkTiming({});
const MEMBERS = [
  'kind', 'type', 'object', 'items', 'metadata', 'name', 'namespace', 'resourceVersion', 'data', 'binaryData', 'managedFields', 'manager',
  'time', 'fieldsV1', 'f:data', 'code', 'reason', 'message', 'rate',
]; // prettier-ignore
const VALUES = [
  fc.constantFrom(
    'ConfigMap',
    'ConfigMapList',
    'flags',
    'shop',
    '7',
    'ADDED',
    'MODIFIED',
    'DELETED',
    'BOOKMARK',
    'ERROR',
    'AQ==',
  ),
  fc.constantFrom('2026-01-02T03:04:05Z', '{}'),
];
const hostileObject = hostileJson(MEMBERS, VALUES);
const base64 = hostileBytes.map((bytes) => Buffer.from(bytes).toString('base64'));
/** Makes the ConfigMap that was asked for, with anything in it. */
const ours = fc
  .tuple(
    fc.dictionary(hostileText, hostileText, { maxKeys: 4 }),
    fc.dictionary(hostileText, base64, { maxKeys: 2 }),
    hostileObject,
  )
  .map(([data, binaryData, managedFields]) => ({
    kind: 'ConfigMap',
    metadata: {
      ...NAMED,
      resourceVersion: '8',
      managedFields: [managedFields, { manager: 'x', fieldsV1: managedFields }],
    },
    data,
    binaryData,
  }));
const object: fc.Arbitrary<unknown> = fc.oneof(hostileObject, ours);
const line = fc.oneof(
  hostileText,
  object.map((value) => JSON.stringify(value)),
  fc
    .tuple(fc.constantFrom('ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR', 'X'), object)
    .map(([type, value]) => JSON.stringify({ type, object: value })),
);

/** Gives what is read, or what refuses it: a SourceError that can be printed. */
function read<T>(make: () => T): T | SourceError {
  try {
    return make();
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): SourceError {
  assert.instance(error, SourceError, String((error as Error).stack));
  assertNoFault(error);
  assertSafe((error as SourceError).message);
  return error as SourceError;
}

/** Is an answer that brings these bytes in these pieces. */
function answerOf(chunks: readonly Uint8Array[], statusCode = 200): IncomingMessage {
  const answer = new IncomingMessage(new Socket());
  answer.statusCode = statusCode;
  for (const chunk of chunks) if (chunk.length > 0) answer.push(Buffer.from(chunk));
  answer.push(null);
  return answer;
}

async function linesOf(chunks: readonly Uint8Array[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const one of readLines(answerOf(chunks), TIMING, 20, () => {})) lines.push(one);
  return lines;
}

describe('what a hostile API server sends', (it) => {
  it('as a line of a watch is an event, or refused', () => {
    tryAll(line, (text) => {
      const event = read(() => readEvent(text));
      if (event instanceof SourceError || !('object' in event)) return;
      const version = read(() =>
        event.type === 'DELETED' ? readDeleted(event.object, NAMED) : readConfigMap(event.object, NAMED, undefined),
      );
      if (version instanceof SourceError) return;
      // Whatever empties the layer is about the ConfigMap that was asked for.
      const { metadata } = event.object as { readonly metadata: typeof NAMED };
      assert.equal([metadata.namespace, metadata.name], [NAMED.namespace, NAMED.name]);
    });
  });

  it('as a list is one, or refused', () => {
    const list = object.map((value) => JSON.stringify({ kind: 'ConfigMapList', metadata: value, items: [value] }));
    tryAll(fc.oneof(list, line), (text) => {
      const found = read(() => parseList(Buffer.from(text)));
      if (!(found instanceof SourceError)) read(() => readConfigMap(found.item, NAMED, undefined));
    });
  });

  it('as the ConfigMap that was asked for gives each text to its key, and keeps equal ones', () => {
    tryAll(fc.tuple(ours, hostileText), ([sent, text]) => {
      const version = readConfigMap({ ...sent, data: { ...sent.data, rate: text } }, NAMED, undefined);
      if (!Object.hasOwn(sent.binaryData, 'rate'))
        assert.is(Buffer.compare(version.values.get('rate') ?? Buffer.of(), Buffer.from(text)), 0);
      for (const key of version.values.keys()) assert.ok(!key.startsWith('.'), key);
      const again = readConfigMap({ ...sent, data: { ...sent.data, rate: text } }, NAMED, version);
      assert.ok(sameObjects(again, version));
    });
  });

  it('as lines comes out whole, wherever it is cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 8 });
    return tryAllAsync(fc.tuple(fc.array(line, { maxLength: 4 }), cuts), async ([lines, at]) => {
      const sent = lines.map((text) => Buffer.from(text.replaceAll('\n', ' ')).toString());
      const bytes = Buffer.from(sent.map((text) => `${text}\n`).join(''));
      const places = [0, ...at.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      const wanted = sent.filter((text) => text.trim() !== '').map((text) => text.replace(/^\ufeff/, ''));
      assert.equal(await linesOf(chunks), wanted);
      // A byte at a time: a cut at every place there is.
      if (bytes.length < 500) assert.equal(await linesOf(Array.from(bytes, (byte) => Uint8Array.of(byte))), wanted);
    });
  });

  it('as bytes is lines of text, or breaks off', () =>
    tryAllAsync(fc.array(hostileBytes, { maxLength: 4 }), async (chunks) => {
      await linesOf(chunks).catch(refused);
    }));

  it('as a refusal makes one short error', () =>
    tryAllAsync(fc.tuple(fc.constantFrom(400, 401, 403, 404, 500), line), async ([status, text]) => {
      const message = JSON.stringify({ kind: 'Status', message: text });
      for (const body of [text, message]) {
        for (const isNobody of [true, false]) {
          const answer = answerOf([Buffer.from(body)], status);
          refused(await refusalOf(answer, 'list', NAMED, TIMING, { lasting: false, isNobody }));
        }
      }
    }));
});

describe('hostile options of configMapApiSource()', (it) => {
  it('make a source of names that Kubernetes has, or are refused', () => {
    tryAll(fc.tuple(hostileText, hostileText, fc.double()), ([namespace, name, silenceTimeoutMs]) => {
      try {
        configMapApiSource({ namespace, name, silenceTimeoutMs });
      } catch (error) {
        assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
        assertNoFault(error);
        return;
      }
      assert.match(`${namespace}/${name}`, /^[a-z0-9-]+\/[a-z0-9-]+(\.[a-z0-9-]+)*$/);
    });
  });
});

function sameObjects(left: ConfigMapVersion, right: ConfigMapVersion): boolean {
  return [...left.values].every(([key, value]) => right.values.get(key) === value);
}
