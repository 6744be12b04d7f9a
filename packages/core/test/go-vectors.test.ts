import { readFileSync } from 'node:fs';
import { type FlagType, boolean, duration, float64, int, int64, stringSlice } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';

// Written by tools/go-vectors; a line is a text and what Go says about it, the text alone where Go refuses it.
type Section<Verdict extends readonly unknown[]> = readonly (readonly [string, ...Verdict] | readonly [string])[];
interface Vectors {
  readonly boolean: Section<[value: boolean]>;
  readonly int64: Section<[decimal: string]>;
  readonly float64: Section<[bits: string, canonical: string]>;
  readonly duration: Section<[nanoseconds: string, canonical: string]>;
  readonly csv: Section<[fields: readonly string[], more: boolean]>;
}
const vectors = JSON.parse(readFileSync(new URL('vectors/go-vectors.json', import.meta.url), 'utf8')) as Vectors;

/** The first line says what the fields are. */
function linesOf<Verdict extends readonly unknown[]>(section: Section<Verdict>): Map<string, Verdict | undefined> {
  return new Map(
    section
      .slice(1)
      .map(([text, ...verdict]) => [text, verdict.length === 0 ? undefined : (verdict as unknown as Verdict)]),
  );
}

/**
 * Compares a type with Go on every text.
 *
 * Go trims nothing and Flagz does: a text with white space around is compared with what Go says about the trimmed text,
 * which is in the vectors too.
 *
 * @param expected turns Go's verdict into what Flagz shows of the value; undefined for a refusal.
 * @param excepted says which texts are excluded, by the rule in the test's title.
 * @returns how many texts were compared, accepted, excluded.
 */
function compare<T, Verdict extends readonly unknown[]>(
  type: FlagType<T>,
  section: Section<Verdict>,
  expected: (verdict: Verdict, value: T) => unknown,
  shown: (value: T) => unknown,
  excepted: (text: string) => boolean = () => false,
): { compared: number; accepted: number; excluded: number } {
  const lines = linesOf(section);
  const count = { compared: 0, accepted: 0, excluded: 0 };
  for (const text of lines.keys()) {
    const trimmed = text.trim();
    if (excepted(trimmed)) {
      count.excluded++;
      continue;
    }
    assert.ok(lines.has(trimmed), `the vectors lack the trimmed form of ${JSON.stringify(text)}`);
    const verdict = lines.get(trimmed);
    const value = attempt(type, text);
    const wanted = verdict && expected(verdict, value as T);
    assert.equal(value === undefined ? undefined : shown(value), wanted, `${type.name} of ${JSON.stringify(text)}`);
    count.compared++;
    if (value !== undefined) count.accepted++;
  }
  return count;
}

function attempt<T>(type: FlagType<T>, text: string): T | undefined {
  try {
    return type.parse(text);
  } catch {
    return undefined;
  }
}

function bitsOf(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

describe("the vectors of Go's parsers", (it) => {
  it('agree with boolean (strconv.ParseBool)', () => {
    const count = compare(
      boolean,
      vectors.boolean,
      ([value]) => value,
      (value) => value,
    );
    assert.ok(count.compared > 200 && count.accepted > 12, JSON.stringify(count));
  });

  it('agree with int64 (strconv.ParseInt, base 0)', () => {
    const count = compare(
      int64,
      vectors.int64,
      ([decimal]) => decimal,
      (value) => int64.format(value),
    );
    assert.ok(count.compared > 2_000 && count.accepted > 1_000, JSON.stringify(count));
  });

  it('agree with int, as far as integers are safe', () => {
    const safe = ([decimal]: [string]): string | undefined =>
      Number.isSafeInteger(Number(decimal)) ? decimal : undefined;
    const count = compare(int, vectors.int64, safe, (value) => int.format(value));
    assert.ok(count.compared > 2_000 && count.accepted > 1_000, JSON.stringify(count));
  });

  it('agree with float64 to the last bit (strconv.ParseFloat), and with its text (%v)', () => {
    // The bits of a NaN carry a payload that JavaScript does not let through.
    const nan = bitsOf(NaN);
    const count = compare(
      float64,
      vectors.float64,
      ([bits, canonical]) => [canonical === 'NaN' ? nan : bits, canonical],
      (value) => [bitsOf(value), float64.format(value)],
    );
    assert.ok(count.compared > 4_000 && count.accepted > 2_000, JSON.stringify(count));
  });

  it('agree with duration (time.ParseDuration), without texts that have the units d and w and are well formed', () => {
    // Our extension. Of these texts Go refuses each; all others with a d or a w in them are refused by both.
    const extended = (text: string): boolean =>
      /[dw]/.test(text) && /^[+-]?((?=\.?\d)\d*(\.\d*)?([nuµμm]?s|[mhdw]))+$/.test(text);
    const count = compare(
      duration,
      vectors.duration,
      ([nanoseconds]) => Number(`${nanoseconds}e-6`),
      (value) => value,
      extended,
    );
    assert.ok(count.compared > 3_000 && count.accepted > 2_000, JSON.stringify(count));
    assert.ok(count.excluded > 10 && count.excluded < 30, JSON.stringify(count));
    for (const [text, verdict] of linesOf(vectors.duration)) if (extended(text)) assert.is(verdict, undefined);
  });

  it("agree with duration's text (Duration.String) below 99 days, where a number tells nanoseconds apart", () => {
    let compared = 0;
    for (const [, verdict] of linesOf(vectors.duration)) {
      if (verdict === undefined || Math.abs(Number(verdict[0])) >= 2 ** 33 * 1e6) continue;
      assert.is(duration.format(Number(`${verdict[0]}e-6`)), verdict[1]);
      compared++;
    }
    assert.ok(compared > 1_500, String(compared));
  });

  it('agree with stringSlice (encoding/csv), but for the empty text and a second record', () => {
    // Go has no record in an empty text, and would go on with a second one: ours are the empty list and a refusal.
    const count = compare(
      stringSlice,
      vectors.csv,
      ([fields, more]) => (more ? undefined : fields),
      (value) => value,
      (text) => text === '',
    );
    assert.ok(count.compared > 2_000 && count.accepted > 500, JSON.stringify(count));
    assert.ok(count.excluded < 30, JSON.stringify(count));
    for (const text of linesOf(vectors.csv).keys()) if (text.trim() === '') assert.equal(stringSlice.parse(text), []);
  });
});
