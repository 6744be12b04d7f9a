// A program of commander: `commander.program.ts MODULE [ARGUMENT...]`.
import { addFlags } from '@flagz/cli-adapters/commander';
import type { Command as NewestCommand } from 'commander';
import { given, makeShop } from '../shop.ts';

const [module = ''] = process.argv.splice(2, 1);
const { Command } = (await import(module)) as { Command: typeof NewestCommand };
const { flags } = makeShop();
const program = new Command('shop').showHelpAfterError('(add --help for more)').option('--own <text>');
program
  .command('serve')
  .argument('[file]')
  .action(() => void process.stdout.write(JSON.stringify(given(flags))));
addFlags(program, flags).parse();
