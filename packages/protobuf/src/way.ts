/** As many steps as one reads. */
const MAX_STEPS = 16;
const MAX_KEY_LENGTH = 80;
/** Is what needs no quotes to be told from the steps around it. */
const PLAIN = /^[\w$@/-]+$/;

/** Is the way from a message to what lies in it, while it is walked: `tier_map.gold.rate_limit`, `tiers[1]`, `tier_map["a.b"]`. */
export class Way {
  readonly #steps: (string | number)[];

  constructor(steps: readonly (string | number)[] = []) {
    this.#steps = [...steps];
  }

  /** Walks a step. Who throws on the way leaves it where it is, and so does not walk back. */
  push(step: string | number): void {
    this.#steps.push(step);
  }

  /** Walks back. */
  pop(): void {
    this.#steps.pop();
  }

  /** Makes the error about where the way leads: the place, and what is wrong there. */
  fault(what: string): Error {
    const where = this.toString();
    return new Error(where === '' ? what : `${where}: ${what}`);
  }

  /** Makes the error about a member of where the way leads. */
  faultAt(step: string | number, what: string): Error {
    this.#steps.push(step);
    return this.fault(what);
  }

  toString(): string {
    return `${this.#steps.slice(0, MAX_STEPS).map(shown).join('')}${this.#steps.length > MAX_STEPS ? '…' : ''}`.replace(
      /^\./,
      '',
    );
  }
}

/** Quotes what is no name, so that a key with a dot is no two steps. */
function shown(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  const short = step.length <= MAX_KEY_LENGTH ? step : `${step.slice(0, MAX_KEY_LENGTH)}…`;
  return PLAIN.test(step) ? `.${short}` : `[${JSON.stringify(short)}]`;
}
