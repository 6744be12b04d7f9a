import { Way } from './way.ts';

const NUMBER = /[-+.\deE]+/y;

interface Level {
  /** The keys of an object. */
  readonly keys: Set<string> | undefined;
  at: string | number;
}

interface Visitor {
  readonly key?: (key: string, keys: Set<string>, way: () => Way) => void;
  readonly number?: (digits: string, way: () => Way) => void;
}

/**
 * Refuses objects that have a key twice, of which JSON.parse keeps the last.
 *
 * @param text is valid JSON.
 * @throws {Error} with the way to the key.
 */
export function refuseDuplicateKeys(text: string): void {
  scan(text, {
    key(key, keys, way) {
      if (keys.has(key)) throw way().fault('given twice');
      keys.add(key);
    },
  });
}

/**
 * Refuses numbers that JSON.parse and JSON.stringify make another number of.
 *
 * @param text is valid JSON.
 * @throws {Error} with the way to the number.
 */
export function refuseRoundedNumbers(text: string): void {
  scan(text, {
    number(digits, way) {
      if (isChanged(digits)) throw way().fault('a number that JavaScript rounds: write it in quotes');
    },
  });
}

/** Tells whether it is another number afterwards. */
function isChanged(digits: string): boolean {
  const number = Number(digits);
  // What is longer is no integer of 64 bits. Of floats, JavaScript writes the fewest digits, and so it does here.
  return !Number.isFinite(number) || (/^-?\d{16,20}$/.test(digits) && String(number) !== digits);
}

/** Walks over valid JSON as it is written, and tells of what JSON.parse does not keep. */
function scan(text: string, { key, number }: Visitor): void {
  const open: Level[] = [];
  const way = (): Way => new Way(open.map(({ at }) => at));
  // A colon stands only after a key: the last string before it.
  let [start, end] = [0, 0];
  for (let position = 0; position < text.length; position++) {
    const last = open.at(-1);
    const character = text[position] as string;
    if (character === '"') {
      [start, end] = [position, endOfString(text, position)];
      position = end - 1;
    } else if (character === '{') open.push({ keys: new Set(), at: '' });
    else if (character === '[') open.push({ keys: undefined, at: 0 });
    else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && typeof last?.at === 'number') last.at++;
    else if (character === ':' && last?.keys) {
      last.at = JSON.parse(text.slice(start, end)) as string;
      key?.(last.at, last.keys, way);
    } else if (number && (character === '-' || (character >= '0' && character <= '9'))) {
      NUMBER.lastIndex = position;
      const digits = NUMBER.exec(text)?.[0] ?? '';
      number(digits, way);
      position += digits.length - 1;
    }
  }
}

/** Finds the end of a string: its first quote that is not escaped. A regular expression fails on a string of some MB. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote + 1;
}

/** Tells whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, position: number): boolean {
  let start = position;
  while (text[start - 1] === '\\') start--;
  return (position - start) % 2 === 1;
}
