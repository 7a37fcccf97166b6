import { describe, expect, it } from "vitest";
import type { Embed, Evaluator, Task } from "../../src/evaluation/metric.js";
import { promptedEvaluator } from "../../src/evaluation/prompt-use.js";

const prompts = {
  prompts: { query: "Q:", passage: "D:", text: "T:" },
  defaultPromptName: "text",
};

/** What an evaluator of the task, and its teacher, are asked to embed for a query and a document. */
async function asked(task: Task): Promise<{ student: string[]; teacher: string[] }> {
  const evaluator: Evaluator = {
    task,
    primary: "",
    keys: [],
    rows: 1,
    run: async (embed, teacher) => {
      for (const one of [embed, teacher]) {
        await one?.(["a"], "query");
        await one?.(["b"], "document");
      }
      return { task, rows: 1, metrics: [] };
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
  it.each<Task>(["retrieval", "pair-retrieval", "triplet"])(
    "of %s puts the query's before queries, the document's before documents",
    async (task) => {
      expect((await asked(task)).student).toEqual(["query Q:a", "document D:b"]);
    },
  );

  it.each<Task>(["sts", "pair", "class"])("of %s puts the default before all", async (task) => {
    expect((await asked(task)).student).toEqual(["query T:a", "document T:b"]);
  });

  it("gives a teacher the bare texts", async () => {
    expect((await asked("retrieval")).teacher).toEqual(["query a", "document b"]);
  });
});
