import { addFlags } from '@flagz/cli-adapters/commander';
import { boolean } from '@flagz/core';
import { Command, CommanderError } from 'commander';
import { flags } from './flags.ts';

/**
 * Reads the command line into the flags, or prints the help.
 *
 * @returns false when help was asked for, and the service is not to start.
 * @throws {Error} with one line, when an option is unknown or its value is refused.
 */
export function readCommandLine(argv: readonly string[]): boolean {
  const command = new Command('example-server')
    .description('The example service of Flagz: its flags change while it runs.')
    .allowExcessArguments(false)
    // Nobody else prints errors, or ends the process.
    .configureOutput({ writeErr: () => {} })
    .exitOverride();
  try {
    addFlags(command, flags).parse(joinSwitches(argv));
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw new Error(error.message.replace(/^error: /, ''), { cause: error });
  }
}

/**
 * Makes `--sources_required=false` of `--sources_required false`.
 *
 * A switch leaves what follows it to the program, which may have arguments of its own; this one has none.
 */
function joinSwitches(argv: readonly string[]): readonly string[] {
  const booleans = Array.from(flags).filter(({ type }) => type === boolean);
  const switches = new Set(booleans.flatMap(({ name }) => [`--${name}`, `--${name.replaceAll('_', '-')}`]));
  const joined: string[] = [];
  for (const argument of argv) {
    const last = joined.at(-1) ?? '';
    if (switches.has(last) && !argument.startsWith('-')) joined.splice(-1, 1, `${last}=${argument}`);
    else joined.push(argument);
  }
  return joined;
}
