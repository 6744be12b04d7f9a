import type { IncomingMessage, ServerResponse } from 'node:http';
import { collectFlagz } from '@flagz/prometheus';
import { Registry } from 'prom-client';
import { flags } from './flags.ts';

const register = new Registry();
// As early as this, so that what the sources deliver first is counted.
collectFlagz(flags, { register });

/** Answers a scrape. */
export function answerMetrics(request: IncomingMessage, response: ServerResponse): void {
  void scrape(request, response);
}

async function scrape(request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const text = await register.metrics();
    response.setHeader('content-type', register.contentType);
    response.end(request.method === 'HEAD' ? undefined : text);
  } catch {
    response.statusCode = 500;
    response.end('the metrics could not be collected\n');
  }
}
