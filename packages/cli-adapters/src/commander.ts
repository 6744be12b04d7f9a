import type { Flag, FlagSet } from '@flagz/core';
import { loadCommandLine } from './command-line.ts';
import { DYNAMIC_HEADING, STATIC_HEADING, describeFlag, optionTerm } from './describe-flag.ts';
import { conflict, isBoolean, type OptionNames, optionNames } from './option-names.ts';
import { refusal } from './refusal.ts';

/** Is what this adapter needs of an option of commander 12 or newer. */
export interface CommanderOption {
  /** Shows the option in help and messages. */
  flags: string;
  /** Describes the option in help. */
  description: string;
  /** Whether commander takes the option for the negation of another one. */
  negate: boolean;
  /** Gives the long name, with its dashes. */
  readonly long?: string | undefined;
}

/** Is what this adapter needs of a command of commander 12 or newer. */
export interface CommanderCommand {
  /** Lists the options that were added. */
  readonly options: readonly CommanderOption[];
  /** Lists the commands below. */
  readonly commands: readonly CommanderCommand[];
  /** Gives the name. */
  name(): string;
  /** Makes an option, and does not add it. */
  createOption(flags: string): CommanderOption;
  /** Makes what writes the help. */
  createHelp(): { visibleOptions(command: CommanderCommand): readonly CommanderOption[] };
  /** Adds an option. */
  addOption(option: CommanderOption): unknown;
  /** Reports a wrong command line, and ends the process or throws, as configured. */
  error(message: string, options?: { readonly exitCode?: number; readonly code?: string }): never;
  /** Calls a listener before the action of the command, or of one below. */
  hook(event: 'preAction', listener: () => void): unknown;
  /** Reads the options of one command; once in each parse. */
  parseOptions(argv: string[]): unknown;
  /** Parses and acts. */
  parse(argv?: readonly string[]): unknown;
  /** Parses and acts, where an action or a hook is asynchronous. */
  parseAsync(argv?: readonly string[]): Promise<unknown>;
}

/** Is what a command does and its types do not tell. */
interface CommandInternals {
  on(event: string, listener: (text?: string) => void): unknown;
  removeAllListeners(event: string): unknown;
  parseOptions(argv: string[]): unknown;
  parse(...args: unknown[]): unknown;
  parseAsync(...args: unknown[]): Promise<unknown>;
  readonly _lifeCycleHooks?: { readonly preAction?: unknown[] };
  readonly _enablePositionalOptions?: boolean;
}

/** Is what an option does and its types do not tell, or those of newer versions only. */
interface OptionInternals {
  is: (arg: string) => boolean;
  readonly helpGroup?: (heading: string) => unknown;
}

/**
 * Adds an option for each flag to a command. What is given goes into the flags, and not into `opts()`.
 *
 * Each value is checked when commander meets it; they are loaded as one batch, in the place of an earlier one, when
 * commander has found nothing wrong: before the action and all `preAction` hooks of the command, or where there is no
 * action, before `parse` returns. What is refused ends as any wrong option does, by `command.error()`. Call it when all
 * flags are declared.
 *
 * @returns the command.
 * @throws {FlagError} when the command, or one below it, has an option of that name: a bug of the program.
 * @example
 * // checkout --rate 20
 * addFlags(new Command('checkout'), flags).parse();
 * rate.get(); //=> 20
 */
export function addFlags<Command extends CommanderCommand>(command: Command, flags: FlagSet): Command {
  new CommanderAdapter(command, flags).install();
  return command;
}

/**
 * Works between one command and one flag set.
 *
 *     parseOptions ─▶ take, take … ─▶ commander's own checks ─▶ preAction ─▶ load ─▶ action
 *                                                           └── no action ─▶ load ─▶ parse returns
 */
class CommanderAdapter {
  readonly #command: CommanderCommand;
  readonly #internals: CommandInternals;
  readonly #flags: FlagSet;
  readonly #names: OptionNames;
  readonly #options = new Set<CommanderOption>();
  /** What the parse under way has taken; none once that is loaded. */
  #given: Map<string, string> | undefined;

  constructor(command: CommanderCommand, flags: FlagSet) {
    this.#command = command;
    this.#internals = command as unknown as CommandInternals;
    this.#flags = flags;
    this.#names = optionNames(flags);
  }

  install(): void {
    this.#refuseConflicts();
    for (const flag of this.#flags) if (!flag.dynamic) this.#addOption(flag, STATIC_HEADING);
    for (const flag of this.#flags) if (flag.dynamic) this.#addOption(flag, DYNAMIC_HEADING);
    this.#command.hook('preAction', () => this.#load());
    // Hooks that the program has added before are to see the flags, too.
    const hooks = this.#internals._lifeCycleHooks?.preAction;
    if (hooks) hooks.unshift(hooks.pop());
    this.#followParsing();
  }

  #addOption(flag: Flag<unknown>, heading: string): void {
    const option = this.#command.createOption(isBoolean(flag) ? `--${flag.name}` : `--${flag.name} <value>`);
    const internals = option as unknown as OptionInternals;
    option.flags = optionTerm(flag);
    // Names such as no-proxy negate nothing.
    option.negate = false;
    internals.helpGroup?.(heading);
    // Commander 12 and 13 cannot group.
    const remark = flag.dynamic ? 'dynamic' : 'static';
    option.description = describeFlag(flag, internals.helpGroup ? undefined : remark);
    const matched = this.#answerToAllNames(flag, internals);
    this.#command.addOption(option);
    this.#options.add(option);
    // Commander's own listener fills opts(), and its message quotes what is refused, sensitive texts too.
    this.#internals.removeAllListeners(`option:${flag.name}`);
    this.#internals.on(`option:${flag.name}`, (text) => this.#take(flag, text ?? matched.text));
  }

  /**
   * Makes an option answer to all its names.
   *
   * Commander asks each option whether a whole argument `is` its name, and then, where it takes a value, whether the part
   * before `=` is. So a boolean option can take `--on=false` without taking the argument that follows `--on`.
   *
   * @returns what the name says that matched last.
   */
  #answerToAllNames(flag: Flag<unknown>, option: OptionInternals): { readonly text: string } {
    const matched = { text: 'true' };
    option.is = (arg) => {
      const [, name = '', value] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? [];
      const named = this.#names.get(name);
      if (named?.flag !== flag) return false;
      if (value !== undefined && (named.negated || !isBoolean(flag))) return false;
      matched.text = value ?? String(!named.negated);
      return true;
    };
    return matched;
  }

  #take(flag: Flag<unknown>, text: string): void {
    const refused = refusal(flag, text);
    if (refused !== undefined) this.#refuse(refused);
    this.#given?.set(flag.name, text);
  }

  #load(): void {
    const given = this.#given;
    this.#given = undefined;
    if (!given) return;
    const refused = loadCommandLine(this.#flags, given);
    if (refused.length > 0) this.#refuse(refused.join('; '));
  }

  /** Ends as commander's own refusals do: output as configured, help hint, exit or `exitOverride`. */
  #refuse(message: string): never {
    return this.#command.error(`error: ${message}`, { exitCode: 1, code: 'commander.invalidArgument' });
  }

  /** Commander has no event for the beginning and the end of a parse. */
  #followParsing(): void {
    const internals = this.#internals;
    const parseOptions = internals.parseOptions.bind(internals);
    const parse = internals.parse.bind(internals);
    const parseAsync = internals.parseAsync.bind(internals);
    internals.parseOptions = (argv) => {
      this.#refuseConflicts();
      this.#given = new Map();
      return parseOptions(argv);
    };
    internals.parse = (...args) => {
      const result = parse(...args);
      this.#load();
      return result;
    };
    internals.parseAsync = async (...args) => {
      const result = await parseAsync(...args);
      this.#load();
      return result;
    };
  }

  /** Asked again at each parse, for options and commands that came later. */
  #refuseConflicts(): void {
    const visit = (command: CommanderCommand, options: readonly CommanderOption[]): void => {
      for (const option of options) {
        const named = this.#names.get(option.long?.replace(/^--/, '') ?? '');
        if (!named || this.#options.has(option)) continue;
        throw conflict(this.#flags, named.flag, `option '${option.flags}' of command "${command.name()}"`);
      }
      // With positional options a command below may use a name again; otherwise this command would take its options.
      if ((command as unknown as CommandInternals)._enablePositionalOptions) return;
      for (const below of command.commands) visit(below, below.options);
    };
    // Those that help shows, because the help option is not among `options`.
    visit(this.#command, this.#command.createHelp().visibleOptions(this.#command));
    visit(this.#command, this.#command.options);
  }
}
