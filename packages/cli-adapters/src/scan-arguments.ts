import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isBoolean, type OptionNames } from './option-names.ts';
import { argumentMissing, refusal } from './refusal.ts';
import { UsageError } from './usage-error.ts';

/** Is what a command line says about flags, and what it says besides. */
export interface Scan {
  /** The texts by flag name; of an option given twice, the last one. */
  readonly entries: ReadonlyMap<string, string>;
  /** What is wrong with the options of flags, in the order of the command line. */
  readonly problems: readonly string[];
  /** The arguments that are not about flags. */
  readonly rest: readonly string[];
}

/** Finds the options of flags in a command line, and checks their values. */
export function scanArguments(
  names: OptionNames,
  args: readonly string[],
  ownOptions: ParseArgsConfig['options'] = {},
): Scan {
  const options: ParseArgsConfig['options'] = { ...ownOptions };
  for (const [name, { flag }] of names) options[name] = { type: isBoolean(flag) ? 'boolean' : 'string' };
  // Not strict: an argument that begins with a dash is a value where one is due, and others judge the rest.
  const tokens = tokensOf(args, options);
  const entries = new Map<string, string>();
  const problems: string[] = [];
  const used = new Set<number>();
  for (const token of tokens) {
    const named = token.kind === 'option' && token.rawName.startsWith('--') ? names.get(token.name) : undefined;
    if (token.kind !== 'option' || !named) continue;
    used.add(token.index);
    if (token.inlineValue === false) used.add(token.index + 1);
    const { flag, negated } = named;
    const text = token.value ?? (isBoolean(flag) ? String(!negated) : undefined);
    if (text === undefined) problems.push(argumentMissing(flag));
    else if (negated && token.inlineValue) problems.push(`option '${token.rawName}' does not take an argument`);
    else {
      const refused = refusal(flag, text);
      if (refused !== undefined) problems.push(refused);
      entries.set(flag.name, text);
    }
  }
  return { entries, problems, rest: args.filter((_, index) => !used.has(index)) };
}

/** @throws {UsageError} for a group of short options that is too long for Node, which makes an argument of each letter. */
function tokensOf(args: readonly string[], options: ParseArgsConfig['options']) {
  try {
    return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(['an argument is too long to be a group of short options']);
  }
}
