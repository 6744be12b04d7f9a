import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FlagError, type FlagType } from '@flagz/core';
import protobuf from 'protobufjs';
import { proto3 } from './proto3.ts';
import type { Proto3Options } from './reflected-codec.ts';

/** Holds `google/protobuf/*.proto`. */
const ofGoogle = dirname(createRequire(import.meta.url).resolve('protobufjs/package.json'));

/** Configures {@link loadProto3}. */
export interface LoadProto3Options extends Proto3Options {
  /**
   * Names the folders in which imports are looked for, as `protoc --proto_path` does, before the folder of the file
   * that imports. The `.proto` files of Google that protobufjs brings are always there: `google/protobuf/*.proto`.
   *
   * @default []
   */
  readonly importPaths?: readonly string[];
}

/**
 * Makes a flag type of a message in a `.proto` file. Reads the file and what it imports at once, synchronously, so that
 * flags can be declared where a module begins.
 *
 * The file must be the program's own: a schema becomes code.
 *
 * @param file is a path, or a `file:` URL such as `new URL('pricing.proto', import.meta.url)`.
 * @param typeName is the message with its package: `demo.Pricing`.
 * @throws {FlagError} with code FLAGZ_DECLARATION when a file cannot be read, is no schema, or lacks the message.
 * @throws {TypeError} when an argument is of another kind, or the name of the message is empty.
 * @example
 * const pricing = flags.dynamic('pricing', loadProto3<Pricing>('protos/pricing.proto', 'demo.Pricing'), {}, 'Prices.');
 */
export function loadProto3<T extends object>(
  file: string | URL,
  typeName: string,
  options: LoadProto3Options = {},
): FlagType<T> {
  check(file, typeName, options);
  const { importPaths = [], ...reading } = options;
  return proto3<T>(
    attempt(file, () => {
      const path = typeof file === 'string' ? file : fileURLToPath(file);
      const root = new protobuf.Root();
      root.resolvePath = (origin, target) => (origin === '' ? target : findImport(origin, target, importPaths));
      return root.loadSync(path).lookupType(typeName);
    }),
    reading,
  );
}

/** @throws {TypeError} */
function check(file: unknown, typeName: unknown, options: unknown): void {
  const isUrl = typeof file === 'object' && file !== null && 'href' in file;
  if (!isUrl && (typeof file !== 'string' || file === ''))
    throw new TypeError('loadProto3: file: expected a path or a file: URL');
  if (typeof typeName !== 'string' || typeName === '')
    throw new TypeError(
      'loadProto3: typeName: expected the name of a message with its package, such as "demo.Pricing"',
    );
  if (typeof options !== 'object' || options === null) throw new TypeError('loadProto3: options: expected an object');
  const { importPaths = [] } = options as { readonly importPaths?: unknown };
  if (!Array.isArray(importPaths) || importPaths.some((path) => typeof path !== 'string'))
    throw new TypeError('loadProto3: importPaths: expected a list of folders');
}

/** @throws {Error} when an import is nowhere. */
function findImport(origin: string, target: string, importPaths: readonly string[]): string {
  const folders = [...importPaths, dirname(origin)];
  const found = [...folders, ofGoogle].map((folder) => resolve(folder, target)).find((place) => existsSync(place));
  // Those that protobufjs has in memory need no file.
  if (found !== undefined || protobuf.common.get(target)) return found ?? target;
  const looked = folders.map((folder) => JSON.stringify(folder)).join(', ');
  throw new Error(
    `cannot find the import "${target}" of "${origin}": looked in ${looked}; name its folder in importPaths`,
  );
}

function attempt<T>(file: string | URL, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `schema "${String(file)}": ${reason}; check the path, the imports and the name of the message with its package`;
    throw new FlagError('FLAGZ_DECLARATION', message, { cause });
  }
}
