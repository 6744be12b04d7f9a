import type { FlagSet, Source } from '@flagz/core';
import { envSource } from '@flagz/cli-adapters/env';

declare const flags: FlagSet;

envSource(flags, { prefix: 'SHOP_' }) satisfies Source;
envSource(flags, { prefix: '', env: process.env }) satisfies Source;

// @ts-expect-error: the flags say what the variables are
envSource({ prefix: 'SHOP_' });
// @ts-expect-error: an empty prefix is a decision
envSource(flags, {});
