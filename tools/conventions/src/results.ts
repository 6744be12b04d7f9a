import { parseSync } from 'oxc-parser';
import { type Node, parseSource, walk } from './source-file.ts';

/** The name under which a block of code reports its results. */
export const REPORT = '__report';

/** Matches what begins a result. */
const MARK = /^=> ?/;

/** Is a block of code that can be run, each of its results reported. */
export interface Instrumented {
  readonly code: string;
  /** The lines of the block, counted from 1, where a result is promised. */
  readonly lines: readonly number[];
}

/** Tells whether a block of code promises results. */
export function promisesResults(code: string): boolean {
  return /\/\/=>/.test(code);
}

/**
 * Lets a block of code report what it promises: each `expression; //=> result` becomes a comparison.
 *
 * A result is an expression; a comma or a colon may end it, and words follow. Lines of `//=>` of their own, below
 * a `console.log(…)`, are what that prints.
 *
 * @throws {Error} when a promise has no expression before it, or is none itself.
 */
export function instrument(code: string): Instrumented {
  const { body, comments } = parseSource('block.ts', code);
  const statements = [...walk(body)].filter(({ type }) => type === 'ExpressionStatement');
  const edits: { start: number; end: number; text: string; line: number }[] = [];
  for (const comment of comments.filter(({ value }) => MARK.test(value))) {
    const line = lineOf(code, comment.start);
    const promised = comment.value.replace(MARK, '');
    const statement = lastBefore(statements, comment.start);
    const between = statement && code.slice(statement.end, comment.start);
    const isOfPrinted = between !== undefined && /^\s*\n\s*(?:\/\/=>.*\n\s*)*$/.test(between);
    if (statement && between?.trim() === '' && !between.includes('\n')) {
      const { start, end } = statement['expression'] as Node;
      const text = `${REPORT}.value(${line}, ${code.slice(start, end)}, ${resultIn(promised, line)})`;
      edits.push({ start, end, text, line });
    } else if (statement && isOfPrinted) {
      const previous = edits.find(({ start }) => start === statement.start);
      if (previous) previous.text = `${previous.text.slice(0, -']);'.length)}, ${JSON.stringify(promised)}]);`;
      else
        edits.push({
          start: statement.start,
          end: statement.end,
          text: printing(code, statement, promised, line),
          line,
        });
    } else {
      throw new Error(`line ${line}: there is no expression before this result`);
    }
  }
  return { code: edits.reduceRight((text, edit) => replaced(text, edit), code), lines: edits.map(({ line }) => line) };
}

function printing(code: string, statement: Node, promised: string, line: number): string {
  const printed = /^console\.log\(([^]*)\);?$/.exec(code.slice(statement.start, statement.end))?.[1];
  if (printed === undefined) throw new Error(`line ${line}: only what console.log prints is told in lines of its own`);
  return `${REPORT}.printed(${line}, ${printed}, [${JSON.stringify(promised)}]);`;
}

/** Finds the shortest beginning, up to a comma, a colon or the end, that is an expression. */
function resultIn(promised: string, line: number): string {
  const ends = [...promised.matchAll(/[,:] |$/g)].map(({ index }) => index);
  const result = ends.map((end) => promised.slice(0, end)).find(isExpression);
  if (result === undefined) throw new Error(`line ${line}: "${promised}" is no expression`);
  return result;
}

function isExpression(text: string): boolean {
  return text.trim() !== '' && parseSync('result.ts', `(${text});`).errors.length === 0;
}

function lastBefore(nodes: readonly Node[], position: number): Node | undefined {
  return nodes
    .filter(({ end }) => end <= position)
    .toSorted((left, right) => left.end - right.end)
    .at(-1);
}

function lineOf(code: string, position: number): number {
  return code.slice(0, position).split('\n').length;
}

function replaced(text: string, edit: { start: number; end: number; text: string }): string {
  return text.slice(0, edit.start) + edit.text + text.slice(edit.end);
}
