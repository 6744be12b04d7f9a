import { boolean, string } from '@flagz/core';

string.parse('') satisfies string;
boolean.parse('1') satisfies boolean;

// @ts-expect-error: a boolean flag takes no text
boolean.format('true');
// @ts-expect-error: a string flag takes no number
string.format(1);
