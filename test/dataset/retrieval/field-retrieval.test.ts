import { describe, expect, it } from "vitest";
import { judgedPairs } from "../../../src/dataset/prepare/judged-pairs.js";
import { readJudgments } from "../../../src/dataset/retrieval/judgments.js";
import {
  loadRetrieval,
  type RetrievalDataset,
} from "../../../src/dataset/retrieval/load-retrieval.js";
import { loadQuestionSet } from "../../../src/dataset/retrieval/question-set.js";
import { retrievalEvaluator } from "../../../src/evaluation/evaluators/retrieval.js";
import { field } from "../field.js";
import { temporaryFile, userErrorOf } from "../temporary-files.js";

const file = (name: string): string => field(`retrieval/${name}`);
const counts = ({ rows, corpus, qrels }: RetrievalDataset) => [
  rows.length,
  corpus.length,
  qrels.length,
];

describe("files of a retrieval task as people have them", () => {
  it.each([
    ["MS MARCO's, by position", "queries.train.tsv", "collection.tsv", "qrels.train.tsv"],
    ["TREC's qrels between blanks", "queries.jsonl", "corpus.jsonl", "trec.txt"],
    ["BEIR's", "queries.jsonl", "corpus.jsonl", "qrels.tsv"],
  ])("%s", async (_, queries, corpus, qrels) => {
    const data = await loadRetrieval({
      queries: file(queries),
      corpus: file(corpus),
      qrels: file(qrels),
    });
    expect(counts(data)).toEqual([12, 12, 12]);
    expect(data.corpus[1]?.text).toBe("It hangs behind the boathouse door.");
  });

  it("LlamaIndex's, all in one file", async () => {
    const data = await loadQuestionSet(field("llamaindex-qa.json"));
    expect(data && counts(data)).toEqual([12, 12, 12]);
    expect(await loadQuestionSet(field("array-objects.json"))).toBeUndefined();
    expect(await loadQuestionSet(file("queries.jsonl"))).toBeUndefined();
  });

  it("nested JSON by query, with relevance or as lists", async () => {
    const nested = temporaryFile('{"q1": {"d1": 1, "d2": 0}, "q2": {"d2": 2}}', "qrels.json");
    const plain = ({
      query,
      document,
      relevance,
    }: {
      query: string;
      document: string;
      relevance: number;
    }) => [query, document, relevance];
    expect((await readJudgments(nested)).rows.map(plain)).toEqual([
      ["q1", "d1", 1],
      ["q1", "d2", 0],
      ["q2", "d2", 2],
    ]);
    const lists = temporaryFile('{"q1": ["d1", "d2"], "q2": ["d2"]}', "qrels.json");
    expect((await readJudgments(lists)).rows.map(plain)).toEqual([
      ["q1", "d1", 1],
      ["q1", "d2", 1],
      ["q2", "d2", 1],
    ]);
  });

  it("ids above 2^53 stay apart", async () => {
    const queries = temporaryFile(
      '{"_id": 1234567890123456781, "text": "a"}\n{"_id": 1234567890123456782, "text": "b"}\n',
      "q.jsonl",
    );
    const corpus = temporaryFile(
      '{"_id": 9234567890123456781, "text": "c"}\n{"_id": 9234567890123456782, "text": "d"}\n',
      "c.jsonl",
    );
    const qrels = temporaryFile(
      "query-id,corpus-id,score\n1234567890123456781,9234567890123456782,1\n",
      "r.csv",
    );
    expect((await loadRetrieval({ queries, corpus, qrels })).rows).toMatchObject([
      { id: "1234567890123456781" },
    ]);
  });
});

describe("relevance under a name that is not known", () => {
  const queries = temporaryFile("query_id,query\nq1,where do cats sleep\nq2,what do cows eat\n");
  const corpus = temporaryFile("doc_id,text\nd1,in baskets\nd2,grass\nd3,hay\n");
  const qrels = (name: string): string =>
    temporaryFile(`query-id,corpus-id,${name}\nq1,d1,2\nq1,d2,0\nq1,d3,-1\nq2,d2,1\nq2,d1,-1\n`);

  it.each(["code", "grade", "judgement", "gain", "how much"])(
    "%s: 0 and −1 are not relevant",
    async (name) => {
      const paths = { queries, corpus, qrels: qrels(name) };
      const { account, qrels: judgments } = await loadRetrieval(paths);
      expect(judgments.map(({ relevance }) => relevance)).toEqual([2, 0, -1, 1, -1]);
      expect(account.notes.join("\n")).toContain("5 judgments, 2 of relevance above 0");
      expect((await judgedPairs(paths)).rows).toHaveLength(2);
      const said = ["code", "how much"].includes(name);
      expect(account.notes.join("\n").includes(`the numbers of "${name}" are the relevance`)).toBe(
        said,
      );
    },
  );

  it("several such columns are refused, an index is none, and no column is told of", async () => {
    const two = temporaryFile("query-id,corpus-id,a,b\nq1,d1,1,0\nq2,d2,0,1\nq1,d3,0,1\n");
    expect(await userErrorOf(readJudgments(two))).toMatchObject({ code: "ambiguous-columns" });
    const index = temporaryFile("row,query-id,corpus-id,code\n0,q1,d1,1\n1,q2,d2,0\n2,q1,d3,-1\n");
    const { rows, notes } = await readJudgments(index);
    expect(rows.map(({ relevance }) => relevance)).toEqual([1, 0, -1]);
    expect(notes.join()).toContain('columns not used: "row"');
    const none = temporaryFile("query-id,corpus-id\nq1,d1\nq2,d2\n");
    expect((await readJudgments(none)).notes.join()).toContain("every row counts as 1");
  });

  it("empty documents that no judgment names are left out with a count", async () => {
    const holes = temporaryFile("doc_id,text\nd1,in baskets\nd2,grass\nd3,hay\nd4,\nd5,\n");
    const { corpus: documents, account } = await loadRetrieval({
      queries,
      corpus: holes,
      qrels: qrels("score"),
    });
    expect(documents).toHaveLength(3);
    expect(account.notes.join("\n")).toContain(
      "2 documents without a text left out (first on line 5)",
    );
  });
});

describe("queries that stand in the corpus", () => {
  const paths = {
    queries: file("queries.jsonl"),
    corpus: file("corpus_self.jsonl"),
    qrels: file("qrels.tsv"),
  };

  it("are told of, and passed over by excludeSelf", async () => {
    const plain = await loadRetrieval(paths);
    expect(plain.account.notes.join("\n")).toContain("12 queries stand in the corpus themselves");
    expect(plain.account.notes.join("\n")).toContain("--exclude-self");
    const data = await loadRetrieval({ ...paths, excludeSelf: true });
    // Vectors by which every text is nearest to itself, then to its answer.
    const place = new Map(data.corpus.map(({ text }, i) => [text, i]));
    const embed = async (texts: readonly string[]) => {
      const cols = data.rows.length;
      const vectors = new Float32Array(texts.length * cols);
      texts.forEach((text, i) => {
        const at = place.get(text) ?? 0;
        vectors[i * cols + (at % cols)] = 1;
        if (at >= cols) vectors[i * cols + ((at + 1) % cols)] = 0.5;
      });
      return { rows: texts.length, cols, data: vectors };
    };
    const score = async (set: RetrievalDataset) => {
      const { rows: queries, corpus, qrels, excluded } = set;
      const { metrics } = await retrievalEvaluator({ queries, corpus, qrels, excluded }).run(embed);
      return metrics.find(({ key }) => key === "cosine_accuracy@1")?.value;
    };
    expect(await score(plain)).toBe(0);
    // As BEIR does: itself alone, and other queries stay documents.
    for (const { id } of data.rows) expect(data.excluded?.get(id)).toEqual(new Set([id]));
    expect(data.corpus.map(({ id }) => id)).toEqual(plain.corpus.map(({ id }) => id));
    expect(await score(data)).toBe(1);
  });
});
