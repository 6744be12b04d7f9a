// A program of yargs: `yargs.program.ts MODULE [ARGUMENT...]`.
import { addFlags } from '@flagz/cli-adapters/yargs';
import type newestYargs from 'yargs';
import { given, makeShop } from '../shop.ts';

const [module = ''] = process.argv.splice(2, 1);
const { default: yargs } = (await import(module)) as { default: typeof newestYargs };
const { flags } = makeShop();
const program = yargs(process.argv.slice(2))
  .scriptName('shop')
  .locale('en')
  .strict()
  .showHelpOnFail(false, '(add --help for more)')
  .option('own', { type: 'string' })
  .command('serve [file]', 'Opens the shop.', {}, () => void process.stdout.write(JSON.stringify(given(flags))));
void addFlags(program, flags).parse();
