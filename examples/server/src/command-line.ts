import { addFlags } from '@flagz/cli-adapters/commander';
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
    addFlags(command, flags).parse(argv);
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    throw new Error(error.message.replace(/^error: /, ''), { cause: error });
  }
}
