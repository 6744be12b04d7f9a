import * as fs from 'node:fs';
import { promisify } from 'node:util';
import { type RawBytes, SourceError } from '@flagz/core';
import { rawContent } from './raw-content.ts';
import { errorCode, reasonOf } from './system-error.ts';

// Plain descriptors take a fifth of the time of FileHandles, which 10,000 files show.
const open = promisify(fs.open);
const fstat = promisify(fs.fstat);
const stat = promisify(fs.stat);
const lstat = promisify(fs.lstat);
const read = promisify(fs.read);
const close = promisify(fs.close);

/** A ConfigMap holds 1 MiB; whoever points a flag at a disk image by mistake shall not lose the process. */
const LARGEST_BYTES = 16 * 1024 * 1024;
const READS_AT_ONCE = 64;

/** Is what was found at a path: a value, or a file that cannot be read and may keep the value it had. */
export type FileRead =
  | { readonly kind: 'value'; readonly path: string; readonly raw: RawBytes; readonly stamp: string }
  | {
      readonly kind: 'unreadable';
      readonly path: string;
      readonly error: SourceError;
      readonly kept: RawBytes | undefined;
    };

/** Is a reading of several files, by key. */
export type Files = ReadonlyMap<string, FileRead>;

/** Is a reading of several files with the keys whose file was not there any more. */
export interface FilesRead {
  readonly files: Files;
  readonly missing: readonly string[];
}

/**
 * Reads files, a bounded number at a time; what is neither a file nor a link to one is left out.
 *
 * @param paths by key.
 * @param known is an earlier reading: where a file's stamp is still the same, its content is not read again.
 * @param signal ends the reading early: what is under way is closed, the rest is left out.
 */
export async function readFiles(
  paths: ReadonlyMap<string, string>,
  known: Files | undefined,
  signal: AbortSignal,
): Promise<FilesRead> {
  const found = new Map<string, FileRead | 'missing' | 'no file'>();
  const rest = paths.entries();
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && !signal.aborted; next = rest.next()) {
      const [key, path] = next.value;
      found.set(key, await readFile(path, known?.get(key)));
    }
  };
  await Promise.all(Array.from({ length: Math.min(READS_AT_ONCE, paths.size) }, worker));
  const files = new Map<string, FileRead>();
  const missing: string[] = [];
  for (const key of paths.keys()) {
    const file = found.get(key);
    if (file === 'missing') missing.push(key);
    else if (typeof file === 'object') files.set(key, file);
  }
  return { files, missing };
}

/** Never rejects: what went wrong with one file is a finding about that file. */
async function readFile(path: string, known: FileRead | undefined): Promise<FileRead | 'missing' | 'no file'> {
  try {
    if (known?.kind === 'value' && known.path === path && stampOf(await stat(path, { bigint: true })) === known.stamp)
      return known;
    // Without O_NONBLOCK a link to a pipe would wait for somebody to write into it.
    const fd = await open(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const stats = await fstat(fd, { bigint: true });
      if (!stats.isFile()) return 'no file';
      const content = await readAll(fd, Number(stats.size));
      if (!content) return unreadable(path, `is larger than ${LARGEST_BYTES} bytes; move it elsewhere`);
      return { kind: 'value', path, raw: rawContent(content), stamp: stampOf(stats) };
    } finally {
      await close(fd);
    }
  } catch (thrown) {
    if (errorCode(thrown) !== 'ENOENT')
      return unreadable(path, `cannot be read: ${reasonOf(thrown)}${wayOut(thrown)}`, thrown);
    const dangling = await lstat(path).then(
      () => true,
      () => false,
    );
    return dangling ? unreadable(path, 'is a symbolic link to nothing; mend it, or remove it', thrown) : 'missing';
  }
}

/** Makes the finding about a file that should be readable and is not. */
export function unreadable(path: string, what: string, cause?: unknown): FileRead {
  const error = new SourceError(`${JSON.stringify(path)} ${what}`, cause === undefined ? {} : { cause });
  return { kind: 'unreadable', path, error, kept: undefined };
}

/** Gives what a key holds after a reading: for an unreadable file the value it had before. */
export function rawOf(file: FileRead | undefined): RawBytes | undefined {
  return file?.kind === 'unreadable' ? file.kept : file?.raw;
}

/** Gives the whole content, or `undefined` where there is too much. A file that grows meanwhile is read to its new end. */
async function readAll(fd: number, size: number): Promise<Buffer | undefined> {
  // One byte more than there should be: when it stays free, that was the end of the file.
  let buffer = Buffer.allocUnsafe(Math.min(size, LARGEST_BYTES) + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await read(fd, buffer, length, buffer.length - length, length);
    length += bytesRead;
    if (length > LARGEST_BYTES) return undefined;
    if (bytesRead === 0 || (length >= size && length < buffer.length)) return buffer.subarray(0, length);
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.allocUnsafe(Math.max(4096, length))]);
  }
}

function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: fs.BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}

function wayOut(thrown: unknown): string {
  const code = errorCode(thrown);
  if (code === 'EACCES' || code === 'EPERM')
    return `; let user ${process.getuid?.() ?? 'of this process'} read it, or remove it`;
  return code === 'ELOOP' ? '; its symbolic links lead back to themselves' : '';
}
