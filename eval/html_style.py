"""How the page of a run looks: on phones and desks, in light and in darkness."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --muted: #57606a; --line: #d9dee3;
  --paper: #fff; --page: #f6f7f8; --accent: #0072b2; --shade: #0003; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --muted: #9aa4ae;
  --line: #39424c; --paper: #1d2329; --page: #14181c; --accent: #6fb1de;
  --shade: #fff4; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 0 0 1rem; }
.lead { font-size: 2.2rem; font-weight: 700; line-height: 1.2; margin: .5rem 0;
  color: var(--accent); }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none;
  padding: 0; margin: 0 0 1rem; color: var(--muted); }
section { background: var(--paper); border: 1px solid var(--line);
  border-radius: .5rem; padding: 1rem; margin: 1rem 0; }
summary { cursor: pointer; color: var(--muted); margin-bottom: .5rem; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto;
  background: #fff; border-radius: .25rem; }
/* A shadow at either end tells that there is more; at the end itself it is covered. */
.scroll { overflow-x: auto; background:
  linear-gradient(90deg, var(--paper) 40%, transparent) 0 0 / 2rem 100% no-repeat local,
  linear-gradient(270deg, var(--paper) 40%, transparent) 100% 0 / 2rem 100% no-repeat
    local,
  linear-gradient(90deg, var(--shade), transparent) 0 0 / .75rem 100% no-repeat scroll,
  linear-gradient(270deg, var(--shade), transparent) 100% 0 / .75rem 100% no-repeat
    scroll; }
.says { display: none; color: var(--muted); margin: .75rem 0 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  margin-bottom: 1rem; }
caption { text-align: left; color: var(--muted); padding-bottom: .25rem; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--line);
  text-align: right; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; }
.texts th, .texts td { text-align: left; vertical-align: top; }
.texts td { white-space: normal; overflow-wrap: anywhere; min-width: 5rem; }
tbody th { font-weight: 400; }
pre { overflow-x: auto; margin: 0; font-size: .875rem; }
dl { display: grid; grid-template-columns: fit-content(35%) 1fr; gap: .25rem 1rem; }
dt { color: var(--muted); overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  main { padding: 1rem .5rem 3rem; } section { padding: .75rem; }
  .lead { font-size: 1.8rem; } .says { display: block; }
  table { font-size: .875rem; } th, td { padding: .3rem .4rem; }
  thead th { white-space: normal; vertical-align: bottom; }
  dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
"""
