import { describe, expect, it } from "vitest";
import { inspectFiles } from "../../src/dataset/inspect/inspect-files.js";
import { formatInspection } from "../../src/report/inspection.js";
import { inspectionPage } from "../../src/report/inspection-page.js";
import { temporaryFile } from "../dataset/temporary-files.js";

const inspection = async () =>
  inspectFiles([
    temporaryFile("sentence1,sentence2,score\n<b>,b & c,0\nc,d,4.5\nc,d,4.5\n", "one.csv"),
    temporaryFile("text,<label>\nc,x\ne,y\n".replace("<label>", "label"), "two.csv"),
  ]);

describe("inspection reports", () => {
  it("tell in text what was found and what to do", async () => {
    const text = formatInspection(await inspection());
    expect(text).toContain('anchor "sentence1" · positive "sentence2" · score "score"');
    expect(text).toContain("from 0 to 4.5, mean 3.000, scale 0–5");
    expect(text).toContain("1  rows that repeat an earlier row (first on line 4)");
    expect(text).toContain("→ data prepare --dedupe leaves them out");
    expect(text).toContain("shares texts with");
  });

  it("are a page of its own, with bars, without a script and with escaped names", async () => {
    const found = await inspection();
    const html = inspectionPage({
      ...found,
      files: found.files.map((file) => ({ ...file, notes: ["<script>alert(1)</script>"] })),
    });
    expect(html).toContain("<svg");
    expect(html).toContain("&lt;script&gt;alert(1)");
    expect(html).not.toMatch(/<script|https?:/);
    expect(html.match(/<svg/g)?.length).toBe(5);
  });
});
