/** Colours of text on its ground have a contrast of at least 4.5, in both themes. */
export const light =
  "--ink:#1c2024;--soft:#5a6068;--paper:#fff;--card:#f7f8f9;--line:#e3e6e9;--rule:#b4bac1;--link:#0b5cad;--good:#1a7340;--bad:#b3261e;--base:#8a9099;--tuned:#0b6bcb;" +
  "--c0:#0b6bcb;--c1:#d9480f;--c2:#2b8a3e;--c3:#9c36b5;--c4:#c2255c;--c5:#0c8599;--c6:#a07900;--c7:#5f3dc4;--c8:#6b4f3a;--c9:#868e96";
const dark =
  "--ink:#e6e8ea;--soft:#a7aeb6;--paper:#15181b;--card:#1d2125;--line:#31373d;--rule:#5b636c;--link:#7ab8ff;--good:#63d28d;--bad:#ff8f87;--base:#8c949d;--tuned:#4da3ff;" +
  "--c0:#4da3ff;--c1:#ff8a4c;--c2:#5fd077;--c3:#d68cf0;--c4:#ff7fab;--c5:#3fc9dd;--c6:#e0b93a;--c7:#a58bff;--c8:#c9a48a;--c9:#aeb5bc";

/** The style of every page that embtune writes: light and dark by the reader's setting, readable on a phone and on paper. */
export const pageStyle = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0;color:var(--ink);background:var(--paper)}
main{max-width:76rem;margin:0 auto;padding:1.5rem 1rem 4rem}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem;padding-bottom:.25rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
h3{font-size:.95rem;margin:0 0 .5rem}
p{margin:.4rem 0}a{color:var(--link)}
.lead{font-size:1.05rem;max-width:60rem}.note,.panel,figcaption{color:var(--soft)}.panel{margin:0;font-size:.85rem}
.hash{word-break:break-all}.good{color:var(--good)}.bad{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:1rem 0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.6rem .8rem;min-width:0}
.tiles dt{color:var(--soft);font-size:.8rem}.tiles dd{margin:0;font-size:1.3rem;font-weight:600;overflow-wrap:anywhere}.tiles small{display:block;font-weight:400;font-size:.8rem;color:var(--soft)}
.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:1rem;align-items:start;margin-top:.75rem}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem;min-width:0}
@media (min-width:48rem){figure.wide{grid-column:span 2}figure.map{grid-row:span 2}}
.panels{display:flex;flex-wrap:wrap;gap:1rem 2rem}.panels>div{flex:1 1 18rem;min-width:0;max-width:100%}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-family:system-ui,sans-serif}
.views{border:0;margin:0 0 .5rem;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem;font-size:.85rem}.views legend{float:left;padding:0;margin-right:1rem;color:var(--soft)}.views label{cursor:pointer}
figure:has(.view-0:checked) .panels~.panels,figure:has(.view-1:checked) .views+.panels{display:none}
figcaption{font-size:.85rem;margin-top:.5rem;max-width:70ch}
details{margin-top:.5rem;font-size:.85rem}summary{cursor:pointer;color:var(--link)}
summary:focus-visible,.scroll:focus-visible,a:focus-visible,.points:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.scroll{overflow:auto;max-width:100%}details .scroll{max-height:28rem}
.figures+.scroll{margin-top:1rem}.scroll+h3,dl+h3{margin-top:1.25rem}
table{border-collapse:collapse;margin:.4rem 0;font-size:.9em}th,td{padding:.25rem .9rem .25rem 0;text-align:left;vertical-align:top}
th{border-bottom:1px solid var(--rule);font-weight:600;white-space:nowrap}td{border-bottom:1px solid var(--line)}
td bdi{display:inline-block;overflow-wrap:anywhere;min-width:min(14rem,50vw)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
dl{display:grid;grid-template-columns:minmax(7rem,max-content) 1fr;gap:.2rem 1rem;margin:.4rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere;min-width:0}
.tiles dl,.tiles{margin:1rem 0}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.8rem;overflow:auto}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));gap:0 2rem}.columns>*{min-width:0}
.tip{margin:.5rem 0 0;min-height:3em;font-size:.9rem;overflow-wrap:anywhere}
.points path.on{stroke:var(--ink);stroke-width:2px;fill-opacity:1;opacity:1}
@media (max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.4rem}.tiles dd{font-size:1.1rem}}
@media print{:root{${light}}main{max-width:none;padding:0}figure,.tiles div{break-inside:avoid}.scroll{max-height:none;overflow:visible}body{font-size:11px}.tip,.views{display:none}}
`;
