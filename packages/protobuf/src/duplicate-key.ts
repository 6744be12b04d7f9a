import { Way } from './way.ts';

/**
 * Refuses objects that have a key twice, of which JSON.parse keeps the last.
 *
 * @param text is valid JSON.
 * @throws {Error} with the way to the key.
 */
export function refuseDuplicateKeys(text: string): void {
  const open: { readonly keys: Set<string> | undefined; at: string | number }[] = [];
  // A colon stands only after a key: the last string before it.
  let [start, end] = [0, 0];
  for (let position = 0; position < text.length; position++) {
    const last = open.at(-1);
    const character = text[position];
    if (character === '"') {
      [start, end] = [position, endOfString(text, position)];
      position = end - 1;
    } else if (character === '{') open.push({ keys: new Set(), at: '' });
    else if (character === '[') open.push({ keys: undefined, at: 0 });
    else if (character === '}' || character === ']') open.pop();
    else if (character === ',' && typeof last?.at === 'number') last.at++;
    else if (character === ':' && last?.keys) {
      last.at = JSON.parse(text.slice(start, end)) as string;
      if (last.keys.has(last.at)) throw new Way(open.map(({ at }) => at)).fault('given twice');
      last.keys.add(last.at);
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
