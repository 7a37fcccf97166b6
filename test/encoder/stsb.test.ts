import { existsSync, readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { loadEncoder } from "../../src/encoder/load.js";
import { spearman } from "../../src/math/statistics.js";
import { openRuntime } from "../../src/runtime/runtime.js";

const data = "../shared/data/stsb/dev.csv";
const large = "../shared/models/all-MiniLM-L6-v2";

interface Row {
  readonly sentence1: string;
  readonly sentence2: string;
  readonly score: string;
}

/** Spearman's correlation x100 of cosine and score over the development part of STS Benchmark (1,500 pairs). */
async function stsDev(model: string | undefined): Promise<number> {
  const rows = parse(readFileSync(data, "utf8"), { columns: true }) as Row[];
  const runtime = await openRuntime();
  const encoder = await loadEncoder({ model, runtime });
  const texts = [...rows.map((row) => row.sentence1), ...rows.map((row) => row.sentence2)];
  const { data: vectors, cols } = await encoder.encode(texts);
  await runtime.close();
  const cosines = rows.map((_, i) => {
    let dot = 0;
    for (let k = 0; k < cols; k++)
      dot += vectors[i * cols + k] * vectors[(rows.length + i) * cols + k];
    return dot;
  });
  return (
    100 *
    spearman(
      cosines,
      rows.map((row) => Number(row.score)),
    )
  );
}

describe.skipIf(!existsSync(data))("STS Benchmark dev (needs ../shared/data)", () => {
  it("the bundled encoder has what models/README.md says", async () => {
    const table = readFileSync("models/README.md", "utf8");
    const [, stated] = /^\| embtune-mini-en \| ([\d.]+) \|/m.exec(table) ?? [];
    expect(await stsDev(undefined)).toBeCloseTo(Number(stated), 2);
  }, 120_000);
});

describe.skipIf(!existsSync(data) || !existsSync(large))(
  "STS Benchmark dev (needs ../shared/data and ../shared/models)",
  () => {
    it("all-MiniLM-L6-v2 has 86.72", async () => {
      expect(await stsDev(large)).toBeCloseTo(86.72, 2);
    }, 240_000);
  },
);
