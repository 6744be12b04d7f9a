import { isIPv4, isIPv6 } from 'node:net';
import type { SourceError } from '@flagz/core';

const EXAMPLE = '"http://127.0.0.1:2379"';
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const AUTHORITY = /^(\[[^\s/?#[\]]*\]|[^\s:/?#[\]]+)(?::(\d+))?(\/?)(.*)$/s;
/** A user and a password that is written as it is: all up to the last `@`, whatever else stands in it. */
const USER = /^([a-z][a-z0-9+.-]*:\/\/)?.*(?:@|%40)/is;
/** A label of a name: as RFC 1123 has it, and with the underscores and the letters of other scripts that are in use. */
const LABEL = /^(?!-)[\p{L}\p{M}\p{N}_-]{1,63}(?<!-)$/u;
/** Whether a name can only be an IPv4 address: https://url.spec.whatwg.org/#ends-in-a-number-checker. */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[\da-f]*)\.?$/i;
const LONGEST_NAME = 253;
/** How much of an endpoint that is none a message shows, in characters. */
const LONGEST_SHOWN = 300;

/**
 * Checks where the cluster is said to be, and writes each endpoint as etcd3 needs it: `http://name:port`,
 * `https://name:port` or `name:port`.
 *
 * @param misconfigured makes the error of a reason.
 * @throws {SourceError} with what is wrong, and what is expected.
 */
export function checkHosts(hosts: unknown, misconfigured: (reason: string) => SourceError): readonly string[] {
  if (hosts === undefined) throw misconfigured(`needs hosts, such as ${EXAMPLE}, or a client`);
  const list = typeof hosts === 'string' ? [hosts] : Array.isArray(hosts) ? Array.from<unknown>(hosts) : [];
  if (list.length === 0)
    throw misconfigured(`hosts must be an endpoint, such as ${EXAMPLE}, or a list of them, got ${show(hosts)}`);
  return list.map((host, index) => {
    if (typeof host !== 'string')
      throw misconfigured(`hosts[${index}] must be an endpoint, such as ${EXAMPLE}, got ${show(host)}`);
    const wrong = faultOf(host);
    if (wrong !== undefined) throw misconfigured(`host ${show(host)} ${wrong}; write it as ${EXAMPLE}`);
    return normalize(host);
  });
}

/**
 * Checks the endpoints of a user's client, which gRPC may understand in ways of its own: none may show a password in
 * messages.
 *
 * @throws {SourceError} when there is a user in one.
 */
export function checkClientHosts(
  hosts: readonly string[],
  misconfigured: (reason: string) => SourceError,
): readonly string[] {
  // The path of a socket may hold anything.
  const wrong = hosts.find((host) => USER.test(host) && !host.startsWith('unix'));
  if (wrong === undefined) return hosts;
  throw misconfigured(`has a client whose host ${show(wrong)} has a user; write user and password as auth`);
}

/** Takes an endpoint apart, as far as it is one. */
function partsOf(host: string) {
  const text = host.trim();
  const [start = '', scheme = ''] = SCHEME.exec(text) ?? [];
  const [, name, port, slash, rest] = AUTHORITY.exec(text.slice(start.length)) ?? [];
  return { scheme: scheme.toLowerCase(), name, port, slash, rest };
}

/** Says what is wrong with an endpoint, if anything is. */
function faultOf(host: string): string | undefined {
  if (host.trim() === '') return 'is empty';
  const { scheme, name, port, slash, rest } = partsOf(host);
  if (USER.test(host)) return 'has a user; write user and password as auth';
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https') return `is ${scheme}://, not http:// or https://`;
  if (name === undefined) return 'is no host';
  if (rest !== '') return slash === '/' ? 'has a path' : 'has more than a name and a port';
  if (name.startsWith('[')) {
    if (!isIPv6(name.slice(1, -1))) return 'has no IPv6 address in its brackets';
  } else if (ENDS_IN_NUMBER.test(name)) {
    if (!isIPv4(name)) return 'has no IPv4 address, although it ends in a number';
  } else if (!isName(name)) return 'has a name that no host can have';
  if (port === undefined) return scheme === 'https' ? undefined : 'has no port';
  return Number(port) >= 1 && Number(port) <= 65_535 ? undefined : `has the port ${port}, not 1 to 65535`;
}

function isName(name: string): boolean {
  // A name may end in a dot: then it is not looked for in the domains of the machine.
  const labels = name.replace(/\.$/, '').split('.');
  return name.length <= LONGEST_NAME && labels.every((label) => LABEL.test(label));
}

function normalize(host: string): string {
  const { scheme, name, port } = partsOf(host);
  return `${scheme && `${scheme}://`}${name}${port === undefined ? '' : `:${Number(port)}`}`;
}

/** Shows what was given, without what may be secret in it. */
function show(given: unknown): string {
  if (typeof given === 'string')
    return JSON.stringify(
      given
        .trim()
        .replace(USER, '$1')
        .slice(0, LONGEST_SHOWN)
        .replace(/[?#].+$/s, (query) => `${query.charAt(0)}…`),
    );
  if (Array.isArray(given)) return given.length === 0 ? 'an empty list' : 'a list';
  if (typeof given === 'object' && given !== null) return 'an object';
  return typeof given === 'function' ? 'a function' : String(given);
}
