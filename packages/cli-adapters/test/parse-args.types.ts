import type { FlagSet } from '@flagz/core';
import { type UsageError, formatHelp, parseFlags } from '@flagz/cli-adapters/parse-args';

declare const flags: FlagSet;
declare const error: UsageError;

const { values, positionals } = parseFlags(flags, ['x'], {
  options: {
    own: { type: 'string' },
    verbose: { type: 'boolean', short: 'v' },
    many: { type: 'string', multiple: true },
  },
});
values.own satisfies string | undefined;
values.verbose satisfies boolean | undefined;
values.many satisfies string[] | undefined;
positionals satisfies readonly string[];
error.problems satisfies readonly string[];
parseFlags(flags).positionals satisfies readonly string[];
formatHelp(flags, { width: 100 }) satisfies string;

// @ts-expect-error: an option that was not declared
void values.other;
// @ts-expect-error: options have one of two types
parseFlags(flags, [], { options: { own: { type: 'number' } } });
// @ts-expect-error: arguments are words
parseFlags(flags, '--rate 1');
