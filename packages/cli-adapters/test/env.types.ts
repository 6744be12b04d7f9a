import type { Source } from '@flagz/core';
import { envSource } from '@flagz/cli-adapters/env';

envSource({ prefix: 'SHOP_' }) satisfies Source;
envSource({ prefix: '', env: process.env }) satisfies Source;

// @ts-expect-error: an empty prefix is a decision
envSource({});
// @ts-expect-error: variables are texts
envSource({ prefix: '', env: { RATE: 1 } });
