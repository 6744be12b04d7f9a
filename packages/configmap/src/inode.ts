import { stat } from 'node:fs/promises';

/** Names what lies at a path, as long as it exists: another file of the same name has another name here. */
export async function idOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats ? `${stats.dev}:${stats.ino}` : 'gone';
}
