import { describe, expect, it } from "vitest";
import { knownRows } from "../../src/dataset/known-rows.js";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { csvOf } from "../support/rows.js";

const of = (...lines: string[]) => loadDataset(csvOf(lines));

describe("knownRows", () => {
  it("counts queries that were trained on, and no new ones with known answers", async () => {
    const trained = await of("anchor,positive", "Where is it?,In the hall", "And now?,In the hall");
    const measuring = await of(
      "anchor,positive",
      "where is it,In the cellar",
      "Who was it?,In the hall",
      "In the hall,Somewhere",
    );
    expect(knownRows(measuring, [trained])).toEqual({ count: 2, of: 3, what: "queries" });
    expect(knownRows(trained, [await of("text", "nothing", "of it")])).toBeUndefined();
  });

  it("counts scored pairs both of whose texts are known, from whichever file", async () => {
    const header = "sentence1,sentence2,score";
    const measuring = await of(header, "a,b,0.5", "a,c,0.2", "d,b,1");
    const trains = [await of(header, "a,x,0.5", "y,z,0"), await of("text", "b", "other")];
    expect(knownRows(measuring, trains)).toEqual({ count: 1, of: 3, what: "rows" });
  });
});
