import { FlagError } from '@flagz/core';
import { UsageError, formatHelp, parseFlags } from '@flagz/cli-adapters/parse-args';
import { assert, describe, throws } from '@flagz/test-runner';
import { accepted, refused } from './cases.ts';
import { given, makeShop } from './shop.ts';

const own = { own: { type: 'string' }, verbose: { type: 'boolean', short: 'v' } } as const;

describe('parseFlags()', (it) => {
  for (const { title, argv, values } of accepted) {
    it(title, () => {
      const { flags } = makeShop();
      parseFlags(flags, argv, { options: own });
      assert.equal(given(flags), values);
    });
  }

  for (const { title, argv, message } of refused) {
    it(`${title}, and changes nothing`, () => {
      const { flags } = makeShop();
      const error = throws(() => parseFlags(flags, argv, { options: own }), message);
      assert.instance(error, UsageError);
      assert.instance(error, FlagError);
      assert.equal(given(flags), {});
    });
  }

  it('gives the own values and the positionals', () => {
    const { flags } = makeShop();
    const args = ['serve', '--rate', '-3', '-v', '--own=x', 'a', '--', '--label', '-b'];
    const { values, positionals } = parseFlags(flags, args, { options: own });
    assert.equal({ ...values }, { verbose: true, own: 'x' });
    assert.equal(positionals, ['serve', 'a', '--label', '-b']);
  });

  it('needs no options besides flags', () => {
    const { flags, rate } = makeShop();
    const { values, positionals } = parseFlags(flags, ['--rate=20']);
    assert.equal([rate.get(), { ...values }, positionals], [20, {}, []]);
  });

  it('reads the arguments of the process', () => {
    const { flags, rate } = makeShop();
    const before = process.argv;
    process.argv = ['node', 'shop', '--rate=20'];
    try {
      parseFlags(flags);
    } finally {
      process.argv = before;
    }
    assert.is(rate.get(), 20);
  });

  it('names all that is wrong in one line', () => {
    const { flags } = makeShop();
    const args = ['--rate=x', '--level', 'y', '--own=1', '--no-fast-index=1', '--rat=3'];
    const error = throws(() => parseFlags(flags, args, { options: own }), UsageError) as UsageError;
    assert.equal(error.problems.slice(0, 3), [
      "option '--rate <int>' argument 'x' is invalid. expected an integer",
      `option '--level <choice>' argument 'y' is invalid. expected one of "debug", "info"`,
      "option '--no-fast-index' does not take an argument",
    ]);
    assert.match(error.problems[3] ?? '', /^Unknown option '--rat'/);
    assert.is(error.message, error.problems.join('; '));
    assert.equal([error.problems.length, error.message.includes('\n'), error.code], [4, false, 'FLAGZ_PARSE']);
  });

  it('refuses positionals and unknown negations as parseArgs does', () => {
    const { flags } = makeShop();
    throws(() => parseFlags(flags, ['serve'], { allowPositionals: false }), /^Unexpected argument 'serve'/);
    throws(() => parseFlags(flags, ['--no-rate']), /^Unknown option '--no-rate'/);
  });

  it('loads one command line in the place of the other, and keeps the earlier one when it is refused', () => {
    const { flags } = makeShop();
    parseFlags(flags, ['--rate', '20', '--low', '3']);
    parseFlags(flags, ['--label', 'x', '--low', '4']);
    throws(() => parseFlags(flags, ['--rate=30', '--low', '9']), /low above high/);
    assert.equal(given(flags), { label: 'x', low: '4' });
  });

  it('names a flag that the program has an option for', () => {
    const { flags } = makeShop();
    const message =
      'flag set "shop": flag "max_connections" and option --max-connections of the program share an option';
    throws(
      () => parseFlags(flags, [], { options: { 'max-connections': { type: 'string' } } }),
      `${message}; rename one of them`,
    );
  });
});

describe('formatHelp()', (it) => {
  it('groups, aligns and wraps', () => {
    const { flags } = makeShop();
    assert.is(
      formatHelp(flags),
      `Static flags:
  --no-proxy <string>      Hosts to reach directly. (default: "")
  --port <int>             Port to listen on. (default: 8080)

Dynamic flags:
  --db.pool <int>          Connections to the database. (default: 2)
  --[no-]fast_index        Searches by the fast index. (default: false)
  --high <int>             Most stock. (default: 5)
  --label <string>         Label of the shop. (default: "none")
  --level <choice>         What is logged. (choices: "debug", "info", default:
                           "info")
  --low <int>              Least stock. (default: 1)
  --max_connections <int>  Most connections at once. (default: 5)
  --old_label <string>     Label of old. (default: "", deprecated: use label)
  --peers <stringSet>      The other shops. (default: a,b)
  --rate <int>             Requests per second. (default: 10)
  --timeout <duration>     Time for one request. (default: 1s)
  --token <int>            Number that opens the safe. (default: •••)`,
    );
  });

  it('keeps to the width', () => {
    const { flags } = makeShop();
    const lines = formatHelp(flags, { width: 60 }).split('\n');
    assert.ok(lines.every((line) => line.length <= 60));
    assert.ok(lines.some((line) => line.length > 55));
  });
});

describe('parseFlags() on a hostile command line', (it) => {
  it('refuses a group of short options that is too long for Node', () => {
    const { flags } = makeShop();
    for (const length of [1_001, 200_000]) {
      const { message } = throws(() => parseFlags(flags, [`-${'x'.repeat(length)}`, '--rate', 'x']), UsageError);
      assert.match(message, `; '-xxxxxxxxx…' has ${length + 1} characters, too many for a group of short options`);
    }
  });

  it('takes the same for the text of a flag, the text of a short option, and behind --', () => {
    const { flags } = makeShop();
    const long = `-${'x'.repeat(2_000)}`;
    const options = { text: { type: 'string', short: 't' } } as const;
    const { values, positionals } = parseFlags(flags, ['--label', long, `-t${long}`, '--', long], { options });
    assert.equal([given(flags), values.text, positionals], [{ label: long }, long, [long]]);
  });
});
