import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { openRecords } from "../../src/dataset/readers/open-records.js";
import { sha256File, writeReporting } from "../../src/files/files.js";
import { reportWait, type Wait, watchWaits } from "../../src/files/progress.js";
import { writeTensors } from "../../src/files/tensor-file.js";

const folder = mkdtempSync(join(tmpdir(), "embtune-progress-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, "rows.csv");
const text = `anchor,positive\n${Array.from({ length: 6_000 }, (_, i) => `${"first ".repeat(30)}${i},second ${i}`).join("\n")}\n`;
writeFileSync(file, text);

/** All that is told while `work` runs. */
async function waitsOf(work: () => Promise<unknown>): Promise<Wait[]> {
  const told: Wait[] = [];
  const unwatch = watchWaits((wait) => told.push(wait));
  await work().finally(unwatch);
  return told;
}

async function readAll(path: string): Promise<void> {
  for await (const _ of (await openRecords(path)).records());
}

describe("waits", () => {
  it("tell the stored bytes of a file that is read, more and more up to its size, and then the end", async () => {
    const told = await waitsOf(() => readAll(file));
    const counts = told.map(({ done }) => done);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(new Set(counts).size).toBeGreaterThan(3);
    const { title, unit, total } = told[0];
    expect({ title, unit, total }).toEqual({
      title: `reading ${file}`,
      unit: "bytes",
      total: text.length,
    });
    expect(told.at(-1)).toMatchObject({ done: text.length, ended: true });
    expect(told.filter(({ ended }) => ended)).toHaveLength(1);
  });

  it("count compressed bytes of a compressed file", async () => {
    const packed = join(folder, "rows.csv.gz");
    const bytes = gzipSync(text);
    writeFileSync(packed, bytes);
    const last = (await waitsOf(() => readAll(packed))).at(-1);
    expect(last).toMatchObject({ done: bytes.length, total: bytes.length, ended: true });
  });

  it("end where a file is left before its end", async () => {
    const told = await waitsOf(async () => {
      const source = await openRecords(file);
      source.close();
    });
    expect(told.at(-1)).toMatchObject({ ended: true });
  });

  it("tell of hashing and of writing", async () => {
    const bytes = new Uint8Array(9_000_000).fill(7);
    const tensor = { dtype: "float32" as const, shape: [2], data: new Float32Array([1, 2]) };
    const told = await waitsOf(async () => {
      await sha256File(file);
      await writeReporting(join(folder, "model.onnx"), bytes);
      await writeTensors(join(folder, "some.safetensors"), new Map([["w", tensor]]));
    });
    const last = (title: string) => told.findLast((wait) => wait.title === title);
    expect(last(`hashing ${file}`)).toMatchObject({ done: text.length, ended: true });
    expect(last("writing model.onnx")).toMatchObject({ done: bytes.length, ended: true });
    expect(last("writing some.safetensors")).toMatchObject({ ended: true });
    expect(await sha256File(join(folder, "model.onnx"))).toMatch(/^[0-9a-f]{64}$/);
  });

  it("end once, and are told to nobody without a listener", async () => {
    const told = await waitsOf(async () => {
      const report = reportWait("a", "texts", 2);
      report.add(2);
      report.end();
      report.end();
      report.add(1);
    });
    expect(told.map(({ done, ended }) => [done, ended])).toEqual([
      [2, false],
      [2, true],
    ]);
    expect(() => reportWait("c", "texts", 1).add(1)).not.toThrow();
    expect(told).toHaveLength(2);
  });
});
