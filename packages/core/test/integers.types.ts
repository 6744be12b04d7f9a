import { int, int64 } from '@flagz/core';

int.parse('1') satisfies number;
int64.parse('1') satisfies bigint;

// @ts-expect-error: 64 bits do not fit into a number
int.format(1n);
// @ts-expect-error: a number is not exact beyond 53 bits
int64.format(1);
