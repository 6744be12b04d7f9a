import { freePort } from '@flagz/test-runner/free-port';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@flagz/testing';
import { endWithUs } from '@flagz/test-runner/end-with-us';

/** Is one series of an answer: its labels, and its value now. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Is a real Prometheus, which scrapes four times a second. */
export interface PrometheusServer extends AsyncDisposable {
  /** Asks a question in PromQL. @throws {Error} with the reason when Prometheus does not understand it. */
  query(promql: string): Promise<Series[]>;
  /** Gives the names of the rules it has loaded. */
  rules(): Promise<string[]>;
}

/**
 * Starts the Prometheus of the system.
 *
 * @param targets what to scrape, as `host:port`.
 * @param rules path of a file of rules.
 */
export async function startPrometheus(targets: readonly string[], rules?: string): Promise<PrometheusServer> {
  const folder = await mkdtemp(join(tmpdir(), 'flagz-prometheus-'));
  await writeFile(
    join(folder, 'prometheus.yml'),
    JSON.stringify({
      global: { scrape_interval: '250ms', evaluation_interval: '250ms' },
      rule_files: rules === undefined ? [] : [rules],
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets }] }],
    }),
  );
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  endWithUs(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const api = async (path: string): Promise<unknown> => {
    const answer = (await (await fetch(`http://127.0.0.1:${port}/api/v1/${path}`)).json()) as {
      data: unknown;
      error?: string;
    };
    if (answer.error) throw new Error(answer.error);
    return answer.data;
  };
  const stop = async (): Promise<void> => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await eventually(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok, {
      withinMs: 30_000,
      everyMs: 100,
    });
  } catch (cause) {
    await stop();
    throw new Error(`Prometheus did not start: ${log}`, { cause });
  }
  return {
    async query(promql) {
      const { result } = (await api(`query?query=${encodeURIComponent(promql)}`)) as {
        result: { metric: Record<string, string>; value: [number, string] }[];
      };
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async rules() {
      const { groups } = (await api('rules')) as { groups: { rules: { name: string }[] }[] };
      return groups.flatMap(({ rules: list }) => list.map(({ name }) => name));
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}
