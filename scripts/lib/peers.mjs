/**
 * Says which versions of its siblings a package works with: those of its own minor version and later, below the next major.
 *
 * Changesets takes a peer that leaves its range for a breaking change. Below 1.0.0 a caret ends at the next minor version, so
 * that each minor change would have made a 1.0.0 of everything.
 *
 * @param {string} version the package's own, which all of ours share
 * @returns {string} the range for `peerDependencies`
 */
export function peerRange(version) {
  const [, major, minor, prerelease] = /^(\d+)\.(\d+)\.\d+(-.+)?$/.exec(version) ?? [];
  if (major === undefined) throw new Error(`expected a version such as 1.2.3, got "${version}"`);
  const lowest = prerelease === undefined ? `${major}.${minor}.0` : version;
  return `workspace:>=${lowest} <${Number(major) + 1}.0.0`;
}
