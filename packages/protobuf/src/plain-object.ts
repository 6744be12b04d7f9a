import { Message } from 'protobufjs';

/**
 * Tells whether what it holds is its own members: an object as JSON makes them, of any realm, or a message of protobufjs. Of a
 * Date, a Map or any other instance of a class, `Object.entries` gives little or nothing.
 */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of plain objects is the only one that has none itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null || value instanceof Message;
}

/** Names the class of what was given instead: `, got an instance of Date`; nothing else of it, for it may be secret. */
export function gotInstead(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
  const name: unknown = value.constructor?.name;
  return `, got an instance of ${typeof name === 'string' && name !== '' ? name.slice(0, 80) : 'a class'}`;
}
