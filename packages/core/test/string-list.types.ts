import { stringSet, stringSlice } from '@flagz/core';

stringSlice.parse('a') satisfies readonly string[];
stringSet.parse('a') satisfies ReadonlySet<string>;

// @ts-expect-error: a value cannot be changed
stringSlice.parse('a').push('b');
// @ts-expect-error: a value cannot be changed
stringSet.parse('a').add('b');
// @ts-expect-error: a text is not a list of its characters
stringSlice.format('abc');
// @ts-expect-error: a list is not a set
stringSet.format(['a']);
// @ts-expect-error: elements are texts
stringSlice.format([1]);
