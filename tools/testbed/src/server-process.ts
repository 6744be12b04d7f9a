import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithUs } from '@flagz/test-runner/end-with-us';
import { eventually } from '@flagz/testing';

const KEPT_OUTPUT = 20_000;

/** Says how to run a server. */
export interface ServerCommand {
  readonly path: string;
  readonly args: readonly string[];
  /** Resolves when the server is ready, rejects while it is not. */
  ready(): Promise<unknown>;
  /** How long it may take to be ready, in milliseconds. */
  readonly withinMs: number;
}

/** Runs a server that a test may kill, stall and start again. */
export class ServerProcess {
  readonly #command: ServerCommand;
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #output = '';

  constructor(command: ServerCommand) {
    this.#command = command;
  }

  /** Gives the id of the process that runs it, or ran it last. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Gives the last of what the server printed. */
  get output(): string {
    return this.#output;
  }

  /**
   * Starts it and waits until it is ready.
   *
   * @throws {Error} with the last of its output, when it ends or is not ready in time.
   */
  async start(): Promise<void> {
    await this.launch();
    try {
      await this.ready();
    } catch (cause) {
      await this.kill();
      throw new Error(`${this.#command.path}: did not become ready\n${this.#output.slice(-4_000)}`, { cause });
    }
  }

  /** Starts it and does not wait. */
  async launch(): Promise<void> {
    await this.#exited;
    const { path, args } = this.#command;
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    endWithUs(child);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.#exited = once(child, 'close');
  }

  /** Waits until it is ready. @throws {Error} when it is not in time. */
  async ready(): Promise<void> {
    await eventually(() => this.#command.ready().then(() => true), { withinMs: this.#command.withinMs, everyMs: 50 });
  }

  /** Stops it in its tracks: connections stay open and nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  /** Ends {@link ServerProcess.pause}. */
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Asks it to end and waits for that. */
  async terminate(): Promise<void> {
    this.#child?.kill('SIGTERM');
    await this.#exited;
  }

  /** Ends it at once, also while it is paused. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }
}
