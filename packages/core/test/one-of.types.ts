import { type FlagType, oneOf } from '@flagz/core';

const level = oneOf('debug', 'info');
level.parse('info') satisfies 'debug' | 'info';
level.choices satisfies readonly ('debug' | 'info')[];
level satisfies FlagType<'debug' | 'info'>;

// The union is exact: it is neither narrower nor as wide as string.
const known: Parameters<typeof level.format>[0] extends 'debug' | 'info' ? true : false = true;
known satisfies true;

// @ts-expect-error: not a choice
level.format('warn');
// @ts-expect-error: at least one choice
oneOf();
// @ts-expect-error: choices are texts
oneOf(1, 2);
// @ts-expect-error: choices are read-only
level.choices.push('info');
