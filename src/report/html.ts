/** Text as HTML shows it. Control characters, which HTML may not hold, become U+FFFD; tabs and line breaks stay. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[^\P{Cc}\t\n\r]/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

const barHeight = 18;
const labelWidth = 150;
const barWidth = 320;

/** A chart of horizontal bars as an SVG image; the counts stand behind the bars, and as a tooltip. */
export function barChart(
  bars: readonly { readonly label: string; readonly count: number }[],
): string {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const height = bars.length * barHeight;
  const parts = bars.map(({ label, count }, i) => {
    const y = i * barHeight;
    const width = (barWidth * count) / most;
    const text = escapeHtml(label.length > 22 ? `${label.slice(0, 21)}…` : label);
    return (
      `<text x="${labelWidth - 8}" y="${y + 13}" text-anchor="end">${text}</text>` +
      `<rect x="${labelWidth}" y="${y + 2}" width="${width.toFixed(1)}" height="${barHeight - 4}">` +
      `<title>${escapeHtml(label)}: ${count}</title></rect>` +
      `<text x="${(labelWidth + width + 6).toFixed(1)}" y="${y + 13}">${count}</text>`
    );
  });
  const width = labelWidth + barWidth + 80;
  return `<svg class="bars" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join("")}</svg>`;
}

const style = `
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1rem;margin-bottom:.3rem}
table{border-collapse:collapse;margin:.5rem 0}th,td{padding:.2rem .8rem .2rem 0;text-align:left;vertical-align:top}
th{border-bottom:1px solid #bbb;font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.bars{display:block;margin:.3rem 0 1rem}.bars text{font-size:12px;fill:#333}.bars rect{fill:#3b6ea5}
.note{color:#555}
@media (prefers-color-scheme:dark){body{color:#ddd;background:#181818}th{border-color:#555}.bars text{fill:#ccc}.bars rect{fill:#6fa3d8}.note{color:#aaa}}
`;

/** A whole page in one file: no script, nothing fetched. */
export function htmlPage(title: string, body: string): string {
  return (
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${escapeHtml(title)}</title>\n` +
    `<style>${style}</style>\n</head>\n<body>\n${body}\n</body>\n</html>\n`
  );
}

/** A table; cells are HTML already, and columns whose title begins with "#" hold numbers. */
export function htmlTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const kind = (i: number): string => (titles[i]?.startsWith("#") ? ' class="n"' : "");
  const head = titles.map(
    (title, i) => `<th${kind(i)}>${escapeHtml(title.replace(/^#/, ""))}</th>`,
  );
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell, i) => `<td${kind(i)}>${cell}</td>`).join("")}</tr>`,
  );
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}
