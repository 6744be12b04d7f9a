// timeout: 300 s
import { assert, describe } from '@flagz/test-runner';
import { eventually } from '@flagz/testing';
import { put, running, withConfigDir } from './program.ts';

describe('/values', (it) => {
  it('shows every flag as text, and the version', async () => {
    await running([], async (program) => {
      const { port, version, ...values } = await program.values();
      assert.equal(values, {
        allowed_origins: '',
        api_token: '•••',
        config_dir: '',
        configmap: '',
        enabled_features: 'fast_index',
        etcd_endpoints: '',
        etcd_password: '•••',
        etcd_prefix: '/demo/flagz',
        etcd_rollback: 'revert',
        etcd_username: '',
        greeting: 'hello',
        host: '127.0.0.1',
        kubeconfig: '',
        log_level: 'info',
        max_connections: '100',
        min_connections: '1',
        pricing: '{"currency":"EUR"}',
        rate_limiting_config: '{"default_rate":10,"policy":"allow"}',
        recommendations_enabled: 'true',
        request_timeout: '2s',
        search_rollout_percent: '0',
        sources_required: 'true',
        debug_writable: 'false',
        start_timeout: '10s',
      });
      assert.is(port, '0');
      assert.type(version, 'number');
    });
  });

  it('shows what wins: directory over command line over environment over default', async () => {
    await withConfigDir(async (dir) => {
      put(dir, 'request_timeout', '3s\n');
      const args = ['--config_dir', dir, '--request_timeout', '4s', '--min_connections', '4'];
      const env = { DEMO_REQUEST_TIMEOUT: '5s', DEMO_MIN_CONNECTIONS: '5', DEMO_MAX_CONNECTIONS: '500' };
      await running(
        args,
        async (program) => {
          const values = await program.values();
          assert.equal(
            [
              values['request_timeout'],
              values['min_connections'],
              values['max_connections'],
              values['allowed_origins'],
            ],
            ['3s', '4', '500', ''],
          );
        },
        env,
      );
    });
  });

  it('reads a message of protobuf, from a file as text or as bytes, and refuses what it does not permit', async () => {
    await withConfigDir((dir) =>
      running(['--config_dir', dir], async (program) => {
        const becomes = (text: string): Promise<unknown> =>
          eventually(async () => (await program.values())['pricing'] === text);
        put(dir, 'pricing', '{"currency":"USD","cents":250,"validFor":"60s"}\n');
        await becomes('{"cents":"250","currency":"USD","valid_for":"60s"}');
        put(dir, 'pricing', Buffer.of(0x0a, 3, 0x55, 0x53, 0x44, 0x10, 0xfb, 0x01));
        await becomes('{"cents":"251","currency":"USD"}');
        // Valid UTF-8, and the last byte is a number, not a newline.
        put(dir, 'pricing', Buffer.of(0x0a, 3, 0x55, 0x53, 0x44, 0x10, 0x0a));
        await becomes('{"cents":"10","currency":"USD"}');
        put(dir, 'pricing', '{"cents":-1}');
        await eventually(() => program.events('rejected', 'pricing').length === 1);
        await becomes('{"cents":"10","currency":"USD"}');
      }),
    );
  });

  it('takes options with - for _, and the directory from the environment', async () => {
    await withConfigDir((dir) =>
      running(
        ['--max-connections', '300', '--sources-required', 'true'],
        async (program) => {
          const values = await program.values();
          assert.equal([values['max_connections'], values['greeting']], ['300', 'Hello from flagz.d']);
        },
        { DEMO_CONFIG_DIR: dir },
      ),
    );
  });
});

describe('a sensitive value', (it) => {
  it('appears nowhere, whether it is taken or changed', async () => {
    await withConfigDir((dir) =>
      running(['--config_dir', dir, '--log_level', 'debug', '--api_token', 'hunter2'], async (program) => {
        put(dir, 'api_token', 'hunter3\n');
        await eventually(() => program.events('change', 'api_token').length === 2);
        assert.equal(
          program.events('change', 'api_token').map(({ previous, next }) => [previous, next]),
          [
            ['•••', '•••'],
            ['•••', '•••'],
          ],
        );
        const seen = [await (await program.fetch('/values')).text(), await (await program.fetch('/')).text()];
        assert.not.match([...seen, program.stdout, program.stderr].join('\n'), /hunter/);
      }),
    );
  });
});
