import { createHash } from 'node:crypto';
import { type Answer, plain } from './exchange.ts';
import { ICON } from './icon.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** Is a file that the page needs. Its name has its hash, so that a browser may keep it for ever. */
interface Asset {
  readonly type: string;
  readonly text: string;
}

const named = (name: string, extension: string, type: string, text: string): readonly [string, Asset] => {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return [`${name}-${hash}.${extension}`, { type, text }];
};

const style = named('page', 'css', 'text/css; charset=utf-8', STYLE);
const script = named('page', 'js', 'text/javascript; charset=utf-8', SCRIPT);
const icon = named('icon', 'svg', 'image/svg+xml', ICON);
const ASSETS = new Map([style, script, icon]);

/** Names the assets as links of the page: queries only, so that the page works wherever it is mounted. */
export const LINKS: Readonly<Record<'style' | 'script' | 'icon', string>> = {
  style: `?asset=${style[0]}`,
  script: `?asset=${script[0]}`,
  icon: `?asset=${icon[0]}`,
};

/** Answers with an asset. */
export function assetAnswer(name: string): Answer {
  const asset = ASSETS.get(name);
  if (!asset) return plain(404, 'no such asset; load the page again');
  return {
    status: 200,
    headers: { 'content-type': asset.type, 'cache-control': 'public, max-age=31536000, immutable' },
    body: asset.text,
  };
}
