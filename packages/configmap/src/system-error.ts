/** Gives the code of a system error, such as `ENOENT`. */
export function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Says why, without the call and the path that Node appends: the caller names the path itself. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message.replace(/, [a-z]+( '.*')?$/s, '') : String(thrown);
}
