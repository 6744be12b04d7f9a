import { FlagError, type Source, type SourceError, type SourceSink } from '@flagz/core';
import { PathWatch } from './path-watch.ts';
import { type Picture, failureOf, keep, problemsOf, samePicture, valuesOf } from './picture.ts';

/** The longest wait that a timer of Node can count, with room for the jitter. */
const LONGEST_RESCAN_MS = 1_000_000_000;
/** How long core lets a source be silent that does not say otherwise, in milliseconds. */
const USUAL_STALE_AFTER_MS = 60_000;
/** How long to wait at most between attempts, in milliseconds: looking for a directory costs nobody much. */
const LONGEST_BACKOFF_MS = 5_000;

/** Says why a source looks. */
export interface Look {
  /** The last picture that it told of, where nothing but an event makes it look again: files of one version are the same. */
  readonly sinceEvent: Picture | undefined;
  /** The last picture of any attempt: what unreadable files keep, and what has to come to rest when it changes. */
  readonly before: Picture | undefined;
  readonly signal: AbortSignal;
}

/** Says what is followed, and how it is read. */
export interface Followed {
  readonly name: string;
  readonly rescanMs: number;
  /** Gives the absolute paths that decide what `look` would find. */
  readonly paths: () => readonly string[];
  /** Whether all entries of the directories that the paths mean count. */
  readonly inside: boolean;
  /** Reads everything. @throws {SourceError} when there is nothing to read: the source is started again. */
  readonly look: (look: Look) => Promise<Picture>;
  /** Subscribes to what else is a reason to look. */
  readonly subscribe?: (ring: () => void) => () => void;
}

/** Is what a source remembers from one attempt to the next. */
interface Memory {
  picture: Picture | undefined;
  /** Whether problems are only reported: it has loaded before, or has failed a start for them. */
  lenient: boolean;
}

/**
 * Makes a source that follows paths.
 *
 * @throws {FlagError} when `rescanMs` is no wait.
 */
export function follow(followed: Followed): Source {
  const { name, rescanMs } = followed;
  if (!(rescanMs >= 1 && rescanMs <= LONGEST_RESCAN_MS)) {
    throw new FlagError(
      'FLAGZ_DECLARATION',
      `source ${JSON.stringify(name)}: rescanMs must be from 1 to ${LONGEST_RESCAN_MS} milliseconds, got ${rescanMs}`,
    );
  }
  let memory = blank();
  return {
    name,
    staleAfterMs: Math.max(USUAL_STALE_AFTER_MS, 3 * rescanMs),
    backoff: { maxMs: LONGEST_BACKOFF_MS },
    async watch(sink, signal) {
      try {
        await new Following(followed, memory, sink, signal).run();
      } finally {
        // It was stopped: whoever starts it again begins anew.
        if (signal.aborted) memory = blank();
      }
    },
  };
}

function blank(): Memory {
  return { picture: undefined, lenient: false };
}

type State = 'arming' | 'looking' | 'telling' | 'waiting' | 'ended';

/**
 * Is one attempt to follow paths.
 *
 *     arming ──▶ looking ──▶ telling ──▶ waiting ──abort──▶ ended
 *        ▲          │           │           │
 *        │        throws      throws        │
 *        │          └─────┬─────┘           │
 *        │        watches closed; core      │
 *        │        waits and begins anew     │
 *        └──── event, or re-scan ───────────┘
 *
 *     time ─▶ arm │ look │ tell │ wait         │ arm │ look │ …
 *     change        A          B        C
 *     look sees   A (its event rings: one look more), then B at once, then C at once
 *
 * It arms before it looks, and a ring stays rung until the next wait: a change is either seen by the look or rings for
 * another one. A re-scan makes all watches anew and reads everything, so that a watch that fell deaf, or events that the
 * system dropped, cost one re-scan and not the update.
 */
class Following {
  readonly #followed: Followed;
  readonly #memory: Memory;
  readonly #sink: SourceSink;
  readonly #signal: AbortSignal;
  readonly #watch = new PathWatch();
  #state: State = 'arming';
  /** Due also where events never let it wait that long. */
  #rescanAt: number;
  /** Whether an event made it look, and not the start or a re-scan. */
  #byEvent = false;
  #told: Picture | undefined;
  #seen: Picture | undefined;
  /** The problems that were reported last, so that each is reported once. */
  #reported = '';

  constructor(followed: Followed, memory: Memory, sink: SourceSink, signal: AbortSignal) {
    this.#followed = followed;
    this.#rescanAt = nextRescan(followed);
    this.#memory = memory;
    this.#sink = sink;
    this.#signal = signal;
  }

  /** Follows until the signal aborts. @throws {SourceError} */
  async run(): Promise<void> {
    const unsubscribe = this.#followed.subscribe?.(() => this.#watch.ring({ strayed: true }));
    try {
      while (this.#state !== 'ended') this.#state = await this.#step(this.#state);
    } finally {
      unsubscribe?.();
      this.#watch.close();
    }
  }

  #step(state: State): State | Promise<State> {
    if (this.#signal.aborted) return 'ended';
    switch (state) {
      case 'arming':
        return this.#arm();
      case 'looking':
        return this.#look();
      case 'telling':
        return this.#tell();
      default:
        return this.#wait();
    }
  }

  async #arm(): Promise<State> {
    const { paths, inside } = this.#followed;
    await this.#watch.arm(paths(), { inside });
    return 'looking';
  }

  async #look(): Promise<State> {
    const { picture: before } = this.#memory;
    const sinceEvent = this.#byEvent ? this.#told : undefined;
    this.#seen = keep(before, await this.#followed.look({ sinceEvent, before, signal: this.#signal }));
    return 'telling';
  }

  /**
   * Tells of what was seen. A problem, such as an unreadable file of a flag, fails the start, once: a watcher that starts the source
   * again all the same is not required, and takes what there is.
   */
  #tell(): State {
    const memory = this.#memory;
    const picture = this.#seen;
    if (!picture) return 'looking';
    const fatal = memory.lenient ? [] : this.#fatalIn(picture);
    memory.lenient = true;
    if (fatal.length > 0) {
      // Not `replace`: that would be a load, and the start would have succeeded.
      this.#sink.update(valuesOf(picture), picture.revision);
      throw failureOf(fatal, true);
    }
    if (this.#told && samePicture(this.#told, picture)) this.#sink.alive();
    // Everything, and not the difference, so that what an invariant refused yesterday gets its chance today.
    else this.#sink.replace(valuesOf(picture), picture.revision);
    this.#told = memory.picture = picture;
    this.#report([...problemsOf(picture), ...this.#watch.refused]);
    return 'waiting';
  }

  /** A file that is no flag may be as unreadable as it likes. */
  #fatalIn(picture: Picture): readonly SourceError[] {
    const flags = new Set(Array.from(this.#sink.flags(), ({ name }) => name));
    return problemsOf(picture, (key) => flags.has(key));
  }

  #report(problems: readonly SourceError[]): void {
    const failure = problems.length > 0 ? failureOf(problems, false) : undefined;
    if (failure && failure.message !== this.#reported) this.#sink.report(failure);
    this.#reported = failure?.message ?? '';
  }

  async #wait(): Promise<State> {
    const left = this.#rescanAt - performance.now();
    this.#byEvent = left > 0 && (await this.#watch.wait(left, this.#signal));
    if (!this.#byEvent) {
      this.#watch.close();
      this.#rescanAt = nextRescan(this.#followed);
    }
    return 'arming';
  }
}

/** Gives or takes a quarter, so that a fleet that was started together does not read in step. */
function nextRescan({ rescanMs }: Followed): number {
  return performance.now() + rescanMs * (0.75 + Math.random() / 2);
}
