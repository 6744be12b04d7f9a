import { stat } from 'node:fs/promises';

/** Names what lies at a path. Once that is deleted, its name may be given to something else. */
export async function idOf(path: string): Promise<string> {
  return (await stampOf(path))?.id ?? 'gone';
}

/** The same, with the time when the entries of the directory were touched last: that name is not given again. */
export async function untouchedIdOf(path: string): Promise<string> {
  const stamp = await stampOf(path);
  return stamp ? `${stamp.id}:${stamp.ctimeNs}` : 'gone';
}

async function stampOf(path: string): Promise<{ readonly id: string; readonly ctimeNs: bigint } | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats && { id: `${stats.dev}:${stats.ino}`, ctimeNs: stats.ctimeNs };
}
