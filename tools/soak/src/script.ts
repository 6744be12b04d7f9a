import { flagNames } from './instance.ts';
import type { Random } from './random.ts';

/** Makes up what is written: no value twice, so that a flag tells which one it holds. */
export class Script {
  readonly random: Random;
  readonly #good = new Map<string, Set<string>>(flagNames.map((name) => [name, new Set(['0'])]));
  #count = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** Chooses a flag. */
  flag(): string {
    return flagNames[this.random.below(flagNames.length)] as string;
  }

  /** Makes a value that every instance takes. */
  good(flag: string): string {
    const text = String(++this.#count);
    this.#good.get(flag)?.add(text);
    return text;
  }

  /** Makes a value that every instance refuses. */
  bad(): string {
    return `rubbish ${++this.#count}`;
  }

  /** Tells whether a text is none that an instance may take. */
  isBad(text: string | undefined): text is string {
    return text?.startsWith('rubbish') ?? false;
  }

  /** Tells whether a flag may ever have had a value. */
  wasGood(flag: string, text: string): boolean {
    return this.#good.get(flag)?.has(text) ?? false;
  }
}
