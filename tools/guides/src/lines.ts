/**
 * Tells whether a line of what a command printed is the one that the guide promises.
 *
 * White space around does not count; `…` in the promise stands for anything.
 */
export function promises(answer: string, printed: string): boolean {
  const parts = answer.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`));
  const line = new RegExp(`^${parts.join('.*')}$`, 'u');
  return printed.split('\n').some((text) => line.test(text.trim()));
}

/** Tells whether an answer is that of a command that is to fail: `no` of `kubectl auth can-i`, or a line `Error: …`. */
export function isRefusal(answer: string): boolean {
  return answer === 'no' || answer.startsWith('Error: ');
}
