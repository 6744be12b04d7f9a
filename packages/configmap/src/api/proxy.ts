import { type ClientRequest, request as httpRequest } from 'node:http';
import { Agent, type AgentOptions, type RequestOptions, request as httpsRequest } from 'node:https';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { SourceError } from '@flagz/core';

/** Makes an agent that goes through the proxy, if there is one. */
export function makeAgent(tls: AgentOptions, proxy: URL | undefined): Agent {
  const options = { ...tls, keepAlive: true };
  return proxy ? new TunnelAgent(proxy, options) : new Agent(options);
}

/**
 * Finds the proxy for a server as kubectl does: the kubeconfig's `proxy-url`, else `HTTPS_PROXY` unless `NO_PROXY` has the
 * server; loopback addresses are reached directly. See https://pkg.go.dev/golang.org/x/net/http/httpproxy.
 *
 * @throws {SourceError} when the proxy is none that can be used.
 */
export function proxyFor(server: URL, proxyUrl: string | undefined, env: NodeJS.ProcessEnv): URL | undefined {
  const text = proxyUrl ?? fromEnvironment(server, env);
  if (!text) return undefined;
  const withScheme = text.includes('://') ? text : `http://${text}`;
  const proxy = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  // No more of it than that: it may hold a password.
  const what = proxy?.protocol.startsWith('socks')
    ? `is a SOCKS proxy (${proxy.protocol}//${proxy.host}), which this source does not speak to; name one that does HTTP CONNECT`
    : 'must be an http or https URL';
  throw new SourceError(`the proxy of ${server.origin} ${what}; see proxy-url of the kubeconfig, or HTTPS_PROXY`, {
    fatalAtStart: true,
  });
}

function fromEnvironment(server: URL, env: NodeJS.ProcessEnv): string | undefined {
  const host = withoutBrackets(server.hostname).toLowerCase();
  if (host === 'localhost' || host === '::1' || (isIP(host) && host.startsWith('127.'))) return undefined;
  const port = server.port || '443';
  const exceptions = (env['NO_PROXY'] || env['no_proxy'] || '').split(',').map((entry) => entry.trim().toLowerCase());
  return exceptions.some((entry) => covers(entry, host, port)) ? undefined : env['HTTPS_PROXY'] || env['https_proxy'];
}

/** Tells whether an entry of `NO_PROXY` is about the host: `*`, an address, a CIDR, a domain; a port may follow. */
function covers(entry: string, host: string, port: string): boolean {
  if (entry === '' || entry === '*') return entry === '*';
  if (entry.includes('/')) return inRange(entry, host);
  const [name, itsPort] = splitPort(entry);
  if (itsPort !== undefined && itsPort !== port) return false;
  const version = isIP(name);
  // An IPv6 address has many spellings.
  if (version !== 0) return inRange(`${name}/${version === 6 ? 128 : 32}`, host);
  const suffix = name.replace(/^\*?\./, '.');
  return host === name || host.endsWith(suffix.startsWith('.') ? suffix : `.${suffix}`);
}

/** Splits `host:port`, `[v6]:port` and what has no port, as an address has none that is not in brackets. */
function splitPort(entry: string): readonly [host: string, port: string | undefined] {
  if (isIP(entry)) return [entry, undefined];
  const [, host = entry, port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  return [withoutBrackets(host), port];
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

function inRange(cidr: string, host: string): boolean {
  const [address = '', bits] = cidr.split('/');
  const version = isIP(address);
  if (version === 0 || isIP(host) !== version) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const range = new BlockList();
  try {
    range.addSubnet(address, Number(bits), family);
  } catch {
    return false;
  }
  return range.check(host, family);
}

/** Connects through an HTTP proxy with `CONNECT`: TLS is spoken with the server, the proxy sees none of it. */
class TunnelAgent extends Agent {
  readonly #proxy: URL;
  readonly #pending = new Set<ClientRequest>();

  constructor(proxy: URL, options: AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const { protocol, hostname, port, username, password } = this.#proxy;
    const failed = (error: Error): void => {
      this.#pending.delete(asking);
      callback?.(
        new SourceError(`the proxy ${this.#proxy.host}: ${error.message}`, { cause: error }),
        undefined as never,
      );
    };
    const host = options.host ?? '';
    const path = `${isIPv6(host) ? `[${host}]` : host}:${options.port}`;
    const credentials = `${decoded(username)}:${decoded(password)}`;
    const asking = (protocol === 'https:' ? httpsRequest : httpRequest)({
      method: 'CONNECT',
      host: withoutBrackets(hostname),
      port,
      path,
      agent: false,
      headers: {
        host: path,
        ...(username && { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
      },
    });
    this.#pending.add(asking);
    asking.on('connect', (response, socket) => {
      asking.off('error', failed);
      this.#pending.delete(asking);
      if (response.statusCode !== 200) {
        socket.destroy();
        failed(new Error(`refuses to connect to ${path}: status ${response.statusCode}`));
        return;
      }
      let stream: Duplex;
      try {
        stream = super.createConnection({ ...options, socket } as RequestOptions) as Duplex;
      } catch (error) {
        // A client certificate that does not fit its key. Nobody catches what an event handler throws.
        socket.destroy();
        callback?.(error as Error, undefined as never);
        return;
      }
      callback?.(null, stream);
    });
    asking.on('error', failed);
    asking.end();
    return undefined;
  }

  override destroy(): void {
    for (const asking of this.#pending) asking.destroy();
    super.destroy();
  }
}

/** A percent sign in a password that nobody encoded stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
