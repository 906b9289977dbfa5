# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How reports look: on a wide screen, on a phone, in the dark and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --dim: #5b636b; --line: #d8dce0; --paper: #fff; --good: #1a7f4b; --bad: #c0262d;
  --open: #96630a; --canary: #c2570c; --live: #2463b5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --dim: #a3abb3; --line: #3a4046; --paper: #16191c; --good: #4cc38a;
  --bad: #ff7a80; --open: #e0a93f; --canary: #ff9a4d; --live: #70a8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.lead { border-left: .3rem solid var(--open); padding: .5rem .8rem; margin: 0 0 1rem; overflow-wrap: anywhere;
  white-space: pre-line; }
.lead.pass { border-color: var(--good); } .lead.fail { border-color: var(--bad); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem 1.2rem; margin: 0; }
dt { color: var(--dim); font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; }
.four dd { font-size: 1.3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; color: var(--dim); padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; } td[data-head="Release"] { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
td[data-head="Why"] { white-space: pre-line; overflow-wrap: anywhere; min-width: 14rem; }
tr.pass td[data-head="Verdict"] { color: var(--good); } tr.fail td[data-head="Verdict"] { color: var(--bad); font-weight: 600; }
tr.inconclusive td[data-head="Verdict"] { color: var(--open); font-weight: 600; }
a { color: var(--live); }
figure { margin: 1rem 0; overflow-x: auto; } figcaption { color: var(--dim); font-size: .9rem; }
svg { width: 100%; min-width: 26rem; height: auto; display: block; }
polyline { fill: none; stroke-width: 2; } polyline.canary { stroke: var(--canary); }
polyline.live { stroke: var(--live); stroke-dasharray: 5 3; }
.grid { stroke: var(--line); } .mark { stroke: var(--dim); stroke-dasharray: 2 3; }
.mark.fail { stroke: var(--bad); stroke-dasharray: none; }
.tick { fill: var(--dim); font-size: 11px; }
.legend span { margin-right: 1.2rem; }
.legend span::before { content: ""; display: inline-block; width: 1.4rem; border-top: 3px solid;
  margin-right: .4rem; vertical-align: middle; }
.legend .canary::before { border-color: var(--canary); }
.legend .live::before { border-color: var(--live); border-top-style: dashed; }
@media (max-width: 40rem) {
  thead { position: absolute; clip-path: inset(50%); } table, tbody, tr, caption { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { display: inline-block; border: 0; padding: 0 1rem 0 0; white-space: normal; }
  td[data-head="Why"] { display: block; min-width: 0; }
  td:empty { display: none; }
  tr td::before { content: attr(data-head) " "; color: var(--dim); font-weight: 400; font-size: .8rem; }
}
@media print { body { font-size: 11pt; } main { max-width: none; padding: 0; } .wide { overflow: visible; }
  figure, tr { break-inside: avoid; } }
"""
