import { describe, expect, it } from "vitest";
import { findLeaks } from "../../src/dataset/leaks.js";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { temporaryFile } from "./temporary-files.js";

const load = (content: string) => loadDataset(temporaryFile(content));

describe("findLeaks", () => {
  it("finds texts on both sides but for case and punctuation, in any role and kind", async () => {
    const train = await load("anchor,positive,negative\na,b,n1\nc,d,n2\ne,f,X!\ng,Y,\n");
    const measuring = await load("sentence1,sentence2,score\nx,y,1\nC,z,0\n");
    const leaks = findLeaks(train, measuring);
    expect(leaks).toMatchObject({ texts: 3, rows: 3, line: 3 });
    expect(leaks?.rest.rows).toEqual([
      { anchor: "a", positive: "b", negatives: ["n1"], line: 2 },
      { anchor: "e", positive: "f", negatives: [], line: 4 },
    ]);
    expect(leaks?.rest.kind).toBe("pair");
  });

  it("finds none where there is none", async () => {
    const train = await load("text,label\na,1\nb,2\n");
    expect(findLeaks(train, await load("text,label\nc,1\nd,2\n"))).toBeUndefined();
  });
});
