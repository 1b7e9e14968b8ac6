"""What the page of failure coverage has of style and script."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The page loads nothing and sends nothing."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --ok: #1a7f37; --bad: #cf222e;
 --late: #9a6700; --ok-soft: #1a7f3718; --bad-soft: #cf222e14; --link: #0860c4; --page: #fff; --quiet: #59636e; }
@media (prefers-color-scheme: dark) { :root { --ok: #3fb950; --bad: #ff7b72; --late: #d29922;
 --ok-soft: #3fb9501c; --bad-soft: #ff7b721c; --link: #58a6ff; --page: #0d1117; --quiet: #9198a1; } }
body { background: var(--page); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; font-weight: 500; margin: 0; } a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; } meter { width: 100%; height: 1rem; margin: .5rem 0 0; }
code { font-family: ui-monospace, monospace; font-size: .9em; } .note { color: var(--quiet); font-size: .9em; }
form { position: sticky; top: 0; background: var(--page); padding: .6rem 0; border-bottom: 1px solid var(--line);
 display: flex; gap: 1rem; align-items: center; flex-wrap: wrap; z-index: 1; }
form[hidden] { display: none; } input, select { font: inherit; padding: .15rem .4rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem; }
td, th { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0; text-align: left;
 vertical-align: top; } th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--link); }
td.number, th.number { text-align: right; padding-right: 1.6rem; }
th[aria-sort=ascending] button::after { content: " ▲"; font-size: .7em; }
th[aria-sort=descending] button::after { content: " ▼"; font-size: .7em; }
.ok { color: var(--ok); } .bad { color: var(--bad); } .flag { color: var(--late); font-size: .9em; }
.mark { font-weight: 700; } .kind { background: var(--soft); border: 1px solid var(--line);
 border-radius: 1em; padding: 0 .5em; font-size: .85em; white-space: nowrap; }
details { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 1rem; overflow: hidden; }
summary { cursor: pointer; padding: .4rem .8rem; background: var(--soft); }
.source { min-width: max-content; padding: .3rem 0; } .line { display: flex; }
.line code { white-space: pre; tab-size: 4; padding-right: 1rem; }
.at { flex: none; width: 4rem; padding-right: 1rem; text-align: right; color: var(--quiet);
 font: .85em/1.7 ui-monospace, monospace; border-left: 3px solid transparent; box-sizing: border-box; }
.line.met, .told.met { background: var(--ok-soft); } .line.met .at { border-color: var(--ok); }
.line.unmet, .told.unmet { background: var(--bad-soft); } .line.unmet .at { border-color: var(--bad); }
.told { padding: .1rem 1rem .3rem 4rem; font-size: .9em; scroll-margin-top: 5rem;
 box-sizing: border-box; width: 0; min-width: 100%; }
.told:target { outline: 2px solid var(--link); outline-offset: -2px; }
.gap { color: var(--quiet); padding-left: 2.4rem; } [hidden] { display: none !important; }
@media print { form { display: none; } }
"""

SCRIPT = """
const rows = [...document.querySelectorAll("#sites tbody tr")];
const text = document.getElementById("text"), which = document.getElementById("which");
document.querySelector("form").hidden = false;
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
function filter() {
  const words = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const content = row.textContent.toLowerCase();
    const fits = !which.value || row.dataset.state.split(" ").includes(which.value);
    row.hidden = !fits || !words.every((word) => content.includes(word));
    shown += !row.hidden;
    const link = row.querySelector("a");
    if (link) document.querySelector(link.hash).hidden = row.hidden;
  }
  for (const file of document.querySelectorAll("details"))
    file.hidden = ![...file.querySelectorAll(".told")].some((told) => !told.hidden);
  document.getElementById("count").textContent = `${shown} of ${rows.length}`;
}
text.addEventListener("input", filter);
which.addEventListener("change", filter);
const heads = [...document.querySelectorAll("#sites th")];
heads.forEach((head, column) => head.firstChild.addEventListener("click", () => {
  const cell = (row) => row.cells[column].dataset.sort ?? row.cells[column].textContent;
  const numbers = rows.every((row) => !isNaN(cell(row)));
  const was = head.getAttribute("aria-sort");
  const up = was ? was === "descending" : !numbers;
  for (const other of heads) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const compare = (a, b) => numbers ? cell(a) - cell(b) : cell(a).localeCompare(cell(b));
  rows.sort((a, b) => (up ? 1 : -1) * compare(a, b));
  document.querySelector("#sites tbody").append(...rows);
}));
filter();
"""
