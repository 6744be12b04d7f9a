const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const AUTHORITY = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]]+)(?::(\d+))?(\/?)(.*)$/i;

/**
 * Writes an endpoint as etcd3 needs it: `http://name:port`, `https://name:port` or `name:port`.
 *
 * @throws {Error} with what is wrong with it.
 */
export function checkHost(host: string): string {
  const [start = '', scheme = ''] = SCHEME.exec(host.trim()) ?? [];
  const [, name, port, slash, rest] = AUTHORITY.exec(host.trim().slice(start.length)) ?? [];
  const protocol = scheme.toLowerCase();
  if (host.includes('@')) throw new Error('has a user; write user and password as auth');
  if (protocol !== '' && protocol !== 'http' && protocol !== 'https')
    throw new Error(`is ${scheme}://, not http:// or https://`);
  if (name === undefined) throw new Error('is no host');
  if (rest !== '') throw new Error(slash === '/' ? 'has a path' : 'has more than a name and a port');
  if (port === undefined && protocol !== 'https') throw new Error('has no port');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    throw new Error(`has the port ${port}, not 1 to 65535`);
  return `${protocol && `${protocol}://`}${name}${port === undefined ? '' : `:${port}`}`;
}
