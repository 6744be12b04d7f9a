import { type Flag, FlagError, type FlagSet } from '@flagz/core';
import { loadCommandLine } from './command-line.ts';
import { DYNAMIC_HEADING, STATIC_HEADING, choicesOf, defaultText, typeLabel } from './describe-flag.ts';
import { conflict, isBoolean, type OptionNames, optionNames } from './option-names.ts';
import { endlessGroup, isEndlessGroup, scanArguments } from './scan-arguments.ts';
import { UsageError } from './usage-error.ts';
import { type YargsInternals, argumentsOf, camelCaseName, lengthBeforeHalt, takenNames } from './yargs-internals.ts';

export { UsageError } from './usage-error.ts';

/** Is what this adapter needs of an instance of yargs 17 or newer. */
export interface YargsProgram {
  /** Adds an option. */
  option(key: string, options: object): unknown;
  /** Calls a function in each parse. */
  middleware(callback: () => void, applyBeforeValidation?: boolean): unknown;
  /** Configures how words are read. */
  parserConfiguration(configuration: object): unknown;
  /** Parses and acts. */
  parse(args?: string | readonly string[]): unknown;
}

/**
 * Adds an option for each flag to a yargs program. What is given goes into the flags, and not into `argv`.
 *
 * All values are checked before yargs validates, and loaded as one batch, in the place of an earlier one, when yargs has
 * found nothing wrong: before the command's handler. What is refused ends as any wrong option does: by the program's
 * `fail` handler with a {@link UsageError}, or with help, message and exit code 1. Call it when all flags are declared,
 * and on the program, not within the builder of a command.
 *
 * @returns the program, with the type that it has.
 * @throws {FlagError} when the program has an option of that name, or a command is being built: a bug of the program.
 * @example
 * // checkout --rate 20
 * addFlags(yargs(hideBin(process.argv)), flags).parse();
 * rate.get(); //=> 20
 */
export function addFlags<Program extends YargsProgram>(program: Program, flags: FlagSet): Program {
  new YargsAdapter(program as unknown as YargsInternals, flags).install();
  return program;
}

/** Is what one parse has found. */
interface Found {
  readonly entries: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
  readonly hasDefaultCommand: boolean;
}

/**
 * Works between one program and one flag set.
 *
 *     parse ─▶ scan ─▶ yargs parses the rest ─▶ check ─▶ yargs validates ─▶ load ─▶ handler
 *
 * Yargs never sees the options of flags: of their texts it would make numbers, arrays, nested objects and `false`.
 */
class YargsAdapter {
  readonly #program: YargsInternals;
  readonly #flags: FlagSet;
  readonly #names: OptionNames;
  readonly #descriptions = new Map<string, string>();
  /** The arguments of the latest parse, with the options of flags: `parse()` without arguments means these. */
  #arguments: readonly string[] | undefined;
  #scanned: Found | undefined;
  #checked: Found | undefined;

  constructor(program: YargsInternals, flags: FlagSet) {
    this.#program = program;
    this.#flags = flags;
    this.#names = optionNames(flags, camelCaseName);
  }

  install(): void {
    const [command] = this.#program.getInternalMethods().getContext().commands;
    if (command !== undefined) {
      const place = `not within the builder of command "${command}"`;
      throw new FlagError(
        'FLAGZ_DECLARATION',
        `flag set "${this.#flags.name}": call addFlags on the program, ${place}`,
      );
    }
    this.#refuseConflicts();
    for (const flag of this.#flags) if (!flag.dynamic) this.#addOption(flag, STATIC_HEADING);
    for (const flag of this.#flags) if (flag.dynamic) this.#addOption(flag, DYNAMIC_HEADING);
    this.#program.middleware(() => this.#check(), true);
    this.#program.middleware(() => this.#load(), false);
    this.#followParsing();
  }

  #addOption(flag: Flag<unknown>, group: string): void {
    const boolean = isBoolean(flag);
    const choices = choicesOf(flag);
    // Yargs names its own types only.
    const describe = boolean ? flag.usage : `${flag.usage} (${typeLabel(flag)})`;
    this.#descriptions.set(flag.name, describe);
    this.#program.option(flag.name, {
      describe,
      group,
      defaultDescription: defaultText(flag),
      ...(boolean && { type: 'boolean' }),
      ...(choices && { choices }),
      ...(flag.deprecated !== undefined && { deprecated: flag.deprecated || true }),
    });
  }

  #followParsing(): void {
    const program = this.#program;
    const parse = program.parse.bind(program);
    program.parse = (args, ...more) => {
      // A short circuit, such as that of the shell's completion, asks for a parse and nothing more.
      if (more[0] === true) return parse(args, ...more);
      if (args !== undefined || !this.#arguments) this.#arguments = argumentsOf(program, args);
      if (this.#arguments.includes('--get-yargs-completions')) return parse(args, ...more);
      const length = lengthBeforeHalt(program, this.#arguments);
      const { entries, problems, rest } = scanArguments(this.#names, this.#arguments.slice(0, length));
      const endless = new Set(this.#endless(rest));
      const hasDefaultCommand = program.getInternalMethods().getCommandInstance().hasDefaultCommand();
      const all = [...problems, ...Array.from(endless, endlessGroup), ...this.#negations(rest)];
      this.#scanned = { entries, problems: all, hasDefaultCommand };
      this.#checked = undefined;
      return parse([...rest.filter((arg) => !endless.has(arg)), ...this.#arguments.slice(length)], ...more);
    };
  }

  /** Finds the options that yargs would take for the negation of a flag that is not boolean. */
  #negations(args: readonly string[]): readonly string[] {
    const negations = beforeEnd(args).filter((arg) => this.#names.has(/^--no-([^=]+)/.exec(arg)?.[1] ?? ''));
    return negations.map((arg) => `unknown option '${arg}'`);
  }

  /** Finds what yargs would take apart for long; where what follows the letters is none, it is the text of the option before. */
  #endless(args: readonly string[]): readonly string[] {
    return beforeEnd(args).filter((arg) => isEndlessGroup(arg) && /^-\w{1000}/.test(arg));
  }

  #check(): void {
    const scanned = this.#scanned;
    // Yargs calls once more for each command that a command lies in, after the handler.
    if (!scanned) return;
    this.#scanned = undefined;
    this.#refuseConflicts();
    if (scanned.problems.length > 0) this.#fail(scanned.problems);
    else this.#checked = scanned;
  }

  #load(): void {
    const checked = this.#checked;
    this.#checked = undefined;
    if (!checked || this.#hasFailed(checked)) return;
    const refused = loadCommandLine(this.#flags, checked.entries);
    if (refused.length > 0) this.#fail(refused);
  }

  /**
   * Tells whether yargs has found something wrong and was told not to exit.
   *
   * It marks a failure by `hasOutput`, but also each command whose handler it is about to call; and it gets so far only
   * where nothing was wrong.
   */
  #hasFailed({ hasDefaultCommand }: Found): boolean {
    const methods = this.#program.getInternalMethods();
    return methods.getHasOutput() && !hasDefaultCommand && methods.getContext().commands.length === 0;
  }

  #fail(problems: readonly string[]): void {
    const error = new UsageError(problems);
    this.#program.getInternalMethods().getUsageInstance().fail(error.message, error);
  }

  /** Asked again when the command is known, whose builder may have added options. */
  #refuseConflicts(): void {
    const taken = takenNames(this.#program);
    const descriptions = this.#program.getInternalMethods().getUsageInstance().getDescriptions();
    for (const [name, { flag }] of this.#names) {
      const ours = this.#descriptions.get(name);
      const others = ours === undefined ? taken.has(name) : descriptions[name] !== ours;
      if (others) throw conflict(this.#flags, flag, `option --${name} of the program`);
    }
  }
}

/** Gives the arguments that may be options. */
function beforeEnd(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--');
  return end < 0 ? args : args.slice(0, end);
}
