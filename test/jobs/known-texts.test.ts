import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { seenBy, sharedTexts } from "../../src/jobs/known-texts.js";
import { formatScores } from "../../src/report/scores.js";
import type { RunRecord } from "../../src/training/run-folder/run-folder.js";
import { temporaryFile } from "../dataset/temporary-files.js";

const rows = (from: number, count: number): string =>
  `anchor,positive\n${Array.from({ length: count }, (_, i) => `question number ${from + i},answer number ${from + i}\n`).join("")}`;

async function recordOf(train: string, selecting?: string): Promise<RunRecord> {
  const hash = async (path: string) => (await loadDataset(path)).account.sha256;
  const file = async (path: string) => ({ path, sha256: await hash(path), rows: 1, columns: {} });
  const data = await file(train);
  const measured = selecting === undefined ? undefined : await file(selecting);
  return { options: {}, data, eval: measured } as unknown as RunRecord;
}

describe("texts that a run has seen", () => {
  it("a file that was trained on is known by its hash, whatever its name", async () => {
    const train = temporaryFile(rows(0, 8));
    const copy = await loadDataset(temporaryFile(rows(0, 8), "other.csv"));
    const record = await recordOf(train);
    expect(seenBy(record, [copy.account.sha256])).toEqual({ trained: true, selected: false });
    expect(await sharedTexts(record, copy)).toEqual({ notes: [] });
    expect(seenBy(record, ["0"]).trained).toBeUndefined();
    const selecting = await recordOf(temporaryFile(rows(20, 8)), train);
    expect(seenBy(selecting, [copy.account.sha256]).selected).toBe(true);
  });

  it("shared texts are counted, of training and of selecting data", async () => {
    const record = await recordOf(temporaryFile(rows(0, 8)), temporaryFile(rows(20, 8)));
    const measuring = await loadDataset(temporaryFile(rows(6, 16)));
    const { notes, known } = await sharedTexts(record, measuring);
    expect(known).toEqual({ count: 2, of: 16, what: "queries" });
    expect(notes.map((note) => note.split(" of ")[0])).toEqual([
      "4 texts in 2 rows",
      "4 texts in 2 rows",
    ]);
    expect(notes[0]).toContain("which was trained on");
    expect(notes[1]).toContain("which selected the model");
    const other = await loadDataset(temporaryFile(rows(100, 4)));
    expect(await sharedTexts(record, other)).toEqual({ notes: [] });
  });

  it("a file that is gone or has changed is told of", async () => {
    const record = await recordOf(temporaryFile(rows(0, 8)));
    const gone = { ...record, data: { ...record.data, path: "no/such/file.csv" } };
    const measuring = await loadDataset(temporaryFile(rows(6, 4)));
    expect((await sharedTexts(gone, measuring)).notes[0]).toContain("cannot be read any more");
    const changed = { ...record, data: { ...record.data, sha256: "0" } };
    expect((await sharedTexts(changed, measuring)).notes[0]).toContain("has changed since");
  });

  it("without a verdict the report says why", () => {
    const report = {
      file: "a.csv",
      task: "sts",
      rows: 2,
      primary: "x",
      model: { name: "m", metrics: [] },
      comparisons: [],
      selected: false,
      trained: true,
    };
    expect(formatScores(report)).toContain("was trained on this file");
  });
});
