import { parseSync } from 'oxc-parser';
import { read } from './workspace.ts';

/** Is a node of the syntax tree; its other fields depend on its type. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Is a parsed TypeScript file. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly body: readonly Node[];
  readonly comments: readonly {
    readonly type: string;
    readonly value: string;
    readonly start: number;
    readonly end: number;
  }[];
}

/** Parses a text as the TypeScript file `path`. @throws {Error} when it has a syntax error. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path}: ${error.message}`);
  return { path, text, body: program.body as unknown as Node[], comments };
}

/** Parses a file by its path relative to the root. */
export function parseFile(path: string): SourceFile {
  return parseSource(path, read(path));
}

/** Gives every node below these, and these, in the order of the text. `enter` may keep it out of a node. */
export function* walk(value: unknown, enter: (node: Node) => boolean = () => true): Generator<Node> {
  if (Array.isArray(value)) {
    for (const element of value) yield* walk(element, enter);
  } else if (isNode(value) && enter(value)) {
    yield value;
    for (const field of Object.values(value)) yield* walk(field, enter);
  }
}

/** Tells where a node is, as editors understand it: `packages/core/src/flag.ts:12`. */
export function where(file: SourceFile, node: { readonly start: number }): string {
  return `${file.path}:${file.text.slice(0, node.start).split('\n').length}`;
}

/** Gives a field that holds a node. */
export function child(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

/** Gives a field that holds a list of nodes. */
export function children(node: Node, field: string): readonly Node[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Gives the name of an identifier, or the text of a literal. */
export function nameOf(node: Node | undefined): string | undefined {
  const name = node?.['name'] ?? node?.['value'];
  return typeof name === 'string' ? name : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}
