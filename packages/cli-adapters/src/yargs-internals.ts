/** Is what an instance of yargs does and its types do not tell. */
export interface YargsInternals {
  option(key: string, options: object): unknown;
  middleware(callback: () => void, applyBeforeValidation: boolean): unknown;
  parserConfiguration(configuration: object): unknown;
  parse(args?: string | readonly string[], ...more: unknown[]): unknown;
  getOptions(): Record<string, unknown>;
  getInternalMethods(): {
    getCommandInstance(): { hasDefaultCommand(): boolean };
    getContext(): { readonly commands: readonly string[] };
    getHasOutput(): boolean;
    getParserConfiguration(): Readonly<Record<string, unknown>>;
    getUsageInstance(): {
      fail(message: string, error: Error): void;
      getDescriptions(): Readonly<Record<string, string | undefined>>;
    };
    runYargsParserAndExecuteCommands(args: string | readonly string[] | null, shortCircuit: boolean): unknown;
  };
}

/**
 * Gives the arguments as single words, those that the program was made with where none are given.
 *
 * Yargs tells nobody what it was made with; but an instance that knows no option and takes what it does not know for
 * positionals repeats every word of them.
 */
export function argumentsOf(program: YargsInternals, args?: string | readonly string[]): readonly string[] {
  if (typeof args === 'object') return args.map(String);
  const options = program.getOptions();
  const saved = { ...options };
  for (const [key, value] of Object.entries(saved)) {
    options[key] = Array.isArray(value) ? [] : typeof value === 'object' ? {} : undefined;
  }
  const configuration = { 'unknown-options-as-args': true, 'populate--': true, 'parse-positional-numbers': false };
  try {
    const { _: words, '--': rest } = parseOnly(program, args, configuration);
    const all = rest ? [...words, '--', ...rest] : words;
    // A command line that is one text is cut at white space, and its quotes are left to whoever uses a word.
    return args === undefined ? all : all.map((word) => word.replace(/^(--?[^=]+=)?(["'])(.*)\2$/s, '$1$3'));
  } finally {
    Object.assign(options, saved);
  }
}

/** Counts the words in front of those that yargs leaves alone as told by `halt-at-non-option`. */
export function lengthBeforeHalt(program: YargsInternals, args: readonly string[]): number {
  const configuration = program.getInternalMethods().getParserConfiguration();
  if (configuration['halt-at-non-option'] !== true) return args.length;
  const { '--': rest = [] } = parseOnly(program, args, { ...configuration, 'populate--': true });
  return args.length - rest.length;
}

/** Lists the names of the options that the program has by now. */
export function takenNames(program: YargsInternals): ReadonlySet<string> {
  const { key = {}, alias = {} } = program.getOptions() as {
    readonly key?: object;
    readonly alias?: Readonly<Record<string, readonly string[]>>;
  };
  return new Set([...Object.keys(key), ...Object.keys(alias), ...Object.values(alias).flat()]);
}

/** Gives the spelling that yargs takes by itself for a name with dashes. */
export function camelCaseName(name: string): readonly string[] {
  return name.includes('-') ? [name.replaceAll(/[-_]+(.)/g, (_, next: string) => next.toUpperCase())] : [];
}

interface Words {
  readonly _: readonly string[];
  readonly '--'?: readonly string[];
}

/** Parses without validation, commands or output, with another configuration of the parser. */
function parseOnly(
  program: YargsInternals,
  args: string | readonly string[] | undefined,
  configuration: Readonly<Record<string, unknown>>,
): Words {
  const methods = program.getInternalMethods();
  const own = methods.getParserConfiguration();
  program.parserConfiguration(configuration);
  try {
    // `parse` itself warns when it is to use the program's own arguments and nothing more.
    return methods.runYargsParserAndExecuteCommands(args ?? null, true) as Words;
  } finally {
    program.parserConfiguration(own);
  }
}
