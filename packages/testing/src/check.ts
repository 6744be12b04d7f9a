/** Fails a contract's test unless the condition holds. @throws {Error} */
export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`broken: ${what}`);
}

/** Fails a contract's test unless both are the same. @throws {Error} */
export function checkEqual(actual: unknown, expected: unknown, what: string): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
