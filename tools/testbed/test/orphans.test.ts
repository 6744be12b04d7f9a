import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { assert, describe } from '@flagz/test-runner';
import { whyNoCluster } from '@flagz/testbed';
import { eventually } from '@flagz/testing';

const missing = whyNoCluster({ own: true });

describe(
  'a process that started a cluster and is killed',
  (it) => {
    it('leaves neither etcd nor API server behind, nor their folder', async () => {
      const script = fileURLToPath(new URL('./bed.child.ts', import.meta.url));
      const child = spawn(process.execPath, [...process.execArgv, script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      let bed: { readonly folder: string; readonly pids: readonly number[] } = { folder: '', pids: [] };
      for await (const line of createInterface({ input: child.stdout })) {
        bed = JSON.parse(line) as typeof bed;
        break;
      }
      try {
        assert.equal(bed.pids.map(runs), [true, true]);
        assert.ok(existsSync(bed.folder));
        child.kill('SIGKILL');
        await exited;
        await eventually(() => assert.equal(bed.pids.map(runs), [false, false]), { withinMs: 20_000 });
        await eventually(() => !existsSync(bed.folder), { withinMs: 20_000 });
      } finally {
        for (const pid of bed.pids.filter(runs)) process.kill(pid, 'SIGKILL');
        rmSync(bed.folder, { recursive: true, force: true });
      }
    });
  },
  { missing },
);

/** Tells whether a process runs; what has ended and waits for somebody to ask how does not. */
function runs(pid: number): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
