import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSearch, type SearchEvent } from "../../src/jobs/search.js";
import { findSimilar, type SimilarEvent } from "../../src/jobs/similar.js";
import { temporaryFile, temporaryFolder } from "../dataset/temporary-files.js";

const model = join(import.meta.dirname, "..", "..", "models", "embtune-mini-en");
const corpus = temporaryFile(
  "text\nclick on forgot password\ntrack the parcel in the app\nbananas are yellow\nclick on forgot password\n",
  "corpus.csv",
);

async function encodedTexts(cacheFolder: string, cache = true): Promise<number> {
  const events: SearchEvent[] = [];
  const search = await openSearch({
    corpus,
    model,
    cache,
    cacheFolder,
    threads: 1,
    onEvent: (event) => events.push(event),
  });
  await search.release();
  return events.flatMap((event) => (event.type === "encoding" ? event.done : [])).at(-1) ?? 0;
}

describe("openSearch", () => {
  it("finds the nearest distinct texts under each model, with lines and ranks", async () => {
    const search = await openSearch({
      corpus,
      model: [model, model],
      cache: false,
      threads: 1,
      k: 2,
    });
    expect(search.texts).toBe(3);
    const { query, models } = await search.ask("how do I reset my password?");
    await search.release();
    expect(query).toBe("how do I reset my password?");
    expect(models).toHaveLength(2);
    expect(models[0]).toEqual(models[1]);
    expect(models[0].hits).toHaveLength(2);
    expect(models[0].hits[0]).toMatchObject({
      text: "click on forgot password",
      line: 2,
      ranks: [1, 1],
    });
  });

  it("encodes a text once and finds its vector again, unless told not to", async () => {
    const folder = join(temporaryFolder(), "vectors");
    expect(await encodedTexts(folder, false)).toBe(3);
    expect(existsSync(folder)).toBe(false);
    expect(await encodedTexts(folder)).toBe(3);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(await encodedTexts(folder)).toBe(0);
  });

  it("says which of two columns of texts it reads, and takes the other by its name", async () => {
    const faq = temporaryFile("question,answer\nwhere is my hat?,on the shelf\n", "faq.csv");
    const ask = async (column?: string) => {
      const notes: string[] = [];
      const onEvent = (event: SearchEvent) => event.type === "note" && notes.push(event.message);
      const options = { corpus: faq, column, model, cache: false, threads: 1, k: 1 };
      const search = await openSearch({ ...options, onEvent });
      const { models } = await search.ask("hat");
      await search.release();
      return { text: models[0].hits[0].text, notes };
    };
    expect(await ask()).toEqual({
      text: "on the shelf",
      notes: [
        `${faq}: the texts are those of "answer", not those of "question" (--column question reads those)`,
      ],
    });
    expect(await ask("question")).toEqual({ text: "where is my hat?", notes: [] });
  });

  it("refuses a corpus without texts and options that it does not have", async () => {
    const empty = temporaryFile("id,text\n1,\n2,\n", "empty.csv");
    await expect(openSearch({ corpus: empty, cache: false })).rejects.toMatchObject({
      code: "empty-corpus",
    });
    const wrong = { corpus, cache: false, top: 3 } as unknown as Parameters<typeof openSearch>[0];
    await expect(openSearch(wrong)).rejects.toMatchObject({ code: "unknown-option" });
  });
});

describe("findSimilar", () => {
  it("tells nearest pairs, near-duplicates and labels that disagree, with lines", async () => {
    const data = temporaryFile(
      "text,label\nwhere is my parcel,post\nwhere is my parcel?,post\nwhere is my package,bananas\n" +
        "where is the parcel,post\nwhere is my parcel,post\nbananas are yellow,fruit\n",
    );
    const found = await findSimilar({
      data,
      model,
      cache: false,
      threads: 1,
      k: 3,
      threshold: 0.9,
    });
    expect(found).toMatchObject({ texts: 5, repeated: 1, threshold: 0.9 });
    const [nearest] = found.pairs;
    expect([nearest.first, nearest.second]).toEqual([
      { text: "where is my parcel", lines: [2, 6] },
      { text: "where is my parcel?", lines: [3] },
    ]);
    expect(found.duplicates.groups).toBe(1);
    expect(found.labels?.rows[0]).toMatchObject({
      text: "where is my package",
      lines: [4],
      label: "bananas",
      others: "post",
    });
  });

  it("takes the texts of rows without classes and says nothing of labels", async () => {
    const data = temporaryFile("anchor,positive\none hat,a hat\ntwo cats,a cat\n");
    const notes: string[] = [];
    const onEvent = (event: SimilarEvent) => event.type === "note" && notes.push(event.message);
    const found = await findSimilar({ data, model, cache: false, threads: 1, onEvent });
    expect(notes).toEqual([
      'the texts of "anchor", "positive" are looked through together (--columns text=NAME takes one column)',
    ]);
    expect(found.texts).toBe(4);
    expect(found.labels).toBeUndefined();
  });
});
