import { FlagError } from '@flagz/core';

/** Says what is wrong with a command line, all of it, in one line. */
export class UsageError extends FlagError {
  override readonly name = 'UsageError';
  /** Says each thing that is wrong, in the order of the command line. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('FLAGZ_PARSE', problems.join('; '));
    this.problems = problems;
  }
}
