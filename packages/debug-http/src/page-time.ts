import { iso } from './document.ts';
import { type Html, markup } from './html.ts';

/** Shows a time as UTC; the script of the page writes how long ago it is. */
export function when(time: number): Html {
  const text = iso(time);
  return markup`<time datetime="${text}">${text.slice(0, 10)} ${text.slice(11, 19)} UTC</time>`;
}
