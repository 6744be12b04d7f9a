import { Way } from './way.ts';

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]/gs;

/**
 * Refuses objects that have a key twice, of which JSON.parse keeps the last.
 *
 * @param text is valid JSON.
 * @throws {Error} with the way to the key.
 */
export function refuseDuplicateKeys(text: string): void {
  const open: { readonly keys: Set<string> | undefined; at: string | number }[] = [];
  let key: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    const last = open.at(-1);
    if (token === '{') open.push({ keys: new Set(), at: '' });
    else if (token === '[') open.push({ keys: undefined, at: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',' && typeof last?.at === 'number') last.at++;
    else if (token === ':' && last?.keys && key !== undefined) {
      last.at = key;
      if (last.keys.has(key)) throw new Way(open.map(({ at }) => at)).fault('given twice');
      last.keys.add(key);
    }
    key = token.startsWith('"') ? (JSON.parse(token) as string) : undefined;
  }
}
