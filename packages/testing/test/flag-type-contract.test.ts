import type { FlagType } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { type FlagTypeSamples, flagTypeContract } from '@flagz/testing';

const words: FlagType<readonly string[]> = {
  name: 'words',
  parse(text) {
    if (/[^a-z\s]/.test(text)) throw new Error('expected words of lower-case letters');
    return Object.freeze(text.trim().split(/\s+/));
  },
  format: (value) => value.join(' '),
};
const samples: FlagTypeSamples<readonly string[]> = { values: [['a'], ['b', 'a']], rejects: ['A', '1 or 2'] };

const LAWS = {
  samples: 'has samples',
  roundTrip: 'reads from the text of a value that value',
  canonical: 'writes one canonical text per value',
  reflexive: 'finds a value equal to itself',
  stable: 'reads the same text every time as the same value',
  whiteSpace: 'ignores white space around a text',
  frozen: 'gives values that are deeply frozen',
  refusal: 'refuses with an Error that does not quote the text',
  linear: 'reads or refuses 10,000 characters of anything at once',
};

/** Runs the contract by hand and gives the laws that a type breaks. */
function brokenLaws<T>(
  type: FlagType<T>,
  on: FlagTypeSamples<T>,
): { broken: string[]; tried: number; messages: string[] } {
  const broken: string[] = [];
  const messages: string[] = [];
  let tried = 0;
  flagTypeContract(
    (_name, body) =>
      body((title, test) => {
        tried++;
        try {
          void test();
        } catch (error) {
          broken.push(title);
          messages.push((error as Error).message);
        }
      }),
    type,
    on,
  );
  return { broken, tried, messages };
}

flagTypeContract(describe, words, samples);

describe('flagTypeContract()', (it) => {
  it('finds no fault with a type that has none', () => {
    assert.equal(brokenLaws(words, samples), { broken: [], tried: Object.keys(LAWS).length, messages: [] });
  });

  it('lets a verbatim type keep its white space', () => {
    const verbatim: FlagType<string> = { name: 'verbatim', parse: (text) => text, format: (value) => value };
    assert.equal(brokenLaws(verbatim, { values: [' a'], rejects: [] }).broken, [LAWS.whiteSpace]);
    assert.equal(brokenLaws(verbatim, { values: [' a'], rejects: [], verbatim: true }).broken, []);
  });

  it('says what is wrong', () => {
    const { messages } = brokenLaws({ ...words, parse: (text) => text.split(' ') }, { values: [['a']], rejects: [] });
    assert.ok(messages.includes('broken: [object Array] in a value is not frozen'), messages.join('\n'));
  });

  const broken: readonly (readonly [
    fault: string,
    laws: readonly string[],
    type: FlagType<readonly string[]>,
    on?: Partial<typeof samples>,
  ])[] = [
    ['has no samples', [LAWS.samples], words, { values: [] }],
    [
      'does not read what it writes',
      [LAWS.roundTrip, LAWS.canonical, LAWS.stable, LAWS.whiteSpace, LAWS.frozen],
      { ...words, format: (value) => value.join(',') },
    ],
    ['loses a part of the value', [LAWS.roundTrip], { ...words, format: (value) => value[0] ?? '' }],
    ['writes no text', [LAWS.roundTrip], { ...words, format: () => undefined as never }],
    [
      'writes another text each time',
      [LAWS.canonical],
      { ...words, equals: () => true, format: (value) => value.join(' '.repeat((spaces = 3 - spaces))) },
    ],
    ['never finds values equal', [LAWS.reflexive], { ...words, equals: () => false }],
    [
      'reads every other time only',
      [LAWS.stable],
      { ...words, parse: (text) => (text.trim() === 'b a' && (odd = !odd) ? words.parse('z') : words.parse(text)) },
    ],
    ['keeps white space', [LAWS.whiteSpace], { ...words, parse: (text) => Object.freeze(text.split(' ')) }],
    ['gives values that can be changed', [LAWS.frozen], { ...words, parse: (text) => [...words.parse(text)] }],
    ['takes what it should refuse', [LAWS.refusal], words, { rejects: ['fine'] }],
    [
      'quotes the text',
      [LAWS.refusal],
      { ...words, parse: (text) => (/[^a-z\s]/.test(text) ? fail(`bad: ${text}`) : words.parse(text)) },
    ],
    [
      'throws what is no Error',
      [LAWS.refusal],
      { ...words, parse: (text) => (/[^a-z\s]/.test(text) ? failOddly() : words.parse(text)) },
    ],
    [
      'exhausts the stack',
      [LAWS.linear],
      { ...words, parse: (text) => (text.length > 5_000 ? forever(0) : words.parse(text)) },
    ],
    ['is slow', [LAWS.linear], { ...words, parse: (text) => (text.length > 5_000 ? slowly(text) : words.parse(text)) }],
  ];
  let spaces = 1;
  let odd = false;
  for (const [fault, laws, type, on] of broken) {
    it(`notices a type that ${fault}`, () => {
      const found = brokenLaws(type, { ...samples, ...on }).broken;
      for (const law of laws)
        assert.ok(found.includes(law), `expected "${law}" to be broken, found ${found.join('; ') || 'nothing'}`);
    });
  }

  it('notices a set that can be changed although it is frozen', () => {
    const set: FlagType<ReadonlySet<string>> = {
      name: 'set',
      parse: (text) => Object.freeze(new Set(text.trim())),
      format: (value) => [...value].join(''),
    };
    assert.equal(brokenLaws(set, { values: [new Set('ab')], rejects: [] }).broken, [LAWS.frozen]);
  });
});

function fail(reason: string): never {
  throw new Error(reason);
}

function failOddly(): never {
  // oxlint-disable-next-line no-throw-literal, only-throw-error: what is tried
  throw 'no Error';
}

function forever(depth: number): readonly string[] {
  return depth < 0 ? [] : [...forever(depth + 1)];
}

function slowly(text: string): readonly string[] {
  const end = Date.now() + 1_100;
  while (Date.now() < end);
  throw new Error(`too slow for ${text.length} characters`);
}
