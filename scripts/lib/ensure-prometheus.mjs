import { ensureTool } from './ensure-tool.mjs';

/** Finds Prometheus and its promtool, or installs them. @throws {Error} that says what to install */
export async function ensurePrometheus() {
  ensureTool(['prometheus'], 'prometheus');
  ensureTool(['promtool'], 'prometheus');
}
