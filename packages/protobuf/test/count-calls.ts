/** Counts the calls of a method while something is done. */
export function countCalls<Owner extends object>(owner: Owner, name: keyof Owner & string, act: () => void): number {
  const method = Reflect.get(owner, name) as (...given: unknown[]) => unknown;
  let count = 0;
  Reflect.set(owner, name, function (this: unknown, ...given: unknown[]): unknown {
    count++;
    return Reflect.apply(method, this, given);
  });
  try {
    act();
  } finally {
    Reflect.set(owner, name, method);
  }
  return count;
}
