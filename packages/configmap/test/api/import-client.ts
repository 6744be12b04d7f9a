/**
 * Imports client-node before a test begins: on a machine with much to do that alone can take as long as a source has for its
 * whole start.
 */
export async function importClient(): Promise<void> {
  await import('@kubernetes/client-node');
}
