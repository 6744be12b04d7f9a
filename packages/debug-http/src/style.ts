/** Is the style sheet of the page: two palettes, one column on a phone, no font or picture from anywhere. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f6f4; --card: #ffffff; --sunk: #f1f1ee; --line: #e2e2dd;
  --text: #1c1f24; --muted: #5b626d; --accent: #3050b8; --accent-ground: #e9edfb;
  --good: #17693f; --good-ground: #e2f3e9; --warn: #7a4d00; --warn-ground: #fbf0d9;
  --bad: #a3231b; --bad-ground: #fcebe9; --flash: #fff3c4;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131519; --card: #1b1e24; --sunk: #22262d; --line: #2d323b;
    --text: #e5e7eb; --muted: #a0a8b4; --accent: #9db4ff; --accent-ground: #252d4a;
    --good: #74d4a0; --good-ground: #17362a; --warn: #efc06b; --warn-ground: #3a2f17;
    --bad: #ff9a90; --bad-ground: #43211f; --flash: #4a4119;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0 auto; max-width: 78rem; padding: 0 1.5rem 3rem; background: var(--ground); color: var(--text);
  font: 0.9375rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; -webkit-text-size-adjust: 100%; }
p, dl, ul, ol, pre, h1, h2, h3 { margin: 0; padding: 0; }
a { color: var(--accent); text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); text-underline-offset: 0.15em; }
a:hover { text-decoration-color: currentColor; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code, pre { font-family: var(--mono); font-size: 0.875em; }
code { overflow-wrap: anywhere; white-space: pre-wrap; }
small { font-size: 0.8125rem; color: var(--muted); }
h2 { font-size: 1.0625rem; font-weight: 650; letter-spacing: -0.005em; }
h3 { font-size: 0.875rem; font-weight: 650; margin-top: 1.25rem; }
.muted { color: var(--muted); font-size: 0.875rem; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -999rem; top: 0.5rem; background: var(--card); padding: 0.5rem 1rem; z-index: 3; }
.skip:focus { left: 1rem; }
.plain { list-style: none; }
.empty { color: var(--muted); font-family: system-ui, sans-serif; }
.odd { background: var(--warn-ground); color: var(--warn); border-radius: 3px; padding: 0 0.25em; font-size: 0.85em; }
.more { color: var(--muted); }

header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.25rem 1.5rem; padding: 1.75rem 0 1.25rem; }
h1 { font-size: 1.5rem; font-weight: 680; letter-spacing: -0.02em; }
h1 a { color: inherit; text-decoration: none; }
.eyebrow { color: var(--muted); font-weight: 450; margin-right: 0.25rem; }
.live { color: var(--muted); font-size: 0.875rem; }
.live::before { content: ""; display: inline-block; width: 0.55em; height: 0.55em; border-radius: 50%; background: var(--muted); margin-right: 0.5em; }
.live[data-state="live"]::before { background: var(--good); }
.live[data-state="wait"]::before, .live[data-state="paused"]::before { background: var(--warn); }
.live button { padding: 0 0.5rem; margin-left: 0.375rem; font-size: 0.8125rem; }

.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.facts > div { padding: 0.75rem 1.125rem; }
.facts > div + div { border-left: 1px solid var(--line); }
.facts dt { color: var(--muted); font-size: 0.8125rem; }
.facts dd { margin: 0; font-size: 1.125rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.facts code { font-size: 1.0625rem; }
.facts small { font-weight: 400; margin-left: 0.25rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; margin-top: 1rem; align-items: start; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.125rem; min-width: 0; }
.card > h2 + * { margin-top: 0.5rem; }
.plain li + li { border-top: 1px solid var(--line); margin-top: 0.75rem; padding-top: 0.75rem; }
.alarm { border-color: color-mix(in srgb, var(--bad) 45%, var(--line)); }
.alarm h2 { color: var(--bad); }
.reason { color: var(--bad); font-size: 0.875rem; overflow-wrap: anywhere; }
.dot { display: inline-block; width: 0.55em; height: 0.55em; border-radius: 50%; background: var(--muted); margin-right: 0.35em; }
.dot.good { background: var(--good); }
.count { display: inline-block; background: var(--sunk); color: var(--muted); border-radius: 1em; padding: 0 0.6em; font-size: 0.8125rem; font-weight: 500; font-variant-numeric: tabular-nums; }
.alarm .count { background: var(--bad-ground); color: var(--bad); }
.state, .badge { display: inline-block; border-radius: 4px; padding: 0 0.45em; font-size: 0.75rem; line-height: 1.55; background: var(--sunk); color: var(--muted); }
.state { min-width: 3.6em; text-align: center; }
.good.state, .good.badge { background: var(--good-ground); color: var(--good); }
.warn.state, .warn.badge { background: var(--warn-ground); color: var(--warn); }
.bad.state, .bad.badge { background: var(--bad-ground); color: var(--bad); }
.accent.badge { background: var(--accent-ground); color: var(--accent); }
.note { border-radius: 8px; padding: 0.625rem 0.875rem; margin: 0.75rem 0; background: var(--sunk); overflow-wrap: anywhere; }
.note.good { background: var(--good-ground); color: var(--good); }
.note.warn { background: var(--warn-ground); color: var(--warn); }
.note.bad { background: var(--bad-ground); color: var(--bad); }

main > section + section { margin-top: 2.25rem; }
.filters { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: center; padding: 0.75rem 0; background: var(--ground); }
.group { display: inline-flex; border: 1px solid var(--line); border-radius: 7px; background: var(--card); overflow: clip; }
.group a { padding: 0.3rem 0.8rem; color: var(--muted); text-decoration: none; font-size: 0.875rem; }
.group a + a { border-left: 1px solid var(--line); }
.group a:hover { color: var(--text); }
.group a[aria-current] { background: var(--accent-ground); color: var(--accent); font-weight: 550; }
.filters form { display: flex; flex: 1 1 16rem; gap: 0.5rem; }
input, textarea, select, button { font: inherit; font-size: 0.875rem; color: inherit; background: var(--card); border: 1px solid color-mix(in srgb, var(--muted) 55%, var(--line)); border-radius: 7px; padding: 0.3rem 0.7rem; }
input[type="search"] { flex: 1; min-width: 6rem; }
::placeholder { color: var(--muted); opacity: 1; }
button { cursor: pointer; }
button:hover { border-color: var(--accent); color: var(--accent); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--card); }

.columns, .row { display: grid; grid-template-columns: minmax(0, 1.5fr) minmax(0, 1.3fr) minmax(0, 1fr) minmax(0, 0.9fr); gap: 0 1.25rem; padding: 0.7rem 1.125rem; }
.columns { border-left: 4px solid transparent; color: var(--muted); font-size: 0.8125rem; padding-block: 0.25rem; }
.flags { list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: clip; }
.flags:empty { display: none; }
/* No list items: a browser renumbers all that follow each one that is hidden. */
.flags > li { display: block; }
.many > li { content-visibility: auto; contain-intrinsic-size: auto 3.7rem; }
.flags > li + li { border-top: 1px solid var(--line); }
.row { border-left: 3px solid transparent; }
.row.changed { border-left-color: color-mix(in srgb, var(--accent) 60%, transparent); }
.row.refused { border-left-color: var(--bad); }
.name a { font-weight: 600; overflow-wrap: anywhere; text-decoration: none; }
.name a:hover { text-decoration: underline; }
.type { color: var(--muted); font-size: 0.8125rem; font-weight: 400; margin-left: 0.25rem; }
.usage { color: var(--muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.name .badge { margin-left: 0.25rem; }
.label { display: none; }
.default, .default code { color: var(--muted); }
.changed .value code { font-weight: 600; }
.from small { display: block; }
.ends { color: var(--warn); }
.flash { animation: flash 2.4s ease-out; }
@keyframes flash { from { background: var(--flash); } }
.none { padding: 1.5rem 0; text-align: center; }

.detail { padding: 0 1.125rem 1.25rem; }
.flags .detail { margin-left: 3px; border-top: 1px dashed var(--line); }
.detail pre { background: var(--sunk); border-radius: 8px; padding: 0.625rem 0.875rem; margin-top: 0.375rem; max-height: 24rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.layers { list-style: none; margin-top: 0.5rem; border: 1px solid var(--line); border-radius: 8px; }
.layers li { padding: 0.5rem 0.875rem; color: var(--muted); }
.layers li + li { border-top: 1px solid var(--line); }
.layers .wins { color: var(--text); background: color-mix(in srgb, var(--accent-ground) 45%, transparent); }
.one > * + * { margin-top: 0.5rem; }
.one h2 { font-size: 1.25rem; overflow-wrap: anywhere; }
.set { border-top: 1px solid var(--line); margin-top: 1.25rem; }
.set > label { display: block; color: var(--muted); font-size: 0.875rem; margin: 0.375rem 0; }
.set textarea, .set input[type="password"] { width: 100%; font-family: var(--mono); resize: vertical; }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin: 0.625rem 0; }
.actions label { color: var(--muted); font-size: 0.875rem; }

.history { list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-top: 0.75rem; }
.history li { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr) minmax(0, 16rem); gap: 0 1.25rem; padding: 0.5rem 1.125rem; align-items: baseline; }
.history li + li { border-top: 1px solid var(--line); }
.history p { overflow-wrap: anywhere; }
.at { color: var(--muted); font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.arrow { color: var(--muted); }
footer { margin-top: 2rem; color: var(--muted); font-size: 0.875rem; }

@media (max-width: 46rem) {
  body { padding: 0 0.875rem 2rem; }
  header { padding: 1.25rem 0 0.875rem; }
  .facts { grid-template-columns: 1fr 1fr; }
  .facts > div { padding: 0.625rem 0.875rem; }
  .facts > div + div { border-left: 0; }
  .facts > div:nth-child(even) { border-left: 1px solid var(--line); }
  .facts > div:nth-child(n + 3) { border-top: 1px solid var(--line); }
  .columns { display: none; }
  .filters { position: static; }
  .row { grid-template-columns: 1fr; gap: 0.375rem; padding: 0.75rem 0.875rem; }
  .many > li { contain-intrinsic-size: auto 8rem; }
  .cell:not(.name) { display: grid; grid-template-columns: 4.25rem minmax(0, 1fr); gap: 0 0.5rem; align-items: baseline; }
  .cell small { grid-column: 2; }
  .label { display: inline; color: var(--muted); font-size: 0.8125rem; }
  .history li { grid-template-columns: 1fr; padding: 0.625rem 0.875rem; }
  .detail { padding-inline: 0.875rem; }
}
@media (prefers-reduced-motion: reduce) { .flash { animation: none; outline: 2px solid var(--accent); outline-offset: -2px; } }
@media print { .filters, .live, footer, .set { display: none; } }
`;
