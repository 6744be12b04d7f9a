import { posix } from 'node:path';

/** Is a fenced block of code. */
export interface CodeBlock {
  /** What follows the opening fence: the language, and whatever else is there. */
  readonly info: string;
  readonly code: string;
  /** The line of the first line of code, counted from 1. */
  readonly line: number;
}

/** Is a link. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** Lists the fenced blocks of code. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: { info: string; code: string; line: number }[] = [];
  let fence: string | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, marks = '', info = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    const block = blocks.at(-1);
    if (fence === undefined && marks !== '') {
      fence = marks;
      blocks.push({ info: info.trim(), code: '', line: index + 2 });
    } else if (fence !== undefined && marks.startsWith(fence) && info.trim() === '') {
      fence = undefined;
    } else if (fence !== undefined && block) {
      block.code += `${line}\n`;
    }
  }
  return blocks;
}

/** Lists the links to files and headings of the repository: not those with a scheme, and none in code. */
export function relativeLinks(markdown: string): readonly Link[] {
  return links(markdown).filter(({ target }) => !isExternal(target));
}

/** Lists the links that lead out of the repository, none of those in code. */
export function externalLinks(markdown: string): readonly Link[] {
  return links(markdown).filter(({ target }) => isExternal(target));
}

/** Gives the anchors of a document's headings, as GitHub makes them, and those of `<a id="…">`. */
export function anchors(markdown: string): ReadonlySet<string> {
  const found = new Set<string>();
  // Blanked code would take its words out of the headings: only fenced blocks go.
  for (const line of withoutFences(markdown).split('\n')) {
    for (const [, id = ''] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) found.add(id);
    const [, heading] = /^ {0,3}#{1,6} +(.*?)(?: +#+)?\s*$/.exec(line) ?? [];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let unique = slug;
    for (let n = 1; found.has(unique); n++) unique = `${slug}-${n}`;
    found.add(unique);
  }
  return found;
}

/** Gives the path, relative to the root, and the anchor that a link in `document` means. */
export function resolveLink(document: string, target: string): { readonly path: string; readonly anchor: string } {
  const [path = '', anchor = ''] = decodeURIComponent(target).split('#', 2);
  if (path === '') return { path: document, anchor };
  return { path: posix.join(posix.dirname(document), path).replace(/\/$/, ''), anchor };
}

function links(markdown: string): readonly Link[] {
  return withoutCode(markdown)
    .split('\n')
    .flatMap((text, index) => targetsIn(text).map((target) => ({ target, line: index + 1 })));
}

function isExternal(target: string): boolean {
  return /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(target);
}

function targetsIn(line: string): readonly string[] {
  return [
    ...line.matchAll(/\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/g),
    ...line.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/g),
    ...line.matchAll(/<(https?:[^\s>]+)>/g),
    ...line.matchAll(/<(?:a|img)\s[^>]*?(?:href|src)="([^"]+)"/g),
  ].map(([, target = '']) => target);
}

function slugOf(heading: string): string {
  return heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/(`+)(?!`)[^\n]*?[^`\n]\1(?!`)/g, '');
}

/** Empties the fenced blocks and keeps the number of lines. */
function withoutFences(markdown: string): string {
  const lines = markdown.split('\n');
  for (const { code, line } of codeBlocks(markdown)) lines.fill('', line - 1, line - 1 + code.split('\n').length - 1);
  return lines.join('\n');
}
