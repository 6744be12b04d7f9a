import { ensureTool } from './ensure-tool.mjs';

/** Finds a Chromium, or installs it. @throws {Error} that says what to install */
export async function ensureChromium() {
  ensureTool(['chromium', 'chromium-browser', 'google-chrome'], 'chromium');
}
