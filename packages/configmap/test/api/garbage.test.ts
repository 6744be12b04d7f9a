import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { eventually } from '@flagz/testing';
import { assert, describe } from '@flagz/test-runner';
import { type Answer, type Double, openWatch } from './double.ts';
import { on, watchOf } from './on-double.ts';

const LONG = `${'€'.repeat(1_000_000)}🚩`;

const LIST = '{"kind":"ConfigMapList","metadata":{"resourceVersion":"7"},"items":[]}';

describe('configMapApiSource: garbage', (it) => {
  /** The first watch is the garbage; what is right by then has to arrive by another list. */
  const refuses = (title: string, garbage: (double: Double) => Answer, message: RegExp): void => {
    it(
      `${title}: says so, lists again, loses nothing`,
      on(
        async (double) => void double.nextWatches.push(garbage(double)),
        async ({ double, rate, told, errors, watcher }) => {
          double.data = { rate: '30' };
          await eventually(() => rate.get() === 30 && watcher.state === 'live');
          assert.match(errors[0] ?? '', message);
          assert.ok(watcher.status.restarts >= 1);
          assert.equal(told, ['10>20', '20>30']);
        },
      ),
    );
  };

  refuses('a line that is not JSON', () => watchOf('{"type": \n'), /a line of 9 characters that is not JSON/);
  refuses(
    'half a line and then an end',
    () => watchOf('{"type":"MODI', { end: true }),
    /ended in the middle of a line/,
  );
  refuses('an event of unknown type', () => watchOf('{"type":"EXPLODED"}\n'), /unknown type "EXPLODED"/);
  refuses('an event without a type', () => watchOf('[]\n'), /unknown type "undefined"/);
  refuses(
    'bytes that are no text',
    () => watchOf(Buffer.from([0xff, 0xfe, 0x0a])),
    /the watch broke off: a line is not UTF-8/,
  );
  refuses(
    'an object of another kind',
    () => watchOf('{"type":"MODIFIED","object":{"kind":"Secret","metadata":{"name":"flags","namespace":"shop"}}}\n'),
    /another object than was asked for: Secret "shop\/flags"/,
  );
  refuses(
    'another ConfigMap',
    () => watchOf('{"type":"MODIFIED","object":{"kind":"ConfigMap","metadata":{"name":"other","namespace":"shop"}}}\n'),
    /another object than was asked for: ConfigMap "shop\/other"/,
  );
  for (const [title, object, message] of [
    ['of another kind', '{"kind":"Secret","metadata":{"name":"flags","namespace":"shop"}}', /Secret "shop\/flags"/],
    [
      'of another name',
      '{"kind":"ConfigMap","metadata":{"name":"other","namespace":"shop"}}',
      /ConfigMap "shop\/other"/,
    ],
    [
      'of another namespace',
      '{"kind":"ConfigMap","metadata":{"name":"flags","namespace":"x"}}',
      /ConfigMap "x\/flags"/,
    ],
    ['without a name', '{"kind":"ConfigMap"}', /ConfigMap "undefined\/undefined"/],
    ['that is none', '7', /ConfigMap "undefined\/undefined"/],
    ['that is null', 'null', /ConfigMap "undefined\/undefined"/],
  ] as const) {
    refuses(`the end of an object ${title}`, () => watchOf(`{"type":"DELETED","object":${object}}\n`), message);
  }
  refuses('the end of nothing', () => watchOf('{"type":"DELETED"}\n'), /another object .* "undefined\/undefined"/);
  for (const [fields, message] of [
    ['"data":"hunter2"', /a ConfigMap whose data is a string$/],
    ['"data":["hunter2"]', /a ConfigMap whose data is a list$/],
    ['"data":{"label":"hunter2","rate":30}', /a ConfigMap whose data\["rate"\] is a number$/],
    ['"data":{"rate":null}', /a ConfigMap whose data\["rate"\] is null$/],
    ['"binaryData":7', /a ConfigMap whose binaryData is a number$/],
    ['"binaryData":{"rate":{}}', /a ConfigMap whose binaryData\["rate"\] is an object$/],
    ['"binaryData":{"rate":"hunter2!"}', /a ConfigMap whose binaryData\["rate"\] is no base64$/],
    ['"binaryData":{"rate":"MzA"}', /a ConfigMap whose binaryData\["rate"\] is no base64$/],
  ] as const) {
    const object = `{"kind":"ConfigMap","metadata":{"name":"flags","namespace":"shop"},${fields}}`;
    refuses(`a ConfigMap with ${fields}`, () => watchOf(`{"type":"MODIFIED","object":${object}}\n`), message);
  }
  refuses(
    'an error in the stream',
    () => watchOf('{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}\n', { end: true }),
    /ended the watch: 410 Expired: too old/,
  );
  refuses('an end without delay', () => watchOf('', { end: true }), /ended the watch early/);
  refuses(
    'a watch that breaks off',
    () => (response) => {
      openWatch(response);
      response.write('{"type":', () => response.socket?.destroy());
    },
    /the watch broke off/,
  );
  refuses(
    'gzip that nobody asked for',
    (double) => (response) => {
      response.setHeader('content-encoding', 'gzip').flushHeaders();
      response.write(gzipSync(`${JSON.stringify({ type: 'MODIFIED', object: double.object() })}\n`));
    },
    /encoded with "gzip", which was not asked for/,
  );

  for (const [title, list, message] of [
    [
      'a list that is not UTF-8',
      Buffer.from(LIST.replace('7', '\xff'), 'latin1'),
      /with \d+ bytes that are not UTF-8$/,
    ],
    ['a list that is not JSON', '{"kind"', /7 characters that are not JSON/],
    ['a list of something else', '{"kind":"PodList","items":[]}', /answered with "PodList" where a ConfigMapList/],
    ['a list without a kind', '7', /answered with undefined where a ConfigMapList/],
    ['a list of 7', LIST.replace('[]', '7'), /a ConfigMapList whose items are a number$/],
    ['a list without items', '{"kind":"ConfigMapList","metadata":{}}', /a ConfigMapList whose items are missing$/],
    ['a list of two', LIST.replace('[]', '[{},{}]'), /sent 2 ConfigMaps where one was asked for$/],
    ['a list of null', LIST.replace('[]', '[null]'), /another object than was asked for/],
  ] as const) {
    it(
      `${title}: says so, and lists again`,
      on(
        async (double) => void double.nextLists.push((response) => response.end(list)),
        async ({ rate, errors }) => {
          assert.is(rate.get(), 20);
          assert.match(errors[0] ?? '', message);
        },
      ),
    );
    it(
      `${title} when there are values already: loses none`,
      on(
        async (double) => void double.nextWatches.push(watchOf('', { end: true })),
        async ({ double, rate, told, errors, watcher }) => {
          double.data = { rate: '30' };
          double.nextLists.push((response) => response.end(list));
          await eventually(() => rate.get() === 30 && watcher.state === 'live');
          assert.match(errors[1] ?? '', message);
          assert.equal(told, ['10>20', '20>30']);
        },
      ),
    );
  }

  for (const [what, headers] of [
    ['another protocol', 'connection: upgrade\r\nupgrade: h2c\r\n'],
    ['another protocol, but not which', ''],
  ] as const) {
    it(
      `${what}: says so, and asks again`,
      on(
        async (double) => {
          const answer: Answer = (response) =>
            void response.socket?.write(`HTTP/1.1 101 Switching Protocols\r\n${headers}\r\n`);
          double.nextLists.push(answer);
          double.nextWatches.push(answer);
        },
        async ({ rate, errors }) => {
          assert.is(rate.get(), 20);
          assert.equal(errors.length, 2);
          for (const error of errors)
            assert.match(error, /answered with another protocol \(101\), .*check server and proxy-url/);
        },
      ),
    );
  }

  it(
    'takes null for a list of nothing, as a server in Go may write it',
    on(
      async (double) => void double.nextLists.push((response) => response.end(LIST.replace('[]', 'null'))),
      async ({ rate, errors }) => {
        assert.is(rate.source, 'default');
        assert.equal(errors, []);
      },
    ),
  );

  it(
    'takes a line of 3 MB in pieces that split characters at every byte',
    on(
      async (double) => {
        const event = { type: 'MODIFIED', object: double.object({ label: LONG }, '8') };
        const line = Buffer.from(`${JSON.stringify(event)}\n`);
        double.nextWatches.push((response) => {
          openWatch(response);
          // A size that 3 does not divide lands on every byte of a character in turn.
          for (let start = 0; start < line.length; start += 4_099) response.write(line.subarray(start, start + 4_099));
        });
      },
      async ({ label, watcher }) => {
        await eventually(() => label.get() === LONG, { withinMs: 10_000 });
        assert.is(watcher.status.restarts, 0);
      },
    ),
  );

  it(
    'takes a short line a byte at a time',
    on(
      async (double) => {
        const line = Buffer.from(
          `${JSON.stringify({ type: 'MODIFIED', object: double.object({ label: 'ä€🚩' }, '8') })}\n`,
        );
        double.nextWatches.push((response) => {
          openWatch(response);
          response.socket?.setNoDelay(true);
          let sent = 0;
          const timer = setInterval(() => {
            response.write(line.subarray(sent, ++sent));
            if (sent === line.length) clearInterval(timer);
          }, 1);
        });
      },
      async ({ label, watcher }) => {
        await eventually(() => label.get() === 'ä€🚩');
        assert.is(watcher.status.restarts, 0);
      },
    ),
  );

  it(
    'gives up on a line that never ends',
    on(
      async (double) => void double.nextWatches.push(watchOf(randomBytes(17 * 1024 * 1024).fill(0x20))),
      async ({ errors }) => {
        await eventually(() => errors.length > 0, { withinMs: 10_000 });
        assert.match(errors[0] ?? '', /a line is longer than 16777216 bytes/);
      },
    ),
  );

  it(
    'comes back ever more slowly to a server that ends each watch at once',
    on(
      async (double) =>
        void double.nextWatches.push(...Array.from({ length: 1_000 }, () => watchOf('', { end: true }))),
      async ({ double }) => {
        const until = Date.now() + 3_000;
        await eventually(() => Date.now() > until);
        assert.ok(double.lists <= 25, `${double.lists} lists in three seconds`);
      },
    ),
  );

  it(
    'never shows a value that garbage may hold',
    on(
      async (double) => void double.nextWatches.push(watchOf('{"password":"hunter2"\n')),
      async ({ errors, watcher }) => {
        await eventually(() => errors.length > 0);
        const { lastError } = watcher.status;
        assert.not.match(
          `${errors.join(' ')} ${String(lastError?.cause)} ${String((lastError?.cause as Error)?.cause)}`,
          /hunter2/,
        );
      },
    ),
  );
});
