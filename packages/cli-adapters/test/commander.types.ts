import { type FlagSet, boolean } from '@flagz/core';
import { addFlags } from '@flagz/cli-adapters/commander';
import { Command } from 'commander';
import { Command as Command12 } from 'commander-12';
import { Command as Command13 } from 'commander-13';
import { Command as Command15 } from 'commander-15';

declare const flags: FlagSet;

class OwnCommand extends Command {
  readonly ownField = 1;
}

// Every version, and what is chained stays what it was.
addFlags(new Command('x'), flags) satisfies Command;
addFlags(new Command12('x'), flags) satisfies Command12;
addFlags(new Command13('x'), flags) satisfies Command13;
addFlags(new Command15('x'), flags) satisfies Command15;
addFlags(new OwnCommand('x'), flags).ownField satisfies 1;
addFlags(new Command('x'), flags).parse() satisfies Command;
new Command('x').addCommand(addFlags(new Command('y'), flags)) satisfies Command;

// @ts-expect-error: the command comes first
addFlags(flags, new Command('x'));
// @ts-expect-error: flags are required
addFlags(new Command('x'));
// @ts-expect-error: a flag type is no flag set
addFlags(new Command('x'), boolean);
