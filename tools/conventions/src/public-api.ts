import { resolveRelative } from './imports.ts';
import { child, children, nameOf, parseFile, walk, where } from './source-file.ts';
import type { Node, SourceFile } from './source-file.ts';

/** Is a statement that declares an exported name. */
export interface Declaration {
  readonly name: string;
  readonly file: SourceFile;
  /** The whole statement, `export` included. */
  readonly statement: Node;
}

/** Lists what an entry exports, at the statements that declare it; what comes from another package is left out. */
export function publicApi(entry: SourceFile, load: (path: string) => SourceFile = parseFile): readonly Declaration[] {
  return exportedNames(entry).flatMap((name) => declarations(entry, name, name, load));
}

/** Lists the exports of an entry, and the methods and accessors of its classes and interfaces, that have no docstring. */
export function undocumented(api: readonly Declaration[]): readonly string[] {
  const problems: string[] = [];
  for (const [name, group] of groupBy(api, (declaration) => declaration.name)) {
    const [first] = group;
    if (first && !group.some(({ file, statement }) => docstring(file, statement))) {
      problems.push(`${where(first.file, first.statement)} ${name}`);
    }
    for (const { file, statement } of group) {
      for (const member of undocumentedMethods(file, statement))
        problems.push(`${where(file, member)} ${name}.${keyOf(member)}`);
    }
  }
  return problems;
}

/** Lists the places where an exported signature says `any`; the bodies of functions may. */
export function anySignatures(api: readonly Declaration[]): readonly string[] {
  return api.flatMap(({ name, file, statement }) =>
    [...walk(statement, (node) => node.type !== 'BlockStatement')]
      .filter((node) => node.type === 'TSAnyKeyword')
      .map((node) => `${where(file, node)} ${name}`),
  );
}

function exportedNames(file: SourceFile): readonly string[] {
  return file.body
    .filter((statement) => statement.type === 'ExportNamedDeclaration')
    .flatMap((statement) => [
      ...(child(statement, 'declaration') ? declaredNames(statement) : []),
      ...children(statement, 'specifiers').flatMap((specifier) => nameOf(child(specifier, 'exported')) ?? []),
    ]);
}

/** Follows one export of a file to the statements that declare it. */
function declarations(
  file: SourceFile,
  name: string,
  as: string,
  load: (path: string) => SourceFile,
): readonly Declaration[] {
  for (const statement of file.body) {
    const specifier = children(statement, 'specifiers').find((one) => nameOf(child(one, 'exported')) === name);
    if (statement.type !== 'ExportNamedDeclaration' || specifier === undefined) continue;
    const local = nameOf(child(specifier, 'local')) ?? name;
    const source = nameOf(child(statement, 'source'));
    if (source === undefined) return declarationsHere(file, local, as);
    return source.startsWith('.') ? declarations(load(resolveRelative(file.path, source)), local, as, load) : [];
  }
  return declarationsHere(file, name, as);
}

/** Finds all statements that declare a name: overloads, or a value and a type of one name. */
function declarationsHere(file: SourceFile, local: string, name: string): readonly Declaration[] {
  return file.body
    .filter((statement) => declaredNames(statement).includes(local))
    .map((statement) => ({ name, file, statement }));
}

function declaredNames(statement: Node): readonly string[] {
  const declaration = child(statement, 'declaration') ?? statement;
  const declarators = children(declaration, 'declarations');
  return [declaration, ...declarators].flatMap((node) => nameOf(child(node, 'id')) ?? []);
}

function undocumentedMethods(file: SourceFile, statement: Node): readonly Node[] {
  const declaration = child(statement, 'declaration') ?? statement;
  if (!/^(Class|TSInterface)Declaration$/.test(declaration.type)) return [];
  const body = child(declaration, 'body');
  const members = body === undefined ? [] : children(body, 'body').filter(isPublicMethod);
  return [...groupBy(members, keyOf).values()]
    .filter((group) => !group.some((member) => docstring(file, member)))
    .flatMap((group) => group[0] ?? []);
}

/**
 * Leaves out what its class or base documents, and symbols, whose meaning is the language's; and fields, whose names
 * say what they are wherever a comment would only repeat them.
 */
function isPublicMethod(member: Node): boolean {
  const key = child(member, 'key');
  return (
    key !== undefined &&
    /^(?:MethodDefinition|TSMethodSignature)$/.test(member.type) &&
    key.type !== 'PrivateIdentifier' &&
    member['kind'] !== 'constructor' &&
    member['computed'] !== true &&
    member['override'] !== true &&
    (member['accessibility'] ?? 'public') === 'public'
  );
}

function keyOf(member: Node): string {
  return nameOf(child(member, 'key')) ?? '';
}

/** Finds the docstring that stands directly before a node. */
function docstring(file: SourceFile, node: Node): string | undefined {
  const comment = file.comments.findLast(({ end }) => end <= node.start);
  if (comment?.type !== 'Block' || !comment.value.startsWith('*')) return undefined;
  return /^\s*$/.test(file.text.slice(comment.end, node.start)) ? comment.value : undefined;
}

/** Stands in for `Map.groupBy`, which Node 20 does not have. */
function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
