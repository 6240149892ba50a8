import { Markup } from './markup';

/** The page's style sheet. Both colour schemes have a contrast of at least 4.5:1; a test measures it. */
export const PAGE_STYLE = new Markup(`
:root {
  color-scheme: light dark;
  --page: #f6f8fa; --card: #ffffff; --text: #1f2328; --muted: #59636e; --line: #d1d9e0; --link: #0550ae;
  --good: #116329; --good-fill: #dafbe1; --soon: #7d4e00; --soon-fill: #fff3c4; --bad: #a40e26; --bad-fill: #ffebe9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1117; --card: #151b23; --text: #f0f6fc; --muted: #9da7b3; --line: #3d444d; --link: #79c0ff;
    --good: #56d364; --good-fill: #12301c; --soon: #e3b341; --soon-fill: #332701; --bad: #ff9a92; --bad-fill: #3c1618;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.25rem 1rem 2rem; max-width: 68rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
p { margin: .35rem 0; }
a { color: var(--link); }
code { font: .875em ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .85rem 1rem; margin-top: .85rem; }
.muted, caption, footer { color: var(--muted); font-size: .875rem; }
.verdict {
  margin: .75rem 0 0; padding: .6rem .9rem; border-radius: .6rem; border: 1px solid; font-size: 1.15rem; font-weight: 600;
}
.good { color: var(--good); } .soon { color: var(--soon); } .bad { color: var(--bad); }
.verdict.good, .state.good { background: var(--good-fill); }
.verdict.soon, .state.soon { background: var(--soon-fill); }
.verdict.bad, .state.bad { background: var(--bad-fill); }
.state { display: inline-block; padding: 0 .55rem; border-radius: 1rem; font-weight: 600; font-size: .9rem; }
summary { cursor: pointer; } summary h2 { display: inline; margin-right: .6rem; } details[open] > summary { margin-bottom: .5rem; }
ul { margin: 0; padding-left: 1.2rem; }
.problems { list-style: none; padding: 0; }
.problems li { display: flex; gap: .6rem; padding: .4rem 0; border-top: 1px solid var(--line); }
.problems li:first-child { border-top: 0; }
.problems .state { flex: none; align-self: flex-start; }
table { width: 100%; border-collapse: collapse; }
table + table { margin-top: 1.25rem; }
caption { text-align: left; padding-bottom: .4rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); }
th { font-weight: 600; } thead th { border-top: 0; color: var(--muted); font-size: .8125rem; }
td:last-child, th:last-child { padding-right: 0; }
svg { display: block; width: 100%; height: auto; margin: 0 auto; }
svg text { fill: var(--text); font-size: 13px; }
svg .name { font-weight: 600; font-size: 14px; } svg .small { fill: var(--muted); font-size: 12px; }
svg .network { fill: none; stroke: var(--line); stroke-dasharray: 6 5; stroke-width: 1.5; }
svg .box { stroke-width: 1.5; }
svg .box.good { fill: var(--good-fill); stroke: var(--good); }
svg .box.soon { fill: var(--soon-fill); stroke: var(--soon); }
svg .box.bad { fill: var(--bad-fill); stroke: var(--bad); stroke-width: 2.5; }
svg text.good { fill: var(--good); } svg text.soon { fill: var(--soon); } svg text.bad { fill: var(--bad); }
svg .rail, svg .wire { fill: none; stroke: var(--muted); stroke-width: 2; }
svg .wire.good { stroke: var(--good); } svg .wire.soon { stroke: var(--soon); stroke-dasharray: 5 4; }
svg .wire.bad { stroke: var(--bad); stroke-dasharray: 2 5; }
.wide { max-width: 60rem; } .narrow { display: none; max-width: 26rem; }
@media (min-width: 52.01rem) {
  tbody th { min-width: 7.5rem; }
  .state, .short { white-space: nowrap; }
}
@media (max-width: 52rem) {
  body { padding: 1rem .75rem 1.5rem; }
  section { padding: .85rem .75rem; }
  .wide { display: none; } .narrow { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, th, td, caption { display: block; }
  tbody tr { border-top: 1px solid var(--line); padding: .5rem 0; }
  tbody th, td { border: 0; padding: .1rem 0; }
  td[data-column] { display: flex; gap: .5rem; }
  td[data-column]::before { content: attr(data-column); content: attr(data-column) / ""; flex: 0 0 6.5rem; color: var(--muted); font-size: .875rem; }
}
@media print { body { background: none; } section { break-inside: avoid; } }
`);
