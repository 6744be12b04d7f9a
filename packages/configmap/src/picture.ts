import { type RawBytes, SourceError } from '@flagz/core';
import { sameRaw } from './raw-content.ts';
import { type FileRead, type Files, rawOf } from './read-file.ts';

/** How many findings one message names. */
const MOST_NAMED = 100;

/** Is what a source saw at one moment. */
export interface Picture {
  readonly files: Files;
  /** Names the version of the whole, where there is such a thing. */
  readonly revision?: string | undefined;
  /** Tells apart what may hold different files; the same version of a volume never changes. */
  readonly version?: string;
  /** What is wrong besides unreadable files. */
  readonly warnings: readonly SourceError[];
}

/**
 * Gives the picture with what it keeps of the one before: an unreadable file its last value, and equal bytes their
 * identity, by which core knows that nothing changed.
 */
export function keep(before: Picture | undefined, picture: Picture): Picture {
  if (picture === before) return picture;
  const files = new Map<string, FileRead>();
  for (const [key, file] of picture.files) {
    const last = rawOf(before?.files.get(key));
    if (file.kind === 'unreadable') files.set(key, { ...file, kept: last });
    else files.set(key, last !== undefined && sameRaw(last, file.raw) ? { ...file, raw: last } : file);
  }
  return { ...picture, files };
}

/** Gives the raw values, an unreadable file's last one too. */
export function* valuesOf({ files }: Picture): Generator<readonly [key: string, value: RawBytes]> {
  for (const [key, file] of files) {
    const raw = rawOf(file);
    if (raw !== undefined) yield [key, raw];
  }
}

/** Tells whether two pictures hold the same values. */
export function samePicture(left: Picture, right: Picture): boolean {
  return left.revision === right.revision && sameFiles(left.files, right.files);
}

/** Tells whether two readings found the same; of unreadable files, whether both are. */
export function sameFiles(left: Files, right: Files): boolean {
  if (left.size !== right.size) return false;
  for (const [key, file] of left) if (!sameFile(file, right.get(key))) return false;
  return true;
}

/** Tells whether two readings of one file found the same. */
export function sameFile(left: FileRead | undefined, right: FileRead | undefined): boolean {
  if (left === right) return true;
  if (left?.kind === 'value') return right?.kind === 'value' && sameRaw(left.raw, right.raw);
  return left?.kind === right?.kind;
}

/** Lists what is wrong with a picture, as far as the keys matter. */
export function problemsOf(
  { files, warnings }: Picture,
  matters: (key: string) => boolean = () => true,
): readonly SourceError[] {
  const unreadable = [...files].flatMap(([key, file]) =>
    file.kind === 'unreadable' && matters(key) ? [file.error] : [],
  );
  return [...unreadable, ...warnings];
}

/** Makes one error of several: its message names each, its cause holds them. */
export function failureOf(problems: readonly SourceError[], fatalAtStart: boolean): SourceError {
  const named = problems.slice(0, MOST_NAMED).map(({ message }) => message);
  const more = problems.length - named.length;
  const message = [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  const cause = problems.length === 1 ? problems[0]?.cause : new AggregateError(problems, message);
  return new SourceError(message, { fatalAtStart, ...(cause === undefined ? {} : { cause }) });
}
