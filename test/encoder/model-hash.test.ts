import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileHash, modelHash } from "../../src/encoder/model-hash.js";
import { temporaryFolder, tiny, writeFiles } from "./model-copy.js";

describe("hashes", () => {
  it("of a file are its SHA-256, also after it changed", async () => {
    const path = join(tiny, "tokenizer.json");
    expect(await fileHash(path)).toBe(
      createHash("sha256").update(readFileSync(path)).digest("hex"),
    );
    const folder = temporaryFolder();
    writeFiles(folder, { file: "one" });
    const before = await fileHash(join(folder, "file"));
    appendFileSync(join(folder, "file"), " and more");
    expect(await fileHash(join(folder, "file"))).not.toBe(before);
  });

  it("of a model depend on every file and on the settings", async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { a: "1", b: "2", c: "1" });
    const [a, b, c] = ["a", "b", "c"].map((name) => join(folder, name));
    const base = await modelHash([a, b], { pooling: "mean" });
    expect(await modelHash([c, b], { pooling: "mean" })).toBe(base);
    expect(await modelHash([b, a], { pooling: "mean" })).not.toBe(base);
    expect(await modelHash([a, b], { pooling: "cls" })).not.toBe(base);
  });

  it("of a file that is not there is an error that names it", async () => {
    await expect(fileHash("no/such/file")).rejects.toMatchObject({
      name: "UserError",
      at: { file: "no/such/file" },
    });
  });
});
