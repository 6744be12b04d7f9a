/** Is a command line that every parser of every version takes, with what the flags then hold. */
export interface Accepted {
  readonly title: string;
  readonly argv: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}

/** Is a command line that every parser of every version refuses, with the message, less what the parser puts in front. */
export interface Refused {
  readonly title: string;
  readonly argv: readonly string[];
  readonly message: string;
}

/** The programs have a command `serve [file]` and an option `--own <text>`. */
export const accepted: readonly Accepted[] = [
  { title: 'takes nothing for nothing', argv: ['serve'], values: {} },
  { title: 'takes a value as the next argument', argv: ['serve', '--rate', '20'], values: { rate: '20' } },
  { title: 'takes a value after =', argv: ['serve', '--rate=20'], values: { rate: '20' } },
  { title: 'takes options in front of the command', argv: ['--rate', '20', 'serve'], values: { rate: '20' } },
  { title: 'takes a negative number as the next argument', argv: ['serve', '--rate', '-3'], values: { rate: '-3' } },
  { title: 'takes a negative number after =', argv: ['serve', '--rate=-3'], values: { rate: '-3' } },
  {
    title: 'takes any value that begins with a dash',
    argv: ['serve', '--timeout', '-1h30m'],
    values: { timeout: '-1h30m0s' },
  },
  {
    title: 'takes an option for a value where one is due',
    argv: ['serve', '--label', '--rate'],
    values: { label: '--rate' },
  },
  { title: 'takes - for _', argv: ['serve', '--max-connections', '7'], values: { max_connections: '7' } },
  { title: 'takes the declared name', argv: ['serve', '--max_connections=7'], values: { max_connections: '7' } },
  { title: 'takes names with dots', argv: ['serve', '--db.pool', '9'], values: { 'db.pool': '9' } },
  { title: 'takes names with dots before =', argv: ['serve', '--db.pool=9'], values: { 'db.pool': '9' } },
  {
    title: 'takes names that look like a negation',
    argv: ['serve', '--no-proxy', 'localhost'],
    values: { 'no-proxy': 'localhost' },
  },
  { title: 'takes the last of several values', argv: ['serve', '--rate', '1', '--rate=2'], values: { rate: '2' } },
  {
    title: 'takes the last of several switches',
    argv: ['serve', '--fast_index', '--no-fast_index'],
    values: { fast_index: 'false' },
  },
  { title: 'takes an empty value of a string', argv: ['serve', '--label='], values: { label: '' } },
  { title: 'takes an empty argument of a string', argv: ['serve', '--label', ''], values: { label: '' } },
  { title: 'takes values with =', argv: ['serve', '--label=a=b'], values: { label: 'a=b' } },
  { title: 'takes values with line feeds', argv: ['serve', '--label=a\nb'], values: { label: 'a\nb' } },
  { title: 'leaves it to the type what a text means', argv: ['serve', '--rate', ' 0x10 '], values: { rate: '16' } },
  { title: 'takes large texts of digits as they are', argv: ['serve', '--label', '007'], values: { label: '007' } },
  { title: 'takes lists', argv: ['serve', '--peers', 'c,b,c'], values: { peers: 'b,c' } },
  { title: 'takes a choice', argv: ['serve', '--level', 'debug'], values: { level: 'debug' } },
  { title: 'takes a sensitive value', argv: ['serve', '--token', '4711'], values: { token: '4711' } },
  { title: 'takes a deprecated flag', argv: ['serve', '--old-label', 'x'], values: { old_label: 'x' } },
  { title: 'takes a static flag', argv: ['serve', '--port', '9000'], values: { port: '9000' } },
  { title: 'switches on', argv: ['serve', '--fast_index'], values: { fast_index: 'true' } },
  { title: 'switches on with - for _', argv: ['serve', '--fast-index'], values: { fast_index: 'true' } },
  { title: 'switches off', argv: ['serve', '--no-fast_index'], values: { fast_index: 'false' } },
  { title: 'switches off with - for _', argv: ['serve', '--no-fast-index'], values: { fast_index: 'false' } },
  { title: 'switches on by =true', argv: ['serve', '--fast_index=true'], values: { fast_index: 'true' } },
  { title: 'switches off by =false', argv: ['serve', '--fast-index=false'], values: { fast_index: 'false' } },
  { title: 'switches by any text of the type', argv: ['serve', '--fast_index=1'], values: { fast_index: 'true' } },
  {
    title: 'leaves the argument after a switch alone',
    argv: ['--fast_index', 'serve', 'false'],
    values: { fast_index: 'true' },
  },
  {
    title: 'takes flags that must change together',
    argv: ['serve', '--low', '7', '--high', '9'],
    values: { low: '7', high: '9' },
  },
  { title: 'leaves alone what follows --', argv: ['serve', '--', '--rate'], values: {} },
  { title: 'leaves values of the program alone', argv: ['serve', '--own=--rate', '--port=1'], values: { port: '1' } },
];

export const refused: readonly Refused[] = [
  {
    title: 'refuses what does not parse',
    argv: ['serve', '--rate', 'ten'],
    message: `option '--rate <int>' argument 'ten' is invalid. expected an integer`,
  },
  {
    title: 'refuses what does not parse after =',
    argv: ['--rate=ten', 'serve'],
    message: `option '--rate <int>' argument 'ten' is invalid. expected an integer`,
  },
  {
    title: 'refuses an empty value of another type than string',
    argv: ['serve', '--rate='],
    message: `option '--rate <int>' argument '' is invalid. expected an integer`,
  },
  {
    title: 'refuses what a validator refuses',
    argv: ['serve', '--rate', '5000'],
    message: `option '--rate <int>' argument '5000' is invalid. must be from -10 to 1000`,
  },
  {
    title: 'says what it read where that differs from what was written',
    argv: ['serve', '--rate', '0x1388'],
    message: `option '--rate <int>' argument '0x1388' is invalid. must be from -10 to 1000, got "5000"`,
  },
  {
    title: 'refuses an early value although a later one is good',
    argv: ['serve', '--rate', 'ten', '--rate', '20'],
    message: `option '--rate <int>' argument 'ten' is invalid. expected an integer`,
  },
  {
    title: 'shows nothing that commands a terminal, or turns the line around',
    argv: ['serve', '--rate', '\u009b31m\u202e\u007f\u2028'],
    message: `option '--rate <int>' argument '\\u009b31m\\u202e\\u007f\\u2028' is invalid. expected an integer`,
  },
  {
    title: 'refuses an option without its argument',
    argv: ['serve', '--rate'],
    message: `option '--rate <int>' argument missing`,
  },
  {
    title: 'refuses what is no choice, and lists them',
    argv: ['serve', '--level', 'loud'],
    message: `option '--level <choice>' argument 'loud' is invalid. expected one of "debug", "info"`,
  },
  {
    title: 'refuses what switches neither on nor off',
    argv: ['serve', '--fast-index=maybe'],
    message: `option '--[no-]fast_index' argument 'maybe' is invalid. expected true or false`,
  },
  {
    title: 'refuses a switch with an empty value',
    argv: ['serve', '--fast_index='],
    message: `option '--[no-]fast_index' argument '' is invalid. expected true or false`,
  },
  {
    title: 'never shows a sensitive value',
    argv: ['serve', '--token', 'hunter2'],
    message: `option '--token <int>' argument '•••' is invalid. not a valid int`,
  },
  {
    title: 'shows control characters and long texts in one short line',
    argv: ['serve', '--rate', `\u001B[31m\n${'x'.repeat(100)}`],
    message:
      `option '--rate <int>' argument '\\u001b[31m\\n${'x'.repeat(74)}…' is invalid. expected an integer, ` +
      `got "\\u001b[31m\\n${'x'.repeat(74)}"… (106 characters)`,
  },
  {
    title: 'refuses what an invariant refuses',
    argv: ['serve', '--low', '9', '--rate', '20'],
    message: `flag "low": low above high, got "9" (invariant of low, high)`,
  },
];
