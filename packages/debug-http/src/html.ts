/** Is text that is HTML already. Only {@link markup} and the functions here make it, so everything else gets escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Html | string | number | undefined | false | readonly Piece[];

/**
 * Writes HTML. Not called `html`: formatters would then reflow what is in it, and with it what people see.
 *
 * What is put in is escaped, unless it is HTML itself. `undefined` and `false` are nothing.
 *
 * @example
 * markup`<b>${'<script>'}</b>`.text; //=> '<b>&lt;script&gt;</b>'
 */
export function markup(template: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  const parts = withoutIndent(template);
  let text = parts[0] ?? '';
  for (const [index, piece] of pieces.entries()) text += write(piece) + (parts[index + 1] ?? '');
  return new Html(text);
}

const templates = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The indentation of the source is a third of a page of 5,000 flags. */
function withoutIndent(template: TemplateStringsArray): readonly string[] {
  let parts = templates.get(template);
  if (!parts) templates.set(template, (parts = template.map((part) => part.replaceAll(/\n\s+/g, '\n'))));
  return parts;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for elements and for quoted attributes. */
function escapeHtml(text: string): string {
  return /[&<>"']/.test(text) ? text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '') : text;
}

function write(piece: Piece): string {
  if (typeof piece === 'string') return escapeHtml(piece);
  if (piece instanceof Html) return piece.text;
  if (piece === undefined || piece === false) return '';
  return typeof piece === 'number' ? String(piece) : piece.map(write).join('');
}

/**
 * Matches what has no shape of its own, or changes how its neighbours look: control and format characters (text that
 * runs the other way, zero-width signs), half surrogate pairs, line and paragraph separators.
 */
const ODD = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Tells whether a text can be put into a form field and come back as it was, and be seen for what it is. */
export function editable(text: string): boolean {
  return text.search(ODD) < 0;
}

/** Shows a foreign text so that it cannot deceive: odd characters by their number, longer texts cut. */
export function shown(text: string, longest: number = Infinity): Html {
  if (text === '') return markup`<i class="empty">empty</i>`;
  const cut = text.length > longest ? text.slice(0, longest) : text;
  const pieces: Html[] = [];
  let from = 0;
  for (const match of cut.matchAll(ODD)) {
    const number = `U+${(match[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    pieces.push(markup`${cut.slice(from, match.index)}<span class="odd">${number}</span>`);
    from = match.index + match[0].length;
  }
  const rest = cut.length < text.length && markup`<span class="more">… ${text.length} characters</span>`;
  return markup`<bdi>${pieces}${cut.slice(from)}</bdi>${rest}`;
}
