import { float64 } from '@flagz/core';

float64.parse('1.5') satisfies number;

// @ts-expect-error: a float64 flag takes no bigint
float64.format(1n);
