import { addFlags } from '@flagz/cli-adapters/yargs';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { flags } from './flags.ts';
import { greet } from './greet.ts';

const program = yargs(hideBin(process.argv))
  .scriptName('greeter')
  .locale('en')
  .usage('Greets people.')
  .option('quiet', { alias: 'q', type: 'boolean', describe: 'print nothing' })
  .showHelpOnFail(false, '(add --help for more)')
  .strict()
  .demandCommand(1)
  .command(
    'greet <name>',
    'greets somebody',
    (command) =>
      command
        .positional('name', { type: 'string', demandOption: true })
        .option('title', { type: 'string', describe: 'title of the person' }),
    ({ name, title, quiet }) => {
      if (quiet !== true) process.stdout.write(greet(title === undefined ? name : `${title} ${name}`));
    },
  );

addFlags(program, flags);
await program.parseAsync();
