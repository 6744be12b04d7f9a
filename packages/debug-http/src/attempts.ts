/** Says what an attempt asks for: `check` is a dry run. */
export type AttemptAction = 'set' | 'reset' | 'check';

/**
 * Says what became of an attempt: `pending` while it is being authorized; `refused` by the flag, `denied` by
 * `authorize` or because it came from elsewhere.
 */
export type AttemptOutcome = 'pending' | 'accepted' | 'refused' | 'denied';

/** Records one attempt to set a flag over HTTP. */
export interface Attempt {
  /** Counts the attempts of this process. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** What is asked for. */
  readonly action: AttemptAction;
  /** The name that was sent, cut when long; there may be no such flag. */
  readonly flag: string;
  /** The text to set, cut when long, redacted where the flag is sensitive; `undefined` for a reset. */
  readonly text: string | undefined;
  /** How long the value is to live, in milliseconds. */
  readonly ttlMs: number | undefined;
  /** Who asks, as `authorize` says; `undefined` before, and where it denies. */
  readonly actor: string | undefined;
  /** What became of it. */
  readonly outcome: AttemptOutcome;
  /** Why it was refused or denied. */
  readonly reason: string | undefined;
}

const KEPT = 200;

/** Keeps the latest attempts, oldest first. */
export class Attempts {
  readonly #kept: Attempt[] = [];
  readonly #tell: ((attempt: Attempt) => void) | undefined;
  #last = 0;

  constructor(tell: ((attempt: Attempt) => void) | undefined) {
    this.#tell = tell;
  }

  /** Begins an attempt, which is not on record before it is decided. */
  begin(asked: Pick<Attempt, 'action' | 'flag' | 'text' | 'ttlMs'>): Attempt {
    return { id: ++this.#last, time: Date.now(), ...asked, actor: undefined, outcome: 'pending', reason: undefined };
  }

  /** Puts an attempt on record. */
  decide(attempt: Attempt, outcome: Pick<Attempt, 'outcome'> & Partial<Pick<Attempt, 'actor' | 'reason'>>): Attempt {
    const decided = Object.freeze({ ...attempt, ...outcome });
    this.#kept.push(decided);
    if (this.#kept.length > KEPT) this.#kept.shift();
    try {
      this.#tell?.(decided);
    } catch {
      // The attempt is decided: a failing log must not change that.
    }
    return decided;
  }

  find(id: number): Attempt | undefined {
    return this.#kept.find((attempt) => attempt.id === id);
  }

  list(): readonly Attempt[] {
    return [...this.#kept];
  }
}
