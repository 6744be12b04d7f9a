/** Says what an attempt asks for: `check` is a dry run; `unknown` where the body does not tell. */
export type AttemptAction = 'set' | 'reset' | 'check' | 'unknown';

/**
 * Says what became of an attempt: `pending` while it is being authorized; `refused` by the flag, or because the body is
 * wrong; `denied` by `authorize`, or because it came from elsewhere.
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
  /** The name that was sent, cut when long; there may be no such flag. Empty where the body does not tell. */
  readonly flag: string;
  /** The text to set, redacted where the flag is sensitive; `undefined` for a reset. Whole for `authorize`, then cut. */
  readonly text: string | undefined;
  /** How long the value is to live, in milliseconds. */
  readonly ttlMs: number | undefined;
  /** Who asks, as `authorize` says; `undefined` before, and where it names nobody. */
  readonly actor: string | undefined;
  /** What became of it. */
  readonly outcome: AttemptOutcome;
  /** Why it was refused or denied. */
  readonly reason: string | undefined;
}

const KEPT = 200;
/** Of those that nobody is known to have made, which anybody can make, so that they do not push out the others. */
const KEPT_UNNAMED = 50;

/** Keeps the latest attempts, oldest first. */
export class Attempts {
  #kept: readonly Attempt[] = [];
  readonly #tell: (attempt: Attempt) => void;
  #last = 0;

  /** @param tell is told of each once it is decided. */
  constructor(tell: (attempt: Attempt) => void) {
    this.#tell = tell;
  }

  /** Counts the attempts that were begun. */
  get count(): number {
    return this.#last;
  }

  /** Begins an attempt, which is not on record before it is decided. */
  begin(asked: Pick<Attempt, 'action' | 'flag' | 'text' | 'ttlMs'>): Attempt {
    return { id: ++this.#last, time: Date.now(), ...asked, actor: undefined, outcome: 'pending', reason: undefined };
  }

  /** Puts an attempt on record. */
  decide(attempt: Attempt, outcome: Pick<Attempt, 'outcome'> & Partial<Pick<Attempt, 'actor' | 'reason'>>): Attempt {
    const decided = Object.freeze({ ...attempt, ...outcome });
    const all = [...this.#kept, decided];
    const alike = all.filter(({ actor }) => (actor === undefined) === (decided.actor === undefined));
    const over = alike.length > (decided.actor === undefined ? KEPT_UNNAMED : KEPT);
    this.#kept = over ? all.filter((one) => one !== alike[0]) : all;
    this.#tell(decided);
    return decided;
  }

  find(id: number): Attempt | undefined {
    return this.#kept.find((attempt) => attempt.id === id);
  }

  list(): readonly Attempt[] {
    return this.#kept;
  }
}
