import { type DeclaredFlag, type Source, SourceError } from '@flagz/core';

/** Configures {@link envSource}. */
export interface EnvSourceOptions {
  /** Begins the name of each variable: `CHECKOUT_` makes `CHECKOUT_RATE` of `rate`. May be empty. */
  readonly prefix: string;
  /** The variables. @default `process.env` as it is when the source starts */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes a source of environment variables, read once: the prefix, then the flag's name in upper case with `_` for `.` and `-`.
 *
 * An empty variable is a value of a `string` flag, and as good as none elsewhere. A variable that has the prefix and
 * belongs to no flag is reported as an unknown key, under its own name; with an empty prefix none is. Declare the flags
 * before the source starts. The start fails at once when two flags share a variable.
 *
 * @example
 * // CHECKOUT_RATE=20
 * await flags.watch(envSource({ prefix: 'CHECKOUT_' }));
 * rate.get(); //=> 20
 */
export function envSource({ prefix, env }: EnvSourceOptions): Source {
  return {
    name: 'environment',
    kind: 'environment',
    async watch(sink) {
      const flags = [...sink.flags()];
      const names = new Set(flags.map(({ name }) => name));
      const flagOf = variablesOf(flags, prefix);
      const values: [key: string, value: string][] = [];
      for (const [variable, value] of Object.entries(env ?? process.env)) {
        if (value === undefined) continue;
        const flag = flagOf.get(variable);
        if (flag) {
          if (value !== '' || flag.type.name === 'string') values.push([flag.name, value]);
        } else if (prefix !== '' && variable.startsWith(prefix) && !names.has(variable)) {
          // A flag that happens to be named like the variable is not what the variable is for.
          values.push([variable, value]);
        }
      }
      sink.replace(values);
    },
  };
}

function variablesOf(flags: readonly DeclaredFlag[], prefix: string): ReadonlyMap<string, DeclaredFlag> {
  const flagOf = new Map<string, DeclaredFlag>();
  for (const flag of flags) {
    const variable = prefix + flag.name.toUpperCase().replaceAll(/[.-]/g, '_');
    const other = flagOf.get(variable);
    if (other) {
      const both = `flags "${other.name}" and "${flag.name}"`;
      throw new SourceError(`${both} share the variable ${variable}; rename one of them`, { fatalAtStart: true });
    }
    flagOf.set(variable, flag);
  }
  return flagOf;
}
