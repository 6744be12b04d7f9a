/**
 * Gives the `repository` of a package's manifest, for the place where this workflow runs.
 *
 * npm compares it with where the build ran, and refuses a provenance that says something else.
 *
 * @param {string} folder relative to the root
 * @returns {{ type: string, url: string, directory: string }}
 * @throws {Error} outside of GitHub Actions
 */
export function repositoryOf(folder) {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  if (!server || !repository) {
    throw new Error(
      'the repository is unknown: GITHUB_SERVER_URL and GITHUB_REPOSITORY are not set; releases are made by .github/workflows/release.yml, where they are',
    );
  }
  return { type: 'git', url: `git+${server}/${repository}.git`, directory: folder };
}
