import { type Flag, FlagError, type FlagSet } from '@flagz/core';

/** Is what one name of an option stands for. */
export interface OptionName {
  readonly flag: Flag<unknown>;
  /** Whether the name switches a boolean flag off. */
  readonly negated: boolean;
}

/** Finds a flag by each name, without dashes, that its option goes by. */
export type OptionNames = ReadonlyMap<string, OptionName>;

/**
 * Names the options of a flag set: as declared, with `-` for `_`, and with `no-` in front where the flag is boolean.
 *
 * @param variants gives further spellings, for parsers that take some on their own.
 * @throws {FlagError} when one name would stand for two flags.
 */
export function optionNames(flags: FlagSet, variants: (name: string) => readonly string[] = () => []): OptionNames {
  const names = new Map<string, OptionName>();
  const add = (name: string, flag: Flag<unknown>, negated: boolean): void => {
    const other = names.get(name)?.flag ?? flag;
    if (other !== flag) {
      const both = `flags "${other.name}" and "${flag.name}"`;
      throw misdeclared(flags, `${both} share the option --${name}; rename one of them`);
    }
    names.set(name, { flag, negated });
  };
  for (const flag of flags) {
    for (const name of [flag.name, flag.name.replaceAll('_', '-'), ...variants(flag.name)]) {
      add(name, flag, false);
      if (isBoolean(flag)) add(`no-${name}`, flag, true);
    }
  }
  return names;
}

/** Tells whether an option of the flag needs no argument. */
export function isBoolean(flag: Flag<unknown>): boolean {
  return flag.type.name === 'boolean';
}

/** Makes the error for an option that the program has on its own. */
export function conflict(flags: FlagSet, flag: Flag<unknown>, where: string): FlagError {
  return misdeclared(flags, `flag "${flag.name}" and ${where} share an option; rename one of them`);
}

function misdeclared(flags: FlagSet, message: string): FlagError {
  return new FlagError('FLAGZ_DECLARATION', `flag set "${flags.name}": ${message}`);
}
