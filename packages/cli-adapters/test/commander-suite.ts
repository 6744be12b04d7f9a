import { FlagError, FlagSet, int } from '@flagz/core';
import { addFlags } from '@flagz/cli-adapters/commander';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import type { Command as NewestCommand } from 'commander';
import { accepted, refused } from './cases.ts';
import { given, makeShop } from './shop.ts';

type CommandClass = new (name?: string) => NewestCommand;

/** Runs the tests of the commander adapter with one version of commander. */
export function commanderSuite(version: string, Command: CommandClass, canGroup: boolean): void {
  /** Makes a program that throws where others exit, and keeps what it prints. */
  function makeProgram(shop = makeShop()) {
    const printed: string[] = [];
    const calls: unknown[] = [];
    const write = (text: string): void => void printed.push(text);
    const program = new Command('shop')
      .configureOutput({ writeOut: write, writeErr: write })
      .exitOverride()
      .option('--own <text>');
    const serve = program
      .command('serve')
      .argument('[file]')
      .argument('[more]')
      .action((file) => void calls.push({ file, values: given(shop.flags) }));
    return { ...shop, program, serve, printed, calls };
  }

  describe(`commander ${version}: addFlags()`, (it) => {
    for (const { title, argv, values } of accepted) {
      it(title, () => {
        const { program, flags } = makeProgram();
        addFlags(program, flags).parse(argv, { from: 'user' });
        assert.equal(given(flags), values);
      });
    }

    for (const { title, argv, message } of refused) {
      it(`${title}, and changes nothing`, () => {
        const { program, flags, printed, calls } = makeProgram();
        const error = throws(() => addFlags(program, flags).parse(argv, { from: 'user' }), `error: ${message}`);
        const missing = message.endsWith('missing');
        assert.is(
          (error as Error & { code?: string }).code,
          `commander.${missing ? 'optionMissingArgument' : 'invalidArgument'}`,
        );
        assert.is((error as Error & { exitCode?: number }).exitCode, 1);
        assert.is(printed.join(''), `error: ${message}\n`);
        assert.equal([given(flags), calls], [{}, []]);
      });
    }

    it('leaves unknown options to commander, which suggests flags', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags);
      for (const [arg, message] of [
        ['--rat', "error: unknown option '--rat'\n(Did you mean --rate?)"],
        ['--no-rate', "error: unknown option '--no-rate'\n(Did you mean --rate?)"],
        ['--no-fast_index=true', /^error: unknown option '--no-fast_index=true'/],
        ['-r', "error: unknown option '-r'"],
      ] as const) {
        throws(() => program.parse(['serve', '--port', '1', arg], { from: 'user' }), message);
        assert.equal(given(flags), {});
      }
    });
  });

  describe(`commander ${version}: the program around the flags`, (it) => {
    it('keeps its own options, and finds no flag in opts()', () => {
      const { program, flags, calls } = makeProgram();
      addFlags(program, flags).parse(['serve', '--rate=20', '--own', 'x', '--no-fast-index', 'a'], { from: 'user' });
      assert.equal(program.opts(), { own: 'x' });
      assert.equal(calls, [{ file: 'a', values: { fast_index: 'false', rate: '20' } }]);
    });

    it('finds the flags loaded in hooks that it had before, and in its action', () => {
      const { program, flags, rate, serve } = makeProgram();
      const events: string[] = [];
      program.hook('preAction', () => void events.push(`program hook ${rate.get()}`));
      serve.hook('preAction', () => void events.push(`command hook ${rate.get()}`));
      serve.action(() => void events.push(`action ${rate.get()}`));
      addFlags(program, flags).parse(['serve', '--rate', '20'], { from: 'user' });
      assert.equal(events, ['program hook 20', 'command hook 20', 'action 20']);
    });

    it('may be asynchronous', async () => {
      const { program, flags, rate, serve } = makeProgram();
      const events: number[] = [];
      serve.action(async () => {
        await Promise.resolve();
        events.push(rate.get());
      });
      await addFlags(program, flags).parseAsync(['serve', '--rate', '20'], { from: 'user' });
      await rejects(program.parseAsync(['serve', '--rate', 'x'], { from: 'user' }), /^error: option '--rate <int>'/);
      assert.equal([events, rate.get()], [[20], 20]);
    });

    it('may have neither commands nor an action', async () => {
      const { flags, rate } = makeShop();
      const program = addFlags(new Command('shop').exitOverride(), flags);
      program.parse(['--rate', '20'], { from: 'user' });
      assert.is(rate.get(), 20);
      await program.parseAsync(['--rate', '30'], { from: 'user' });
      assert.is(rate.get(), 30);
    });

    it('loads nothing when it only shows help', () => {
      const { program, flags, printed } = makeProgram();
      throws(() => addFlags(program, flags).parse(['--rate', '20', '--help'], { from: 'user' }), '(outputHelp)');
      assert.equal(given(flags), {});
      assert.match(printed.join(''), '--rate <int>');
    });

    it('may give flags to one command only', () => {
      const { program, flags, rate, serve } = makeProgram();
      program.command('other').action(() => {});
      addFlags(serve, flags);
      program.parse(['serve', '--rate', '20'], { from: 'user' });
      assert.is(rate.get(), 20);
      throws(() => program.parse(['other', '--rate', '20'], { from: 'user' }), /^error: unknown option '--rate'/);
    });

    it('loads one command line in the place of the other', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags).parse(['serve', '--rate', '20', '--low', '3'], { from: 'user' });
      program.parse(['serve', '--label', 'x'], { from: 'user' });
      assert.equal(given(flags), { label: 'x' });
    });

    it('keeps the earlier command line when a later one is refused', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags).parse(['serve', '--rate', '20', '--low', '3'], { from: 'user' });
      throws(() => program.parse(['serve', '--label', 'x', '--low', '9'], { from: 'user' }), /low above high/);
      assert.equal(given(flags), { low: '3', rate: '20' });
    });

    it('shows help after an error where it is told to', () => {
      const { program, flags, printed } = makeProgram();
      program.showHelpAfterError('(add --help for more)');
      throws(() => addFlags(program, flags).parse(['serve', '--rate', 'x'], { from: 'user' }), /is invalid/);
      assert.match(printed.join(''), /is invalid\. expected an integer\n\(add --help for more\)\n$/);
    });

    it('gives what follows the command to the command where options are positional', () => {
      const { program, flags, serve, rate } = makeProgram();
      program.enablePositionalOptions();
      serve.option('--rate <text>');
      addFlags(program, flags).parse(['--rate', '20', 'serve', '--rate', 'x'], { from: 'user' });
      assert.equal([rate.get(), serve.opts()], [20, { rate: 'x' }]);
    });

    it('passes options through where it is told to', () => {
      const { flags } = makeShop();
      const program = new Command('shop').exitOverride().argument('<words...>').passThroughOptions();
      addFlags(program, flags).parse(['--rate=20', 'run', '--fast-index=no', '--rate', 'x'], { from: 'user' });
      assert.equal(given(flags), { rate: '20' });
      assert.equal(program.args, ['run', '--fast-index=no', '--rate', 'x']);
    });

    it('may have two flag sets', () => {
      const { flags, program } = makeProgram();
      const other = new FlagSet('other');
      const size = other.dynamic('size', int, 1, 'Size.');
      addFlags(addFlags(program, flags), other).parse(['serve', '--size', '2', '--rate', '20'], { from: 'user' });
      assert.equal([size.get(), given(flags)], [2, { rate: '20' }]);
    });
  });

  describe(`commander ${version}: conflicts`, (it) => {
    const message = (option: string, command: string): string =>
      `flag set "shop": flag "rate" and option '${option}' of command "${command}" share an option; rename one of them`;

    it('names the flag and the option of the program', () => {
      const { program, flags } = makeProgram();
      const error = throws(() => addFlags(program.option('-r, --rate <n>'), flags), message('-r, --rate <n>', 'shop'));
      assert.instance(error, FlagError);
    });

    it('names the option of a command below, which would never be given', () => {
      const { program, flags, serve } = makeProgram();
      serve.option('--rate');
      throws(() => addFlags(program, flags), message('--rate', 'serve'));
    });

    it('finds commands that come later', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags).command('late').option('--rate');
      throws(() => program.parse(['serve'], { from: 'user' }), message('--rate', 'late'));
    });

    it('leaves options that come later to commander', () => {
      const { program, flags } = makeProgram();
      throws(() => addFlags(program, flags).option('--max-connections'), /conflicting flag '--max-connections'/);
    });

    it('knows the help option and negations', () => {
      const help = new FlagSet('shop');
      help.dynamic('help', int, 1, 'Help.');
      throws(() => addFlags(new Command('shop'), help), /flag "help" and option '-h, --help' of command "shop"/);
      const { flags } = makeShop();
      throws(() => addFlags(new Command('shop').option('--no-fast-index'), flags), /flag "fast_index" and option/);
    });

    it('refuses flags that only - and _ tell apart', () => {
      const flags = new FlagSet('shop');
      flags.dynamic('a_b', int, 1, 'One.');
      flags.dynamic('a-b', int, 1, 'Two.');
      const both = 'flag set "shop": flags "a-b" and "a_b" share the option --a-b; rename one of them';
      throws(() => addFlags(new Command('shop'), flags), both);
    });
  });

  describe(`commander ${version}: help`, (it) => {
    it('shows type, usage, choices, default and deprecation, and hides sensitive defaults', () => {
      const { program, flags } = makeProgram();
      const help = addFlags(program, flags).configureHelp({ helpWidth: 120 }).helpInformation();
      const lines = [
        '--port <int>             Port to listen on. (static, default: 8080)',
        '--[no-]fast_index        Searches by the fast index. (dynamic, default: false)',
        '--label <string>         Label of the shop. (dynamic, default: "none")',
        '--level <choice>         What is logged. (dynamic, choices: "debug", "info", default: "info")',
        '--old_label <string>     Label of old. (dynamic, default: "", deprecated: use label)',
        '--timeout <duration>     Time for one request. (dynamic, default: 1s)',
        '--token <int>            Number that opens the safe. (dynamic, default: •••)',
      ];
      for (const line of lines) assert.match(help, canGroup ? line.replace(/(static|dynamic), /, '') : line);
    });

    it(canGroup ? 'has a group of static and one of dynamic flags' : 'marks static and dynamic flags', () => {
      const { program, flags } = makeProgram();
      const help = addFlags(program, flags).helpInformation();
      if (canGroup) {
        assert.match(
          help,
          /Options:\n {2}--own <text>\s+-h, --help [^\n]+\n\nStatic flags:\n[^]+\n\nDynamic flags:\n[^]+\n\nCommands:/,
        );
      } else {
        assert.match(help, /Options:\n[^]+\(static, default: 8080\)[^]+\(dynamic, default: 2\)[^]+\n\nCommands:/);
      }
    });
  });
}
