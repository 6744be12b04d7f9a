import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** How long a page can be looked at before its form has to be loaded again. */
const VALID_MS = 12 * 60 * 60 * 1000;

/** Proves that a form was filled in on a page that this process wrote, for the flag that it is about. */
export class PageTokens {
  readonly #secret = randomBytes(32);

  /** Makes the token of one flag's form. */
  make(flag: string, now: number = Date.now()): string {
    const issued = now.toString(36);
    return `${issued}.${this.#sign(issued, flag).toString('base64url')}`;
  }

  /** Tells whether a token is ours, for that flag, and not too old. */
  holds(token: string, flag: string, now: number = Date.now()): boolean {
    const [issued = '', signature = ''] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const right = this.#sign(issued, flag);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return false;
    return now - Number.parseInt(issued, 36) <= VALID_MS;
  }

  #sign(issued: string, flag: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${issued} ${flag}`).digest();
  }
}
