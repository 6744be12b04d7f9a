import { etcdSource } from '@flagz/etcd';
import { assert, describe, throws } from '@flagz/test-runner';
import { Etcd3 } from 'etcd3';

const EXAMPLE = '"http://127.0.0.1:2379"';

/** Makes a source of whatever is given for its hosts. */
const make = (hosts: unknown): unknown => etcdSource({ hosts: hosts as string, prefix: '/a' });

describe('etcdSource() hosts', (it) => {
  const long = Array.from({ length: 4 }, () => 'x'.repeat(62)).join('.');
  const right = [
    'etcd:2379',
    'etcd.example.com:2379',
    'etcd.example.com.:2379',
    'etcd_0:1',
    '0.etcd:65535',
    'größe.example:2379',
    'xn--gre-6ka8l.example:2379',
    '127.0.0.1:2379',
    '[::1]:2379',
    '[fe80::1%eth0]:2379',
    'http://etcd:2379',
    'http://[::ffff:127.0.0.1]:2379/',
    'https://etcd',
    'HTTPS://etcd:2379',
    ' http://etcd:2379\n',
    `${long}:1`,
  ];
  for (const host of right) it(`takes ${JSON.stringify(host)}`, () => void make(host));

  const noName = 'has a name that no host can have';
  const noAddress = 'has no IPv4 address, although it ends in a number';
  const wrong: readonly (readonly [host: string, reason: string])[] = [
    ['', 'is empty'],
    ['  ', 'is empty'],
    ['ftp://x', 'is ftp://, not http:// or https://'],
    ['unix:///run/etcd.sock', 'is unix://, not http:// or https://'],
    ['http://x:99999', 'has the port 99999, not 1 to 65535'],
    ['x:70000', 'has the port 70000, not 1 to 65535'],
    ['x:0', 'has the port 0, not 1 to 65535'],
    ['x:http', 'has more than a name and a port'],
    ['x:-1', 'has more than a name and a port'],
    ['x:', 'has more than a name and a port'],
    ['http://x', 'has no port'],
    ['x', 'has no port'],
    ['127.0.0.1', 'has no port'],
    ['[::1]', 'has no port'],
    ['http://x:2379/path', 'has a path'],
    ['http://a:1,http://b:1', 'has more than a name and a port'],
    ['http://', 'is no host'],
    [':2379', 'is no host'],
    ['::1:2379', 'is no host'],
    ['a b:1', 'has more than a name and a port'],
    ['a,b:1', noName],
    ['a\u0000b:1', noName],
    ['..:1', noName],
    ['.:1', noName],
    ['a..b:1', noName],
    ['.a:1', noName],
    ['-a:1', noName],
    ['a-:1', noName],
    ['$HOST:1', noName],
    [`${'x'.repeat(64)}:1`, noName],
    [`${long}.xxx:1`, noName],
    ['999.1.1.1:1', noAddress],
    ['1.1.1:1', noAddress],
    ['0x7f.0x1:1', noAddress],
    ['2379:2379', noAddress],
    ['[1]:1', 'has no IPv6 address in its brackets'],
    ['[]:1', 'has no IPv6 address in its brackets'],
    ['[127.0.0.1]:1', 'has no IPv6 address in its brackets'],
    ['http://[::1]2379', 'has more than a name and a port'],
  ];
  for (const [host, reason] of wrong) {
    it(`refuses ${JSON.stringify(host.slice(0, 30))}, also among others`, () => {
      const shown = JSON.stringify(host.trim());
      const message = `source "etcd": host ${shown} ${reason}; write it as ${EXAMPLE}`;
      throws(() => make(host), message);
      throws(() => make(['http://b:2', host]), message);
    });
  }

  const noHosts: readonly (readonly [hosts: unknown, message: string])[] = [
    [undefined, `needs hosts, such as ${EXAMPLE}, or a client`],
    [[], `hosts must be an endpoint, such as ${EXAMPLE}, or a list of them, got an empty list`],
    [null, `hosts must be an endpoint, such as ${EXAMPLE}, or a list of them, got null`],
    [5, `hosts must be an endpoint, such as ${EXAMPLE}, or a list of them, got 5`],
    [{}, `hosts must be an endpoint, such as ${EXAMPLE}, or a list of them, got an object`],
    [() => 'a:1', `hosts must be an endpoint, such as ${EXAMPLE}, or a list of them, got a function`],
    [[5], `hosts[0] must be an endpoint, such as ${EXAMPLE}, got 5`],
    [['a:1', null], `hosts[1] must be an endpoint, such as ${EXAMPLE}, got null`],
    [['a:1', ['b:1']], `hosts[1] must be an endpoint, such as ${EXAMPLE}, got a list`],
    [['a:1', undefined], `hosts[1] must be an endpoint, such as ${EXAMPLE}, got undefined`],
  ];
  for (const [hosts, message] of noHosts)
    it(`says: ${message}`, () => void throws(() => make(hosts), `source "etcd": ${message}`));

  const secrets: readonly (readonly [host: string, shown: string])[] = [
    ['http://user:secret@x:2379', 'http://x:2379'],
    ['user:secret@x:2379', 'x:2379'],
    ['https://user:sec/secret@x:2379', 'https://x:2379'],
    ['http://user:sec?secret@x:2379', 'http://x:2379'],
    ['http://user:sec#secret@x:2379', 'http://x:2379'],
    ['http://user:sec@secret@x:2379', 'http://x:2379'],
    ['http://user:sec\nsecret@x:2379', 'http://x:2379'],
    ['http://user:sec//secret@x:2379/path', 'http://x:2379/path'],
    ['http://user:sec%20secret%40x:2379', 'http://x:2379'],
    ['http://a:secret@a:1,http://b:secret@b:1', 'http://b:1'],
    ['ftp://user:s:/?#[]@secret@x', 'ftp://x'],
  ];
  for (const [host, shown] of secrets) {
    it(`shows no password of ${JSON.stringify(host)}`, () => {
      const reason = 'has a user; write user and password as auth';
      throws(() => make(host), `source "etcd": host "${shown}" ${reason}; write it as ${EXAMPLE}`);
      const client = new Etcd3({ hosts: host });
      throws(() => etcdSource({ client, prefix: '/a' }), `source "etcd": has a client whose host "${shown}" ${reason}`);
      client.close();
    });
  }

  it('shows nothing of a query', () => {
    const error = throws(() => make('http://x:2379?token=secret'), Error);
    assert.match(error.message, /host "http:\/\/x:2379\?…" has more than a name and a port/);
  });
});
