import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EmbedEvent } from "../../src/embeddings/embed-event.js";
import { InterruptedError } from "../../src/errors/interrupted.js";
import { embed } from "../../src/jobs/embed.js";
import { bundled } from "../support/bundled.js";

const folder = mkdtempSync(join(tmpdir(), "embed "));
const data = join(folder, "texts.txt");
writeFileSync(data, Array.from({ length: 5000 }, (_, i) => `text ${i}\n`).join(""));

/** Embeds; aborts once so many texts are done. */
async function run(name: string, stopAt = Number.POSITIVE_INFINITY, source = data) {
  const controller = new AbortController();
  const notes: string[] = [];
  let before = 0;
  const onEvent = (event: EmbedEvent): void => {
    if (event.type === "note") notes.push(event.message);
    if (event.type !== "written") return;
    before = event.before;
    if (event.rows >= stopAt) controller.abort();
  };
  const out = join(folder, name);
  const manifest = await embed({ data: source, out, onEvent, signal: controller.signal });
  return { manifest, notes, before };
}

describe("an interrupted export", () => {
  it("goes on where it stopped, to the same bytes", async () => {
    await run("whole.npy");
    await expect(run("broken.npy", 2048)).rejects.toThrow(InterruptedError);
    expect(existsSync(join(folder, "broken.npy"))).toBe(false);
    expect(readdirSync(folder)).toContain("broken.npy.partial");
    const { notes, before } = await run("broken.npy");
    expect(before).toBeGreaterThanOrEqual(2048);
    expect(notes).toEqual([`going on after ${before} texts of an export that was interrupted`]);
    const [whole, broken] = ["whole.npy", "broken.npy"].map((name) =>
      readFileSync(join(folder, name)),
    );
    expect(broken.equals(whole)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("begins anew where the texts have changed, and says so", async () => {
    await expect(run("changed.npy", 2048)).rejects.toThrow(
      /^interrupted; \d+ of 5000 vectors are kept in .*changed\.npy\.partial/,
    );
    const other = join(folder, "other.txt");
    writeFileSync(other, "one\ntwo\n");
    const { manifest, notes } = await run("changed.npy", undefined, other);
    expect(manifest.rows).toBe(2);
    expect(notes.join()).toContain("of other texts, model or options is thrown away");
    expect(readFileSync(join(folder, "changed.npy")).length).toBe(128 + 2 * bundled.width * 4);
  });
});
