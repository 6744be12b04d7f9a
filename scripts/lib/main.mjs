/**
 * Runs a script: an expected failure is one line, not a stack.
 *
 * @param {() => Promise<void>} run
 */
export async function main(run) {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
