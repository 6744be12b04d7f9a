import { duration } from '@flagz/core';

duration.parse('1s') satisfies number;

// @ts-expect-error: milliseconds as a number, not as text
duration.format('1s');
