import { FlagSet, int, string } from '@flagz/core';
import { assert, describe } from '@flagz/test-runner';
import { memorySource } from '@flagz/testing';
import { describeEvent } from '../src/events-log.ts';

describe('describeEvent()', (it) => {
  it('says what, where and why of every kind of event', async () => {
    const flags = new FlagSet('test');
    const told: object[] = [];
    flags.dynamic('rate', int, 10, 'A number.').withNotifier(() => {
      throw new Error('no such pool');
    });
    flags.static('port', int, 80, 'A static flag.');
    flags.dynamic('old', string, '', 'A flag of old.', { deprecated: 'use rate' });
    const source = memorySource();
    const watcher = await flags.watch(source);
    flags.subscribe((event) => told.push(describeEvent(event)));

    source.update({ rate: '20', old: 'x', port: '81', nobody: '1' });
    source.set('rate', 'ten');
    source.set('rate', '20');
    await watcher.stop();

    const printed = told.map((event) => JSON.parse(JSON.stringify(event)) as Record<string, unknown>);
    assert.equal(
      printed.map(({ event, flag, source: from, reason, next }) => [event, flag, from, reason, next]),
      [
        ['deprecated', 'old', 'memory', 'use rate', undefined],
        ['change', 'rate', 'memory', undefined, '20'],
        ['change', 'old', 'memory', undefined, 'x'],
        ['unknown', 'nobody', 'memory', 'no flag has this name', undefined],
        ['restart-needed', 'port', 'memory', 'a static flag changes with a restart only', '81'],
        ['notifier-error', 'rate', undefined, 'no such pool', undefined],
        ['rejected', 'rate', 'memory', 'flag "rate": expected an integer, got "ten"', undefined],
        ['cleared', 'rate', 'memory', undefined, undefined],
        ['watcher', undefined, 'memory', undefined, undefined],
      ],
    );
    const { time, ...change } = printed[1]!;
    assert.type(time, 'number');
    const common = { flag: 'rate', source: 'memory', revision: '2' };
    assert.equal(change, { event: 'change', ...common, previous: '10', next: '20', version: 1 });
  });
});
