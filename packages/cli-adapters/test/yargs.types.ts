import type { FlagSet } from '@flagz/core';
import { addFlags } from '@flagz/cli-adapters/yargs';
import yargs from 'yargs';

declare const flags: FlagSet;

// What the program has inferred of its options goes through, before and after.
const program = addFlags(yargs([]).option('own', { type: 'string', demandOption: true }), flags).option('more', {
  type: 'number',
});
const argv = program.parseSync();
argv.own satisfies string;
argv.more satisfies number | undefined;
// @ts-expect-error: no flag is in argv with a type of its own
argv.own satisfies number;

// @ts-expect-error: the program comes first
addFlags(flags, yargs([]));
// @ts-expect-error: parsed arguments are no program
addFlags(argv, flags);
