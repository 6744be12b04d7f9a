import { change } from './change.ts';
import { configMapApi } from './configmap-api.ts';
import { etcd } from './etcd.ts';
import { fleet } from './fleet.ts';
import { get } from './get.ts';
import { hostile } from './hostile.ts';
import { importTime } from './import-time.ts';
import { machine } from './machine.ts';
import { mount } from './mount.ts';
import { page } from './page.ts';
import { replace } from './replace.ts';
import { scrape } from './scrape.ts';
import { showReport } from './show-report.ts';
import { size } from './size.ts';
import type { Subject } from './subject.ts';

const subjects: readonly Subject[] = [
  get,
  change,
  replace,
  mount,
  etcd,
  configMapApi,
  scrape,
  page,
  hostile,
  fleet,
  size,
  importTime,
];

const wanted = process.argv.slice(2).filter((argument) => argument !== '--');
const unknown = wanted.filter((name) => !subjects.some((subject) => subject.name === name));
if (unknown.length > 0) {
  const names = subjects.map(({ name }) => name).join(', ');
  console.error(`bench: no subject ${unknown.map((name) => JSON.stringify(name)).join(', ')}; there are: ${names}`);
  process.exitCode = 1;
} else {
  console.log(machine());
  for (const subject of subjects) {
    if (wanted.length > 0 && !wanted.includes(subject.name)) continue;
    console.log(`\n${showReport(subject, await subject.measure(1))}`);
  }
}
