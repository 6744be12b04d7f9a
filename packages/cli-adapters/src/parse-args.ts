import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { FlagSet } from '@flagz/core';
import { loadCommandLine } from './command-line.ts';
import { conflict, optionNames } from './option-names.ts';
import { endlessGroup, isEndlessGroup, scanArguments } from './scan-arguments.ts';
import { UsageError } from './usage-error.ts';

export { formatHelp, type FormatHelpOptions } from './format-help.ts';
export { UsageError } from './usage-error.ts';

/** Declares options as {@link https://nodejs.org/api/util.html#utilparseargsconfig | util.parseArgs} does. */
export type OwnOptions = NonNullable<ParseArgsConfig['options']>;

/** Configures {@link parseFlags}. */
export interface ParseFlagsOptions<Own extends OwnOptions> {
  /** The options that the program has besides its flags. @default none */
  readonly options?: Own;
  /** Whether arguments that are no option are welcome. @default true */
  readonly allowPositionals?: boolean;
}

/** Is what a command line holds besides flags. */
export interface ParsedCommandLine<Own extends OwnOptions> {
  /** The values of the program's own options. */
  readonly values: ReturnType<typeof parseArgs<{ options: Own }>>['values'];
  /** The arguments that are no option. */
  readonly positionals: readonly string[];
}

/**
 * Reads a command line into flags, as one batch in the place of an earlier one, with `parseArgs` of `node:util`.
 *
 * Prints nothing and never ends the process.
 *
 * @param args leaves out the runtime and the script. @default `process.argv.slice(2)`
 * @throws {UsageError} when an option is unknown, lacks its argument or has one that is refused: it names all of them, and
 * nothing has changed.
 * @throws {FlagError} when two options share a name, which is a bug of the program.
 * @example
 * const { positionals } = parseFlags(flags, ['--rate=20', 'serve']);
 * rate.get(); //=> 20
 * positionals; //=> ['serve']
 */
export function parseFlags<const Own extends OwnOptions = Record<string, never>>(
  flags: FlagSet,
  args: readonly string[] = process.argv.slice(2),
  { options, allowPositionals = true }: ParseFlagsOptions<Own> = {},
): ParsedCommandLine<Own> {
  const names = optionNames(flags);
  for (const name of Object.keys(options ?? {})) {
    const named = names.get(name);
    if (named) throw conflict(flags, named.flag, `option --${name} of the program`);
  }
  const { entries, problems, rest } = scanArguments(names, args, options);
  const end = rest.indexOf('--');
  const endless = rest.slice(0, end < 0 ? rest.length : end).find((arg) => isEndlessGroup(arg, options));
  if (endless !== undefined) throw new UsageError([...problems, endlessGroup(endless)]);
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options: options ?? {}, allowPositionals });
    if (problems.length > 0) throw new UsageError(problems);
    const refused = loadCommandLine(flags, entries);
    if (refused.length > 0) throw new UsageError(refused);
    return { values: values as ParsedCommandLine<Own>['values'], positionals };
  } catch (error) {
    throw isParseArgsError(error) ? new UsageError([...problems, error.message]) : error;
  }
}

function isParseArgsError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}
