import { posix } from 'node:path';
import { child, children, nameOf, walk } from './source-file.ts';
import type { Node, SourceFile } from './source-file.ts';

/** Is one use of another module: an import, a re-export, `import()` or an import type. */
export interface Import {
  readonly specifier: string;
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean;
  readonly node: Node;
}

/** Lists what a file imports. A computed `import()` has no specifier and is left out. */
export function importsOf(file: SourceFile): readonly Import[] {
  const imports: Import[] = [];
  for (const node of walk(file.body)) {
    const specifier = nameOf(child(node, 'source'));
    if (specifier === undefined) continue;
    if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type)) {
      imports.push({ specifier, typeOnly: isTypeOnly(node), node });
    } else if (node.type === 'ImportExpression' || node.type === 'TSImportType') {
      imports.push({ specifier, typeOnly: node.type === 'TSImportType', node });
    }
  }
  return imports;
}

/** Gives the path that a relative specifier means. */
export function resolveRelative(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}

/** Finds import cycles: each as its files in order, the first one again at the end. Types are free to refer to each other. */
export function importCycles(files: readonly SourceFile[]): readonly (readonly string[])[] {
  const imported = new Map(files.map((file) => [file.path, runtimeImports(file)]));
  const cycles: string[][] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const index = trail.indexOf(path);
    if (index >= 0) cycles.push([...trail.slice(index), path]);
    if (index >= 0 || finished.has(path)) return;
    for (const next of imported.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of imported.keys()) visit(path, []);
  return cycles;
}

function runtimeImports(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter(({ specifier, typeOnly }) => specifier.startsWith('.') && !typeOnly)
    .map(({ specifier }) => resolveRelative(file.path, specifier));
}

function isTypeOnly(node: Node): boolean {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const specifiers = children(node, 'specifiers');
  return (
    specifiers.length > 0 && specifiers.every((one) => one['importKind'] === 'type' || one['exportKind'] === 'type')
  );
}
