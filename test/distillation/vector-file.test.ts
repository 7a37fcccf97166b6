import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sampleRows, writeProjected } from "../../src/distillation/vector-file.js";
import { npyFormat } from "../../src/embeddings/binary-formats.js";
import { float16ToFloat32, float32ToFloat16 } from "../../src/math/float16.js";
import { createRandom } from "../../src/math/random.js";
import { freshFolder } from "../support/cli.js";

const folder = freshFolder();
const [rows, cols] = [5000, 6];
const random = createRandom(5);
const bits = float32ToFloat16(Float32Array.from({ length: rows * cols }, () => random.normal()));
const source = { path: join(folder, "teacher.npy"), rows, cols };
const layout = { rows, cols, type: "float16", columns: [], metadata: {} } as const;
const header = npyFormat.header(layout);
writeFileSync(source.path, Buffer.concat([header, new Uint8Array(bits.buffer)]));

/** The first and the mean of the second and third number. */
const h = Math.SQRT1_2;
const directions = {
  rows: 2,
  cols,
  data: Float32Array.from([1, 0, 0, 0, 0, 0, 0, h, h, 0, 0, 0]),
};

describe("writeProjected", () => {
  it("writes each row in the directions, of unit length", async () => {
    const path = join(folder, "targets.npy");
    const written = await writeProjected(source, directions, { path });
    expect(written).toEqual({ path, rows, cols: 2 });
    const bytes = readFileSync(path);
    const body = bytes.subarray(bytes.length - rows * 4);
    const found = float16ToFloat32(new Uint16Array(Uint8Array.from(body).buffer));
    const x = float16ToFloat32(bits);
    for (const i of [0, 17, 4095, 4096, 4999]) {
      const [a, b] = [x[i * cols], h * (x[i * cols + 1] + x[i * cols + 2])];
      expect(found[2 * i]).toBeCloseTo(a / Math.hypot(a, b), 3);
      expect(found[2 * i + 1]).toBeCloseTo(b / Math.hypot(a, b), 3);
    }
  });

  it("stops when it is told to, and leaves nothing", async () => {
    const path = join(folder, "interrupted.npy");
    const signal = AbortSignal.abort();
    await expect(writeProjected(source, directions, { path, signal })).rejects.toThrow(
      "interrupted",
    );
    expect(existsSync(path)).toBe(false);
  });
});

it("refuses a file that is cut short, whose missing vectors would be taught as zeros", async () => {
  const path = join(folder, "cut.npy");
  writeFileSync(path, readFileSync(source.path).subarray(0, -5));
  const cut = { ...source, path };
  const to = join(folder, "cut-targets.npy");
  for (const use of [
    () => sampleRows(cut, rows),
    () => writeProjected(cut, directions, { path: to }),
  ])
    await expect(use()).rejects.toMatchObject({ code: "cut-short", at: { file: path } });
  expect(existsSync(to)).toBe(false);
  expect((await sampleRows(cut, 10)).rows).toBe(10);
});
