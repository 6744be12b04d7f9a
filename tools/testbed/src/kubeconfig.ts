/** Says what a kubeconfig holds: one context. */
export interface KubeconfigOptions {
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca?: string;
  readonly tlsServerName?: string;
  /** Whether the server's certificate is not checked. @default false */
  readonly insecure?: boolean;
  readonly proxyUrl?: string;
  /** Where commands look that name no namespace. */
  readonly namespace?: string;
  readonly token?: string;
  /** PEM of a client certificate and its key. */
  readonly client?: { readonly certificate: string; readonly key: string };
  /** Command of an exec plugin with its arguments. */
  readonly exec?: readonly string[];
}

/** Writes a kubeconfig. JSON is YAML. */
export function kubeconfigText(options: KubeconfigOptions): string {
  const { server, ca, tlsServerName, insecure, proxyUrl, namespace, token, client, exec } = options;
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const user = {
    ...(token && { token }),
    ...(client && {
      'client-certificate-data': base64(client.certificate),
      'client-key-data': base64(client.key),
    }),
    ...(exec && {
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: exec[0],
        args: exec.slice(1),
        interactiveMode: 'Never',
      },
    }),
  };
  const cluster = {
    server,
    ...(ca && { 'certificate-authority-data': base64(ca) }),
    ...(tlsServerName && { 'tls-server-name': tlsServerName }),
    ...(insecure && { 'insecure-skip-tls-verify': true }),
    ...(proxyUrl && { 'proxy-url': proxyUrl }),
  };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', ...(namespace && { namespace }) } }],
  };
  return JSON.stringify(config, null, 2);
}
