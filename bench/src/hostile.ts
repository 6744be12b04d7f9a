import {
  type FlagType,
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
import { proto3 } from '@flagz/protobuf';
import protobuf from 'protobufjs';
import type { Subject } from './subject.ts';
import { showTime } from './table.ts';

const LENGTH = 10_000;
const ROUNDS = 5;
const SCHEMA = `
  syntax = "proto3";
  message Tree { Tree kid = 1; repeated int32 numbers = 2; map<string, Tree> kids = 3; string text = 4; bytes raw = 5; }`;

/** What careless grammars, recursions and searches for the fault are slow on. */
const PIECES = [
  'x',
  '1',
  '_1',
  '.',
  'e',
  '1h',
  '"',
  '""',
  '",',
  '"a",',
  'a,',
  '\n',
  ' ',
  '[',
  '{"a":',
  '{"kid":',
  '\\u',
  '=',
  'AAAA',
];
const STARTS = ['', '"', '0x', '1.', '-', '{"text":"', '{"numbers":[', 'base64:', 'base64:Cv'];
const ENDS = ['', '!', '"', '"}', '0]}'];

/** Reads 10 kB of anything, as every type, and writes it where it is taken. */
export const hostile: Subject = {
  name: 'hostile',
  title: `hostile: ${LENGTH.toLocaleString('en')} characters of anything are read or refused`,
  async measure(effort) {
    const rounds = Math.ceil(ROUNDS * effort);
    const texts = hostileTexts().slice(0, Math.ceil(hostileTexts().length * effort));
    const worst = types().map((type) => ({ name: type.name, ...slowest(type, texts, rounds) }));
    return {
      table: {
        head: ['flag type', 'slowest text', 'time'],
        rows: worst.map(({ name, text, time }) => [
          name,
          JSON.stringify(`${text.slice(0, 20)}…${text.slice(-5)}`),
          showTime(time),
        ]),
      },
      goals: [
        { what: 'slowest of all', limit: 50, measured: Math.max(...worst.map(({ time }) => time)) / 1e6, unit: ' ms' },
      ],
    };
  },
};

function types(): readonly FlagType<unknown>[] {
  const tree = protobuf.parse(SCHEMA).root.lookupType('Tree');
  const message = proto3<object>(tree) as FlagType<unknown>;
  return [
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
    message,
  ];
}

function hostileTexts(): readonly string[] {
  const grown = PIECES.flatMap((piece) =>
    STARTS.flatMap((start) => ENDS.map((end) => start + piece.repeat(LENGTH / piece.length).slice(0, LENGTH) + end)),
  );
  const nested = (open: string, middle: string, close: string): string => {
    const levels = Math.floor((LENGTH - middle.length) / (open.length + close.length));
    return open.repeat(levels) + middle + close.repeat(levels);
  };
  return [
    ...grown,
    nested('[', '0', ']'),
    nested('{"kid":', '{"x":1}', '}'),
    nested('{"kids":{"a":', '{"x":1}', '}}'),
    `{"numbers":[${'0,'.repeat(4_990)}"x"]}`,
    `{"kids":{${Array.from({ length: 900 }, (_, index) => `"${index}":{}`).join()},"z":{"x":1}}}`,
    `{${Array.from({ length: 900 }, (_, index) => `"f${index}":0`).join()}}`,
  ];
}

/** @returns the text whose fastest reading is the slowest of all, in nanoseconds: a pause of the machine is no fault of the grammar. */
function slowest(type: FlagType<unknown>, texts: readonly string[], rounds: number): { text: string; time: number } {
  const times = texts.map((text) => Math.min(...Array.from({ length: rounds }, () => timeOf(type, text))));
  const index = times.indexOf(Math.max(...times));
  return { text: texts[index]!, time: times[index]! };
}

function timeOf(type: FlagType<unknown>, text: string): number {
  const start = performance.now();
  try {
    type.format(type.parse(text));
  } catch {
    // A refusal is as good.
  }
  return (performance.now() - start) * 1e6;
}
