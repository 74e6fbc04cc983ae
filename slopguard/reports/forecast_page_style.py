"""The style of the page: light and dark, narrow and wide, and on paper.

Invariant: nothing is fetched: no import, no address, no font of another place; the page's policy names this very text
by its digest.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

STYLE = """
:root { color-scheme: light dark; --ink: #1a1c20; --dim: #565c66; --paper: #fff; --card: #f5f6f8; --line: #c9cdd4;
  --strong: #0b57a4; --alarm: #a11414; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaee; --dim: #a9b0bb; --paper: #15171b; --card: #1e2127;
  --line: #424853; --strong: #86bbf5; --alarm: #ff9d94; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 72rem; padding: 1.25rem 1rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p, ul { margin: .5rem 0; max-width: 44rem; }
.dim, caption { color: var(--dim); }
.alarm { color: var(--alarm); font-weight: 600; }
code { font: .95em/1.3 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .5rem; margin: 1rem 0; }
dl.facts div { background: var(--card); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .75rem; }
dt { color: var(--dim); font-size: .85rem; }
dd { margin: 0; font-size: 1.25rem; font-weight: 600; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 2rem;
  align-items: start; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .92rem; }
caption { text-align: left; padding: .25rem 0; }
.names caption { color: var(--ink); font-weight: 600; }
th, td { text-align: left; vertical-align: top; padding: .22rem .6rem .22rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--dim); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
td { font-variant-numeric: tabular-nums; }
td time, .number { white-space: nowrap; }
.names th:first-child { width: 3.4em; color: var(--dim); font-variant-numeric: tabular-nums; }
.names :is(th, td):nth-child(2) { width: 55%; }
.names tbody :is(th, td):not(:nth-child(2)) { white-space: nowrap; }
.charts td:nth-child(2) { width: 45%; min-width: 8rem; }
svg { display: block; width: 100%; }
svg.row { height: 1.4em; overflow: visible; }
svg.curve { max-width: 36rem; height: auto; margin: .25rem 0; }
svg text { font: 12px system-ui, sans-serif; fill: var(--dim); }
svg path { fill: none; vector-effect: non-scaling-stroke; stroke-linecap: round; }
.rule { stroke: var(--line); stroke-width: 1px; }
.range { stroke: var(--strong); stroke-width: 2px; }
.dot { stroke: var(--strong); stroke-width: 9px; }
.fewer { stroke-dasharray: 5 4; }
.hole { stroke: var(--paper); stroke-width: 5px; }
@media screen and (max-width: 40rem) {
  body { padding: .75rem .75rem 2rem; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, caption, tbody { display: block; }
  tbody tr { display: flex; flex-wrap: wrap; gap: 0 .9rem; border-bottom: 1px solid var(--line); padding: .35rem 0; }
  tbody :is(th, td) { border: 0; padding: .05rem 0; }
  td:empty { display: none; }
  td[data-head]::before { content: attr(data-head) ": "; color: var(--dim); }
  table:not(.names) tbody th, .charts td:nth-child(2) { flex: 1 0 100%; }
  table:not(.names) tbody th { font-weight: 600; }
  .names tbody th:first-child { flex: 0 0 2.6rem; width: auto; }
  .names tbody td:nth-child(2) { flex: 1 1 8rem; width: auto; }
  .names tbody td:last-child { order: 1; }
  .names tbody td:nth-child(n + 3):not(:last-child) { order: 2; }
  .names tbody td:nth-child(n + 3):not(:last-child) { margin-left: 3.5rem; }
  .charts td:nth-child(2) { width: 100%; }
  .charts td:nth-child(2)::before, .names td:is(:nth-child(2), :last-child)::before { content: none; }
}
@media print {
  :root { --ink: #000; --dim: #333; --paper: #fff; --card: #fff; --line: #999; --strong: #000; --alarm: #000; }
  @page { size: A4; margin: 15mm 14mm; }
  html { font-size: 8.5pt; }
  body { max-width: none; padding: 0; }
  p, ul { max-width: none; }
  .pair { grid-template-columns: 1fr 1fr; gap: 0 7mm; }
  h2, h3, caption { break-after: avoid; }
  tr, svg, dl.facts div, li { break-inside: avoid; }
  thead { display: table-header-group; }
  dl.facts { grid-template-columns: repeat(5, 1fr); }
  svg.curve { max-width: 100mm; }
  .alarm { text-decoration: underline; }
}
"""


def policy() -> str:
    """The page's content security policy: this style, and nothing else, from nowhere."""
    digest = b64encode(sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
