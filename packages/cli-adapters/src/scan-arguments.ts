import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isBoolean, type OptionNames } from './option-names.ts';
import { argumentMissing, refusal } from './refusal.ts';

/** Is what a command line says about flags, and what it says besides. */
export interface Scan {
  /** The texts by flag name; of an option given twice, the last one. */
  readonly entries: ReadonlyMap<string, string>;
  /** What is wrong with the options of flags, in the order of the command line. */
  readonly problems: readonly string[];
  /** The arguments that are not about flags. */
  readonly rest: readonly string[];
}

/** More letters after one dash are no group of short options: parsers take it apart a letter at a time, in quadratic time. */
const LONGEST_GROUP = 1_000;

/** Tells whether Node would take an argument for a group of short options that is too long to be one. */
export function isEndlessGroup(arg: string, ownOptions: ParseArgsConfig['options'] = {}): boolean {
  if (arg.length <= LONGEST_GROUP || !/^-[^-]/.test(arg)) return false;
  // What follows the letter of an option that takes a text is that text.
  return !Object.values(ownOptions).some(({ type, short }) => type === 'string' && short === arg[1]);
}

/** Says that an argument is too long. */
export function endlessGroup(arg: string): string {
  return `'${arg.slice(0, 10)}…' has ${arg.length} characters, too many for a group of short options`;
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
  const known = args.map((arg) => (isEndlessGroup(arg, ownOptions) ? '-' : arg));
  const { tokens } = parseArgs({ args: known, options, strict: false, allowPositionals: true, tokens: true });
  const entries = new Map<string, string>();
  const problems: string[] = [];
  const used = new Set<number>();
  for (const token of tokens) {
    const named = token.kind === 'option' && token.rawName.startsWith('--') ? names.get(token.name) : undefined;
    if (token.kind !== 'option' || !named) continue;
    used.add(token.index);
    if (token.inlineValue === false) used.add(token.index + 1);
    const { flag, negated } = named;
    // As it was given: it may look like an endless group.
    const value = token.inlineValue === false ? args[token.index + 1] : token.value;
    const text = value ?? (isBoolean(flag) ? String(!negated) : undefined);
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
