import { asRecord, asText } from './wire.ts';

/**
 * Gives an error of the YAML parser that says what is wrong, and where, without a word of the file, which holds credentials.
 *
 * @returns any other error as it is.
 */
export function withoutText(error: Error): Error {
  if (error.name !== 'YAMLException') return error;
  const { reason, mark } = asRecord(error);
  const { line, column } = asRecord(mark);
  // Some kinds of mistake end with what was found, always behind one of these.
  const [kind = ''] = (asText(reason) ?? 'unreadable').split(/["'!:<]/);
  const where = typeof line === 'number' ? `, at line ${line + 1}, column ${Number(column) + 1}` : '';
  return new SyntaxError(`it is not YAML: ${kind.trim()}${where}`);
}
