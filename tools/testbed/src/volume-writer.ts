import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findBinary, installHint } from './binaries.mjs';

/**
 * Tells why tests that need a {@link VolumeWriter} are to be skipped here, if they are.
 *
 * @throws {Error} in CI, where it is missing: there nothing is skipped for that.
 */
export function whyNoVolumeWriter(): string | undefined {
  if (findBinary('volume-writer')) return undefined;
  const missing = `needs the kubelet's volume writer: ${installHint('volume-writer')}`;
  if (process.env['CI']) throw new Error(missing);
  return missing;
}

/** Writes ConfigMap volumes with the kubelet's own code. */
export class VolumeWriter {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #exited: Promise<unknown>;

  /** Starts the writer. @throws {Error} when the binary is missing. */
  constructor() {
    const path = findBinary('volume-writer');
    if (!path) throw new Error('volume-writer is missing: run `npm test`, which builds it');
    const child = spawn(path, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    this.#exited = once(child, 'close');
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Makes a volume hold exactly these files, as one version.
   *
   * @param folder of the volume; must be there.
   * @throws {Error} when the kubelet's code refuses.
   */
  async write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    const encoded: Record<string, string> = {};
    for (const [name, data] of Object.entries(files)) encoded[name] = Buffer.from(data).toString('base64');
    this.#child.stdin?.write(`${JSON.stringify({ folder, files: encoded })}\n`);
    const answer = await this.#answers.next();
    const said = answer.done ? 'ended' : answer.value;
    if (said !== 'ok') throw new Error(`volume-writer: ${said}`);
  }

  /** Ends the writer; the volumes stay. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.#exited;
  }
}
