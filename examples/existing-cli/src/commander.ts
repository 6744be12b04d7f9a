import { addFlags } from '@flagz/cli-adapters/commander';
import { Command } from 'commander';
import { flags } from './flags.ts';
import { greet } from './greet.ts';

const program = new Command('greeter')
  .description('Greets people.')
  .option('-q, --quiet', 'print nothing')
  .showHelpAfterError('(add --help for more)');

program
  .command('greet')
  .description('greets somebody')
  .argument('<name>')
  .option('--title <text>', 'title of the person')
  .action((name: string, { title }: { readonly title?: string }) => {
    const { quiet } = program.opts<{ quiet?: boolean }>();
    if (!quiet) process.stdout.write(greet(title === undefined ? name : `${title} ${name}`));
  });

addFlags(program, flags);
program.parse();
