import { assert, rejects } from '@flagz/test-runner';
import { EtcdServer, eachEtcd } from '@flagz/testbed-etcd';
import { eventually } from '@flagz/testing';
import { Program, running } from './program.ts';

for (const { binary, describe } of eachEtcd()) {
  describe('--etcd_endpoints', (it) => {
    let server: EtcdServer;
    it.before(async () => {
      server = await EtcdServer.start(binary);
    });
    it.after(() => server.close());

    it('follows etcd above all else, and rolls rubbish back', async () => {
      await server.put('/demo/flagz/greeting', 'from etcd');
      await running(['--etcd_endpoints', server.url, '--greeting', 'from the command line'], async (program) => {
        assert.is((await program.values())['greeting'], 'from etcd');
        await server.write({ '/demo/flagz/min_connections': '200', '/demo/flagz/max_connections': '300' });
        await eventually(async () => (await program.values())['max_connections'] === '300');
        assert.is((await program.values())['min_connections'], '200');
        await server.put('/demo/flagz/request_timeout', 'rubbish');
        const rolledBack = await program.event('rollback');
        assert.equal([rolledBack['flag'], rolledBack['outcome']], ['request_timeout', 'deleted']);
        assert.is(await server.get('/demo/flagz/request_timeout'), null);
        await server.delete('/demo/flagz/greeting');
        await eventually(async () => (await program.values())['greeting'] === 'from the command line');
        assert.is(await program.stop(), 0);
      });
    });

    it('only reports with --etcd_rollback=report, under --etcd_prefix', async () => {
      const args = ['--etcd-endpoints', server.url, '--etcd-prefix', '/other', '--etcd_rollback=report'];
      await running(args, async (program) => {
        await server.put('/other/greeting', 'x'.repeat(201));
        const rolledBack = await program.event('rollback');
        assert.is(rolledBack['outcome'], 'reported');
        assert.is((await server.get('/other/greeting'))?.length, 201);
      });
    });

    it('ends with one message where nobody answers', async () => {
      const args = ['--port', '0', '--etcd_endpoints', 'http://127.0.0.1:1', '--start_timeout', '500ms'];
      const program = new Program(args);
      assert.is(await program.ended, 1);
      assert.match(program.stderr, /source "etcd": not loaded within 500 ms; last error: .*127\.0\.0\.1:1/);
      assert.is(program.stderr.trim().split('\n').length, 1);
      await rejects(program.listening(), /ended with 1/);
    });

    it('refuses a password without a user', async () => {
      const program = new Program(['--port', '0', '--etcd_endpoints', server.url, '--etcd_password', 'hunter2']);
      assert.is(await program.ended, 1);
      assert.match(program.stderr, /--etcd_password is set without --etcd_username: set both, or neither/);
      assert.not.match(program.stderr, /hunter2/);
    });
  });

  describe('--etcd_username and --etcd_password', (it) => {
    let server: EtcdServer;
    it.before(async () => {
      server = await EtcdServer.start(binary);
      const { auth } = server.client;
      await server.put('/demo/flagz/greeting', 'from etcd');
      for (const [name, password] of [
        ['root', 'toor'],
        ['demo', 'hunter2'],
      ] as const) {
        await auth.userAdd({ name, password });
        await auth.roleAdd({ name });
        await auth.userGrantRole({ user: name, role: name });
      }
      const range = { key: Buffer.from('/demo/flagz/'), range_end: Buffer.from('/demo/flagz0') };
      await auth.roleGrantPermission({ name: 'demo', perm: { permType: 'Readwrite', ...range } });
      await auth.authEnable();
    });
    it.after(() => server.close());

    it('let the service in, and the password is not shown', async () => {
      const args = ['--etcd_endpoints', server.url, '--etcd_username', 'demo', '--etcd_password', 'hunter2'];
      const program = new Program(['--port', '0', ...args]);
      const values = await program.values();
      assert.equal([values['greeting'], values['etcd_password']], ['from etcd', '•••']);
      assert.is(await program.stop(), 0);
      assert.not.match(program.stdout + program.stderr, /hunter2/);
    });

    for (const [what, user, message] of [
      [
        'are wrong',
        ['--etcd_username', 'demo', '--etcd_password', 'hunter3'],
        /refuses user "demo": wrong user name or password$/,
      ],
      ['are missing', [], /asks for a user and a password: set auth/],
    ] as const)
      it(`end it with one line where they ${what}`, async () => {
        const program = new Program(['--port', '0', '--etcd_endpoints', server.url, ...user]);
        assert.is(await program.ended, 1);
        assert.match(program.stderr.trim(), message);
        assert.match(program.stderr, /source "etcd": etcd at http:\/\/127\.0\.0\.1:\d+ /);
        assert.is(program.stderr.trim().split('\n').length, 1);
        assert.not.match(program.stdout + program.stderr, /hunter/);
      });
  });
}
