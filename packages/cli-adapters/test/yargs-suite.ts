import { FlagSet, int } from '@flagz/core';
import { UsageError, addFlags } from '@flagz/cli-adapters/yargs';
import { assert, describe, rejects, throws } from '@flagz/test-runner';
import type newestYargs from 'yargs';
import type { Argv } from 'yargs';
import { accepted, refused } from './cases.ts';
import { given, makeShop } from './shop.ts';

/** Is what one parse in yargs' mode for tests and bots tells: it neither prints nor exits. */
interface Reply {
  readonly error: Error | undefined | null;
  readonly output: string;
}

/** Runs the tests of the yargs adapter with one version of yargs. */
export function yargsSuite(version: string, yargs: typeof newestYargs): void {
  function makeProgram(shop = makeShop()) {
    const calls: unknown[] = [];
    const program = yargs([])
      .scriptName('shop')
      .locale('en')
      .option('own', { type: 'string' })
      .strict()
      .command(
        'serve [file] [more]',
        'Opens the shop.',
        (command) => command.option('verbose', { type: 'boolean' }),
        (argv) => void calls.push({ argv, values: given(shop.flags) }),
      );
    return { ...shop, program, calls };
  }

  function reply(program: Argv, argv: readonly string[]): Reply {
    let answer: Reply | undefined;
    void program.parse(argv, {}, (error, _argv, output) => {
      answer = { error, output };
    });
    if (!answer) throw new Error('the parse has not ended');
    return answer;
  }

  const quiet = <P extends Argv>(program: P): P => {
    program.fail((message, error) => {
      throw error ?? new Error(message);
    });
    return program;
  };

  describe(`yargs ${version}: addFlags()`, (it) => {
    for (const { title, argv, values } of accepted) {
      it(title, () => {
        const { program, flags } = makeProgram();
        const { error } = reply(addFlags(program, flags), argv);
        assert.equal([error ?? undefined, given(flags)], [undefined, values]);
      });
    }

    for (const { title, argv, message } of refused) {
      it(`${title}, and changes nothing`, () => {
        const { program, flags } = makeProgram();
        const { error, output } = reply(addFlags(program, flags), argv);
        assert.instance(error, UsageError);
        assert.is(error?.message, message);
        assert.ok(output.startsWith('shop serve [file] [more]\n'), 'help first');
        assert.ok(output.endsWith(`\n\n${message}`), output);
        assert.equal(given(flags), {});
      });
    }

    it('refuses a group of short options that yargs would take apart for long, and takes the same for a text', () => {
      const long = `-${'x'.repeat(2_000)}`;
      const { program, flags } = makeProgram();
      addFlags(program, flags);
      const message = `'-xxxxxxxxx…' has 2001 characters, too many for a group of short options`;
      assert.is(reply(program, ['serve', long]).error?.message, message);
      assert.is(reply(program, ['serve', '--label', long]).error ?? undefined, undefined);
      assert.equal(given(flags), { label: long });
    });

    it('calls no handler when a value is refused', () => {
      const { program, flags, calls } = makeProgram();
      reply(addFlags(program, flags), ['serve', '--rate', 'x']);
      assert.equal(calls, []);
    });

    it('leaves unknown options to yargs, and loads nothing then', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags);
      assert.is(reply(program, ['serve', '--rate=20', '--rat', '3']).error?.message, 'Unknown argument: rat');
      assert.equal(given(flags), {});
    });

    it('refuses the negation of a flag that is not boolean, and a negation with a value', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags);
      assert.is(reply(program, ['serve', '--no-rate']).error?.message, "unknown option '--no-rate'");
      const { error } = reply(program, ['serve', '--no-fast-index=true']);
      assert.is(error?.message, "option '--no-fast-index' does not take an argument");
    });

    it('names all that is wrong', () => {
      const { program, flags } = makeProgram();
      const { error } = reply(addFlags(program, flags), ['serve', '--rate=x', '--label=y', '--level=z']);
      assert.equal((error as UsageError).problems, [
        "option '--rate <int>' argument 'x' is invalid. expected an integer",
        `option '--level <choice>' argument 'z' is invalid. expected one of "debug", "info"`,
      ]);
    });

    it('takes camel case where yargs would', () => {
      const flags = new FlagSet('shop');
      const size = flags.dynamic('page-size', int, 1, 'Size of a page.');
      reply(addFlags(yargs([]).strict(), flags), ['--pageSize', '3']);
      assert.is(size.get(), 3);
    });
  });

  describe(`yargs ${version}: the program around the flags`, (it) => {
    it('keeps its own options, and finds no flag in argv', () => {
      const { program, flags, calls } = makeProgram();
      reply(addFlags(program, flags), [
        'serve',
        '--rate=20',
        '--db.pool',
        '3',
        '--own',
        'x',
        '--no-fast-index',
        'a',
        '7',
      ]);
      const argv = { _: ['serve'], $0: 'shop', own: 'x', file: 'a', more: 7 };
      assert.equal(calls, [{ argv, values: { 'db.pool': '3', fast_index: 'false', rate: '20' } }]);
    });

    it('finds the flags loaded in middleware that comes later', () => {
      const { program, flags, rate } = makeProgram();
      const seen: number[] = [];
      addFlags(program, flags).middleware(() => void seen.push(rate.get()));
      reply(program, ['serve', '--rate', '20']);
      assert.equal(seen, [20]);
    });

    it('may be asynchronous', async () => {
      const { flags, rate } = makeShop();
      const events: number[] = [];
      const program = quiet(yargs([])).command(
        'serve',
        'Opens the shop.',
        async (command) => command,
        async () => {
          await Promise.resolve();
          events.push(rate.get());
        },
      );
      await addFlags(program, flags).parseAsync(['serve', '--rate', '20']);
      await rejects(program.parseAsync(['serve', '--rate', 'x']), /^option '--rate <int>'/);
      assert.equal([events, rate.get()], [[20], 20]);
    });

    it('may have no commands, a default command, or commands in commands', () => {
      const { flags, rate } = makeShop();
      const seen: number[] = [];
      const see = (): void => void seen.push(rate.get());
      quiet(addFlags(yargs([]), flags)).parseSync(['--rate', '20']);
      see();
      quiet(
        addFlags(
          yargs([]).command('$0', 'Opens.', () => {}, see),
          flags,
        ),
      ).parseSync(['--rate', '30']);
      const nested = yargs([]).command('a', 'A.', (a) =>
        a.command('b', 'B.', (b) => b.command('c', 'C.', () => {}, see)),
      );
      quiet(addFlags(nested, flags)).parseSync(['a', '--rate=40', 'b', 'c']);
      assert.equal(seen, [20, 30, 40]);
    });

    it('loads nothing when it only shows help or its version', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags);
      assert.match(reply(program, ['serve', '--rate=20', '--help']).output, '--rate');
      assert.is(reply(program.version('1.2.3'), ['--rate=20', '--version']).output, '1.2.3');
      assert.equal(given(flags), {});
    });

    it('loads nothing when yargs finds something wrong, whatever the commands are', () => {
      const { flags } = makeShop();
      const plain = addFlags(yargs([]).strict(), flags);
      assert.is(reply(plain, ['--rate=20', '--rat=3']).error?.message, 'Unknown argument: rat');
      const withDefault = addFlags(
        yargs([])
          .strict()
          .command(
            '$0',
            'Opens.',
            () => {},
            () => {},
          ),
        flags,
      );
      assert.is(reply(withDefault, ['--rate=20', '--rat=3']).error?.message, 'Unknown argument: rat');
      assert.equal(given(flags), {});
    });

    it('loads one command line in the place of the other', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags);
      reply(program, ['serve', '--rate', '20', '--low', '3']);
      reply(program, ['serve', '--label', 'x']);
      assert.equal(given(flags), { label: 'x' });
    });

    it('keeps the earlier command line when a later one is refused', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags);
      reply(program, ['serve', '--rate', '20', '--low', '3']);
      assert.match(reply(program, ['serve', '--label', 'x', '--low', '9']).error?.message ?? '', /low above high/);
      assert.equal(given(flags), { low: '3', rate: '20' });
    });

    it('may be made with its arguments, and asked for them again', () => {
      const { flags } = makeShop();
      const args = ['--rate', '-3', 'word', '--', '--label', '-7'];
      const program = addFlags(
        yargs(args)
          .option('own', { type: 'array' })
          .env('SHOP')
          .config({ own: ['x'] }),
        flags,
      );
      for (let time = 0; time < 3; time++) {
        const { $0: _, ...argv } = program.argv as Record<string, unknown>;
        assert.equal(argv, { _: ['word', '--label', -7], own: ['x'] });
        assert.equal(given(flags), { rate: '-3' });
      }
    });

    it('may be given one text', () => {
      const { program, flags } = makeProgram();
      reply(addFlags(program, flags), 'serve --label "a b" --level=\'debug\' --own "x y"' as never);
      assert.equal(given(flags), { label: 'a b', level: 'debug' });
    });

    it('may throw instead of exiting', () => {
      const { program, flags, calls } = makeProgram();
      addFlags(program, flags).exitProcess(false).fail(false);
      const error = throws(() => program.parseSync(['serve', '--rate', 'x']), UsageError);
      assert.is(error.message, "option '--rate <int>' argument 'x' is invalid. expected an integer");
      assert.equal(calls, []);
    });

    it('may go on after an error, with nothing loaded', () => {
      const { program, flags } = makeProgram();
      const failures: (string | undefined)[] = [];
      addFlags(program, flags).fail((message) => void failures.push(message));
      program.parseSync(['serve', '--rate=20', '--level=x']);
      program.parseSync(['serve', '--rate=20', '--low=9']);
      assert.equal(failures, [
        `option '--level <choice>' argument 'x' is invalid. expected one of "debug", "info"`,
        'flag "low": low above high, got "9" (invariant of low, high)',
      ]);
      assert.equal(given(flags), {});
    });

    it('may halt at what is no option', () => {
      const { flags } = makeShop();
      const program = yargs([]).parserConfiguration({ 'halt-at-non-option': true }).option('own', { type: 'string' });
      const argv = addFlags(program, flags).parseSync([
        '--own',
        'x',
        '--rate',
        '-3',
        'run',
        '--rate',
        '20',
        '--',
        '-x',
      ]);
      assert.equal([argv._, given(flags)], [['run', '--rate', 20, '--', '-x'], { rate: '-3' }]);
    });

    it('keeps what it reads from the environment and its configuration away from the flags', () => {
      const { flags } = makeShop();
      process.env['SHOP_RATE'] = '30';
      try {
        const program = addFlags(yargs([]).env('SHOP').config({ port: 1 }), flags);
        program.parseSync(['--label', 'x']);
        assert.equal(given(flags), { label: 'x' });
      } finally {
        delete process.env['SHOP_RATE'];
      }
    });

    it('completes the names of flags', () => {
      const { program, flags } = makeProgram();
      const { output } = reply(addFlags(program.completion(), flags), [
        '--get-yargs-completions',
        'shop',
        'serve',
        '--ra',
      ]);
      assert.match(output, '--rate');
      assert.equal(given(flags), {});
    });

    it('may have two flag sets', () => {
      const { flags, program } = makeProgram();
      const other = new FlagSet('other');
      const size = other.dynamic('size', int, 1, 'Size.');
      reply(addFlags(addFlags(program, flags), other), ['serve', '--size', '2', '--rate', '20']);
      assert.equal([size.get(), given(flags)], [2, { rate: '20' }]);
    });
  });

  describe(`yargs ${version}: conflicts`, (it) => {
    const message = (name: string): string =>
      `flag set "shop": flag "max_connections" and option --${name} of the program share an option; rename one of them`;

    it('names the flag and the option of the program', () => {
      const { program, flags } = makeProgram();
      throws(() => addFlags(program.option('max_connections', {}), flags), message('max_connections'));
    });

    it('knows other spellings and aliases', () => {
      const { program, flags } = makeProgram();
      throws(() => addFlags(program.option('m', { alias: 'max-connections' }), flags), message('max-connections'));
    });

    it('finds options of the command that is run', () => {
      const { program, flags } = makeProgram();
      program.command(
        'late',
        'Late.',
        (command) => command.option('max-connections', { type: 'number' }),
        () => {},
      );
      throws(() => reply(addFlags(program, flags), ['late']), message('max-connections'));
    });

    it('finds options that are declared once more', () => {
      const { program, flags } = makeProgram();
      addFlags(program, flags).option('max_connections', { describe: 'Another one.' });
      throws(() => reply(program, ['serve']), message('max_connections'));
    });

    it('knows the help option', () => {
      const flags = new FlagSet('shop');
      flags.dynamic('help', int, 1, 'Help.');
      throws(() => addFlags(yargs([]), flags), /flag "help" and option --help of the program share an option/);
    });

    it('refuses to work within the builder of a command', () => {
      const { flags } = makeShop();
      const program = yargs([]).command(
        'serve',
        'Serves.',
        (command) => addFlags(command, flags),
        () => {},
      );
      const expected = 'flag set "shop": call addFlags on the program, not within the builder of command "serve"';
      throws(() => program.parseSync(['serve']), expected);
    });
  });

  describe(`yargs ${version}: help`, (it) => {
    it('has a group of static and one of dynamic flags, with type, usage, choices, default and deprecation', async () => {
      const { program, flags } = makeProgram();
      const help = await addFlags(program, flags).wrap(null).getHelp();
      assert.match(help, /\nStatic flags:\n[^]+--port [^]+\n\nDynamic flags:\n[^]+--rate [^]+\n\nOptions:\n/);
      const lines = help.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
      for (const line of [
        '--port Port to listen on. (int) [default: 8080]',
        '--fast_index Searches by the fast index. [boolean] [default: false]',
        '--label Label of the shop. (string) [default: "none"]',
        '--level What is logged. (choice) [choices: "debug", "info"] [default: "info"]',
        '--old_label Label of old. (string) [deprecated: use label] [default: ""]',
        '--timeout Time for one request. (duration) [default: 1s]',
        '--token Number that opens the safe. (int) [default: •••]',
      ]) {
        assert.ok(lines.includes(line), `${line}\nis not in\n${lines.join('\n')}`);
      }
    });
  });
}
