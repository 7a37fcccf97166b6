import { describe, expect, it } from "vitest";
import { tasks } from "../../src/evaluation/evaluators/registry.js";
import type { Embed, Evaluator, Sides } from "../../src/evaluation/metric.js";
import { promptedEvaluator } from "../../src/evaluation/prompt-use.js";

const prompts = {
  prompts: { query: "Q:", passage: "D:", text: "T:" },
  defaultPromptName: "text",
};

/** What an evaluator of these sides, and its teacher, are asked to embed for a query and a document. */
async function asked(sides: Sides): Promise<{ student: string[]; teacher: string[] }> {
  const evaluator: Evaluator = {
    task: "any",
    sides,
    primary: "",
    keys: [],
    rows: 1,
    embeds: { own: 2, trained: 0 },
    run: async (embed, teacher) => {
      for (const one of [embed, teacher]) {
        await one?.(["a"], "query");
        await one?.(["b"], "document");
      }
      return { task: "any", rows: 1, metrics: [] };
    },
  };
  const record = (into: string[]): Embed => {
    return async (texts, side) => {
      into.push(...texts.map((text) => `${side} ${text}`));
      return { rows: texts.length, cols: 0, data: new Float32Array(0) };
    };
  };
  const seen = { student: [] as string[], teacher: [] as string[] };
  const { student, teacher } = seen;
  await promptedEvaluator(evaluator, prompts).run(record(student), record(teacher));
  return seen;
}

describe("an evaluator with prompts", () => {
  it("whose texts ask and answer puts the query's before queries, the document's before documents", async () => {
    expect((await asked("asking")).student).toEqual(["query Q:a", "document D:b"]);
  });

  it("whose sides are alike puts the default before all", async () => {
    expect((await asked("alike")).student).toEqual(["query T:a", "document T:b"]);
  });

  it("knows which tasks ask", () => {
    const asking = tasks.filter(({ sides }) => sides === "asking").map(({ name }) => name);
    expect(asking).toEqual(expect.arrayContaining(["triplet", "pair-retrieval", "retrieval"]));
    const alike = tasks.filter(({ sides }) => sides === "alike").map(({ name }) => name);
    expect(alike).toEqual(expect.arrayContaining(["sts", "pair", "class"]));
  });

  it("gives a teacher the bare texts", async () => {
    expect((await asked("asking")).teacher).toEqual(["query a", "document b"]);
  });
});
