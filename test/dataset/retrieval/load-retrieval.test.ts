import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadRetrieval } from "../../../src/dataset/retrieval/load-retrieval.js";
import { temporaryFile, userErrorOf } from "../temporary-files.js";

const queries =
  "query_id,query\nq1,where do cats sleep\nq2,what do cows eat\nq3,who oils a lathe\n";
const corpus =
  "doc_id,title,text\nd1,Cats,They sleep in baskets.\nd2,,Cows eat grass.\nd3,Lathes,\n";
const qrels = "query_id,doc_id,relevance\nq1,d1,1\nq1,d2,0\nq2,d2,2\n";

const load = (files: { queries?: string; corpus?: string; qrels?: string } = {}) =>
  loadRetrieval({
    queries: temporaryFile(files.queries ?? queries, "queries.csv"),
    corpus: temporaryFile(files.corpus ?? corpus, "corpus.csv"),
    qrels: temporaryFile(files.qrels ?? qrels, "qrels.csv"),
  });

describe("loadRetrieval", () => {
  it("joins titles and texts, and keeps judged queries with an account of the others", async () => {
    const { rows, corpus: documents, qrels: judgments, account, beside } = await load();
    expect(documents).toEqual([
      { id: "d1", text: "Cats They sleep in baskets." },
      { id: "d2", text: "Cows eat grass." },
      { id: "d3", text: "Lathes" },
    ]);
    expect(rows).toEqual([
      { id: "q1", text: "where do cats sleep", line: 2 },
      { id: "q2", text: "what do cows eat", line: 3 },
    ]);
    expect(judgments.map(({ relevance }) => relevance)).toEqual([1, 0, 2]);
    expect(account).toMatchObject({
      read: 3,
      kept: 2,
      dropped: [{ reason: "no relevant document", count: 1, line: 4 }],
    });
    expect(account.notes.join("\n")).toContain("3 judgments, 2 of relevance above 0");
    expect(account.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect([beside.corpus.rows, beside.qrels.rows]).toEqual([3, 3]);
    expect(new Set([account.sha256, beside.corpus.sha256, beside.qrels.sha256]).size).toBe(3);
  });

  it("reads BEIR's JSON Lines and TSV, and TREC's qrels, to the same data", async () => {
    const beir = {
      queries: temporaryFile(
        '{"_id": "q1", "text": "where do cats sleep", "metadata": {}}\n{"_id": "q2", "text": "what do cows eat"}\n',
        "queries.jsonl",
      ),
      corpus: temporaryFile(
        '{"_id": "d1", "title": "Cats", "text": "They sleep in baskets."}\n{"_id": "d2", "title": "", "text": "Cows eat grass."}\n{"_id": "d3", "title": "Lathes", "text": ""}\n',
        "corpus.jsonl",
      ),
    };
    const tsv = "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td2\t2\n";
    const trec = "q1 0 d1 1\nq1 0 d2 0\nq2 0 d2 2\n".replaceAll(" ", "\t");
    const expected = await load();
    const texts = ({ rows }: typeof expected) => rows.map(({ id, text }) => [id, text]);
    const judged = ({ qrels: all }: typeof expected) =>
      all.map(({ query, document, relevance }) => [query, document, relevance]);
    for (const [name, content] of [
      ["test.tsv", tsv],
      ["qrels.txt", trec],
    ] as const) {
      const found = await loadRetrieval({ ...beir, qrels: temporaryFile(content, name) });
      expect(found.corpus).toEqual(expected.corpus);
      expect(texts(found)).toEqual(texts(expected));
      expect(judged(found)).toEqual(judged(expected));
    }
  });

  it.each([
    ["repeated-id", "queries.csv:5", { queries: `${queries}q1,again\n` }, "q1"],
    ["repeated-id", "corpus.csv:5", { corpus: `${corpus}d2,Again,again\n` }, "d2"],
    ["empty-id", "corpus.csv:5", { corpus: `${corpus},No id,no id\n` }, "a document has no id"],
    ["empty-text", "queries.csv:5", { queries: `${queries}q4,\n` }, 'the query "q4" has no text'],
    [
      "empty-text",
      "corpus.csv:5",
      { corpus: `${corpus}d4,,\n`, qrels: `${qrels}q1,d4,0\n` },
      'the document "d4" has no text',
    ],
    ["bad-score", "qrels.csv:5", { qrels: `${qrels}q2,d1,much\n` }, 'got "much"'],
    ["unknown-id", "qrels.csv:5", { qrels: `${qrels}q9,d1,1\n` }, 'the query "q9" is not in'],
    ["unknown-id", "qrels.csv:5", { qrels: `${qrels}q2,d9,0\n` }, 'the document "d9" is not in'],
    ["missing-column", "qrels.csv", { qrels: "a,b\nq1,d1\n" }, "query id"],
    ["all-rows-dropped", "queries.csv", { qrels: `${qrels.split("q1,d1")[0]}q1,d1,0\n` }, "3 no"],
  ])("%s at %s", async (code, place, files, message) => {
    const error = await userErrorOf(load(files));
    const { file = "", line } = error.at ?? {};
    expect([error.code, error.exitCode]).toEqual([code, 1]);
    expect(line === undefined ? file : `${file}:${line}`).toMatch(new RegExp(`-${place}$`));
    expect(error.message).toContain(message);
  });

  it("reports several problems together", async () => {
    const error = await userErrorOf(load({ qrels: `${qrels}q9,d1,1\nq2,d9,1\n` }));
    expect(error.message).toMatch(/"q9"[\s\S]*qrels\.csv:6: the document "d9"/);
  });
});

const scifact = join(import.meta.dirname, "../../../../shared/data/scifact");

describe.skipIf(!existsSync(scifact))("scifact (skipped: ../shared/data/scifact is absent)", () => {
  it("is read whole", async () => {
    const {
      rows,
      corpus: documents,
      qrels: judgments,
      account,
    } = await loadRetrieval({
      queries: join(scifact, "train_queries.csv"),
      corpus: join(scifact, "corpus.csv"),
      qrels: join(scifact, "train_qrels.csv"),
    });
    expect([rows.length, documents.length, judgments.length]).toEqual([809, 5183, 919]);
    expect([account.read, account.dropped]).toEqual([809, []]);
    expect(documents[0]?.text).toMatch(
      /^Microstructural development .* imaging\. Alterations of the architecture/,
    );
  });
});
