import { describe, expect, it } from "vitest";
import { freshFolder, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const animals = ["cat", "dog", "horse", "cow", "sheep", "goat"];
const machines = ["lathe", "drill", "crane", "pump", "press", "loom"];
const nli = animals.flatMap((animal) => [
  `a ${animal} is eating grass,an animal is eating,entailment`,
  `a ${animal} is eating grass,the ${animal} is hungry,neutral`,
  `a ${animal} is eating grass,the room is empty,contradiction`,
]);

function csv(header: string, rows: readonly string[]): string {
  return writeIn(freshFolder(), "rows.csv", `${[header, ...rows].join("\n")}\n`);
}

const classed = (from: number, to: number): string[] => [
  ...animals.slice(from, to).map((name) => `the ${name} sleeps in the barn,animal`),
  ...machines.slice(from, to).map((name) => `the ${name} needs new oil,machine`),
];

interface Report {
  task: string;
  rows: number;
  primary: string;
  model: { metrics: { key: string; value: number }[] };
}

async function report(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await embtune(["evaluate", ...args, "--json", "--quiet"]);
  expect([code, stderr]).toEqual([0, ""]);
  return (JSON.parse(stdout) as Report[])[0];
}

describe("the task is found from the rows", () => {
  it("measures labelled pairs by average precision", async () => {
    const rows = animals.flatMap((name, i) => [
      `a ${name} runs,a ${name} is running,1`,
      `a ${name} runs,a ${machines[i]} is off,0`,
    ]);
    const result = await report(csv("sentence1,sentence2,label", rows));
    expect([result.task, result.primary, result.rows]).toEqual(["pair", "cosine_ap", 12]);
    expect(result.model.metrics[0]).toMatchObject({ key: "cosine_ap", value: 1 });
  });

  it("measures triplets by accuracy, and as pairs on request", async () => {
    const rows = animals.map((name, i) => `a ${name} runs,a ${name} is running,a ${machines[i]}`);
    const file = csv("anchor,positive,negative", rows);
    expect(await report(file)).toMatchObject({
      task: "triplet",
      rows: 6,
      primary: "cosine_accuracy",
    });
    expect(await report(file, "--task", "pair-retrieval")).toMatchObject({
      task: "pair-retrieval",
      primary: "cosine_mrr@10",
    });
  });

  it("measures NLI rows as labelled pairs, as scores or as triplets", async () => {
    const file = csv("premise,hypothesis,label", nli);
    expect(await report(file)).toMatchObject({ task: "pair", rows: 12 });
    expect(await report(file, "--task", "sts")).toMatchObject({ task: "sts", rows: 18 });
    expect(await report(file, "--task", "triplet")).toMatchObject({ task: "triplet", rows: 6 });
  });

  it("measures classes on a part of one file, or on another file", async () => {
    const file = csv("text,label", classed(0, 6));
    expect(await report(file)).toMatchObject({
      task: "class",
      primary: "knn_accuracy",
      rows: 2,
    });
    const train = csv("text,label", classed(0, 4));
    const test = csv("text,label", classed(4, 6));
    const result = await report(test, "--train", train);
    expect(result).toMatchObject({ task: "class", rows: 4 });
    expect(result.model.metrics.map(({ key }) => key)).toEqual(
      ["logreg", "knn", "centroid"].flatMap((name) => [`${name}_accuracy`, `${name}_f1`]),
    );
    expect(result.model.metrics[0]?.value).toBe(1);
  });
});

describe("what cannot be measured is refused", () => {
  it.each<[string, string[], number, string]>([
    ["single texts", [csv("text", ["one", "two"])], 1, "single texts cannot be measured"],
    [
      "pairs as scores",
      [csv("anchor,positive", ["a b,c d", "e f,g h"]), "--task", "sts"],
      1,
      "score",
    ],
    [
      "--train beside pairs",
      [csv("anchor,positive", ["a b,c d", "e f,g h"]), "--train", csv("text,label", classed(0, 2))],
      2,
      "not all data are classed texts",
    ],
    [
      "one label",
      [csv("sentence1,sentence2,label", ["a,b,1", "c,d,1"])],
      1,
      "got 2 of label 1 and 0 of label 0",
    ],
    [
      "scores out of the given range",
      [csv("sentence1,sentence2,score", ["a,b,3", "c,d,7"]), "--score-range", "0,5"],
      1,
      "from 0 to 5, got 7",
    ],
  ])("%s", async (_, args, exit, message) => {
    const { code, stderr } = await embtune(["evaluate", ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(exit);
  });

  it("says what queries need that are to find documents", async () => {
    const { stderr } = await embtune(["evaluate", csv("id,query", ["1,a b", "2,c d"])]);
    expect(stderr).toContain("need --corpus FILE and --qrels FILE");
    expect(stderr).not.toContain("--eval-corpus");
  });

  it("names the file of a complaint about its rows", async () => {
    const file = csv("sentence1,sentence2,label", ["a,b,1", "c,d,1"]);
    expect((await embtune(["evaluate", file])).stderr).toContain(`error: ${file}: labelled pairs`);
  });
});
