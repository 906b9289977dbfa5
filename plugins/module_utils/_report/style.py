# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How reports look: on a wide screen, on a phone, in the dark and on paper."""

from __future__ import annotations

LIGHT = """color-scheme: light dark; --ink: #1c2024; --dim: #5b636b; --line: #d8dce0; --paper: #fff; --shade: #f3f5f7;
  --good: #1a7f4b; --bad: #c0262d; --open: #96630a; --canary: #c2570c; --live: #2463b5;"""
DARK = """--ink: #e8eaed; --dim: #a3abb3; --line: #3a4046; --paper: #16191c; --shade: #20252a;
  --good: #4cc38a; --bad: #ff7a80; --open: #e0a93f; --canary: #ff9a4d; --live: #70a8ff;"""

STYLE = f"""
:root {{ {LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {DARK} }} }}
@media print {{ :root {{ {LIGHT} color-scheme: light; }} }}
"""
STYLE += """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 74rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 1rem 0 .3rem; overflow-wrap: anywhere; }
.lead { border-left: .3rem solid var(--open); padding: .5rem .8rem; margin: 0 0 1.2rem; overflow-wrap: anywhere; }
.lead.pass { border-color: var(--good); } .lead.fail { border-color: var(--bad); }
.lead p { margin: 0 0 .4rem; white-space: pre-line; } .lead p:last-child { margin: 0; }
.outcome { font-size: 1.2rem; font-weight: 600; }
pre { background: var(--shade); padding: .5rem .8rem; margin: 0; font-size: .85rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .6rem 1.2rem; margin: 0; }
dt { color: var(--dim); font-size: .85rem; } dd { margin: 0; overflow-wrap: anywhere; }
.four dd { font-size: 1.3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; color: var(--dim); padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); }
td { white-space: nowrap; }
td[data-head="Host"] { white-space: normal; overflow-wrap: anywhere; min-width: 5rem; }
td[data-head="Release"], td[data-head="Who"] { white-space: normal; overflow-wrap: anywhere; min-width: 8rem; }
td[data-head="Why"] { white-space: pre-line; overflow-wrap: anywhere; min-width: 14rem; }
tr.pass td[data-head="Verdict"] { color: var(--good); } tr.fail td[data-head="Verdict"] { color: var(--bad); font-weight: 600; }
tr.inconclusive td[data-head="Verdict"], tr.unfinished td[data-head="Verdict"] { color: var(--open); font-weight: 600; }
a { color: var(--live); }
.bar { display: block; width: 100%; min-width: 8rem; height: .4rem; margin-top: .25rem; print-color-adjust: exact; }
.whole { fill: var(--line); } rect.pass { fill: var(--good); } rect.fail { fill: var(--bad); }
rect.inconclusive { fill: var(--open); }
figure { margin: 1rem 0; } figcaption { color: var(--dim); font-size: .9rem; }
figure svg { width: 100%; max-width: 45rem; height: auto; display: block; }
polyline { fill: none; stroke-width: 2; } polyline.canary { stroke: var(--canary); }
polyline.live { stroke: var(--live); stroke-dasharray: 5 3; }
.grid { stroke: var(--line); } .mark { stroke: var(--dim); stroke-dasharray: 2 3; }
.mark.fail { stroke: var(--bad); stroke-dasharray: none; }
polyline.measured { stroke: var(--live); } circle.measured { fill: var(--live); } circle.over { fill: var(--bad); }
.target { stroke: var(--open); stroke-width: 2; stroke-dasharray: 8 5; }
.tick { fill: var(--dim); font-size: 16px; }
.legend span { margin-right: 1.2rem; }
.legend span::before { content: ""; display: inline-block; width: 1.4rem; border-top: 3px solid;
  margin-right: .4rem; vertical-align: middle; }
.legend .canary::before { border-color: var(--canary); }
.legend .live::before { border-color: var(--live); border-top-style: dashed; }
@media (max-width: 40rem) {
  dl { grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
  .tick { font-size: 21px; }
  .wide { position: relative; } thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, caption { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  td { display: inline-block; border: 0; padding: 0 1rem 0 0; white-space: normal; }
  td[data-head="Why"], td[data-head="Took"]:has(svg) { display: block; min-width: 0; }
  td:empty { display: none; } .bar { margin-bottom: .4rem; }
  tr td::before { content: attr(data-head) " "; color: var(--dim); font-weight: 400; font-size: .8rem; }
}
@media (max-width: 30rem) { .tick { font-size: 31px; } }
@page { margin: 1.5cm; }
@media print {
  body { font-size: 11pt; } main { max-width: none; padding: 0; } .wide { overflow: visible; } table { font-size: 8pt; }
  td { white-space: normal; } td[data-head] { min-width: 0; } .bar { min-width: 4rem; }
  th, td { padding-right: .5rem; } figure, tr, h3 { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
}
"""
