import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const at = (name: string): string => join(folder, name);
const QUERY = "query: ";
const DOCUMENT = "passage: to read, ";
const both = ["--prompts", `query=${QUERY},document=${DOCUMENT}`];

type Row = readonly string[];
const topics = ["boats", "cats", "trams", "pears", "moons", "drums", "roofs", "seeds", "wells"];
const pairs: Row[] = topics.flatMap((name, i) => [
  [`where are the ${name}?`, `the ${name} stand behind house ${i}`, `no ${name} were ever here`],
  [`who paints ${name} at night`, `painters of ${name} work by lamp ${i}`, `${name} fade by day`],
]);
const prefixed = ([anchor, ...others]: Row): Row => [
  QUERY + anchor,
  ...others.map((text) => DOCUMENT + text),
];
const csv = (name: string, header: string, rows: readonly Row[]): string =>
  writeIn(
    folder,
    name,
    `${[header, ...rows.map((row) => row.map((cell) => `"${cell}"`).join(","))].join("\n")}\n`,
  );
const triplets = (name: string, rows: readonly Row[]): string =>
  csv(name, "anchor,positive,negative", rows);
const [train, dev] = [pairs.slice(0, 12), pairs.slice(12)];
const files = {
  train: triplets("train.csv", train),
  dev: triplets("dev.csv", dev),
  prefixedTrain: triplets("prefixed-train.csv", train.map(prefixed)),
  prefixedDev: triplets("prefixed-dev.csv", dev.map(prefixed)),
};

async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await embtune(args);
  expect(stderr).not.toMatch(/^error/m);
  expect(code).toBe(0);
  return stdout;
}

const settings = (model: string): { prompts: unknown; default_prompt_name: unknown } =>
  JSON.parse(readFileSync(join(model, "config_sentence_transformers.json"), "utf8"));

/** A copy of a run's model that knows no prompts. */
function withoutPrompts(run: string): string {
  const copy = `${run} bare`;
  if (!existsSync(copy)) cpSync(join(run, "model"), copy, { recursive: true });
  // The manifest knows the file that is taken away.
  for (const name of ["config_sentence_transformers.json", "manifest.json"])
    rmSync(join(copy, name), { force: true });
  return copy;
}

const logged = (run: string): unknown[] =>
  readFileSync(join(run, "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const { step, loss, eval: scores } = JSON.parse(line);
      return { step, loss, scores };
    });

const parameters = (run: string): Buffer =>
  readFileSync(join(run, "checkpoints", "step-000003", "parameters.safetensors"));

describe.each([
  ["a head", ["--lr", "0.01"]],
  ["the encoder", ["--tune", "full", "--lr", "1e-4"]],
])("training %s with prompts", (kind, tuning) => {
  const run = at(`run of ${kind}`);
  const byHand = at(`run by hand of ${kind}`);
  const length = [
    "--no-report",
    "--steps",
    "3",
    "--batch-size",
    "6",
    "--eval-every",
    "3",
    ...tuning,
  ];

  beforeAll(async () => {
    await done("train", files.train, "--eval", files.dev, "--out", run, ...both, ...length);
    const given = ["train", files.prefixedTrain, "--eval", files.prefixedDev, "--out", byHand];
    await done(...given, ...length);
  });

  it("is training on texts with the prompts before them, to the last bit", () => {
    expect(logged(run)).toEqual(logged(byHand));
    expect(parameters(run).equals(parameters(byHand))).toBe(true);
  });

  it("leaves the prompts in run.json and in both forms of the model", () => {
    const record = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
    expect(record.options.prompts).toEqual({ query: QUERY, document: DOCUMENT });
    expect(record.prompts).toEqual({ query: QUERY, document: DOCUMENT, other: "" });
    for (const form of ["", "sentence-transformers"]) {
      expect(settings(join(run, "model", form))).toMatchObject({
        prompts: { query: QUERY, document: DOCUMENT },
        default_prompt_name: null,
      });
    }
    const card = readFileSync(join(run, "model", "sentence-transformers", "README.md"), "utf8");
    expect(card).toContain("query `query: `, document `passage: to read, `");
  });

  it("gives vectors of prefixed texts where a prompt is named, of bare ones otherwise", async () => {
    const texts = writeIn(folder, "texts.txt", "red boats\nblue trams\n");
    const queries = writeIn(folder, "queries.txt", `${QUERY}red boats\n${QUERY}blue trams\n`);
    const bytes = async (data: string, ...args: string[]): Promise<Buffer> => {
      const out = at("vectors.npy");
      await done("embed", data, "--out", out, "--overwrite", ...args);
      return readFileSync(out);
    };
    const named = await bytes(texts, "--model", run, "--prompt", "query");
    const hand = await bytes(queries, "--model", withoutPrompts(run));
    const bare = await bytes(texts, "--model", run);
    expect(named.equals(hand)).toBe(true);
    expect(bare.equals(hand)).toBe(false);
    expect(bare.equals(await bytes(texts, "--model", withoutPrompts(run)))).toBe(true);
  });

  it("is measured with the prompts, as prefixed texts are without", async () => {
    const scores = async (...args: string[]) => {
      const [report] = JSON.parse(await done("evaluate", ...args, "--json"));
      return report.model.metrics;
    };
    const task = ["--task", "pair-retrieval"];
    const own = await scores(files.dev, "--model", run, ...task);
    const bare = withoutPrompts(run);
    expect(own).toEqual(await scores(files.prefixedDev, "--model", bare, ...task));
    expect(own).toEqual(await scores(files.dev, "--model", bare, ...task, ...both));
  });
});

describe("a run with prompts", () => {
  const run = at("run of a head");

  it("is not resumed with others", async () => {
    const resumed = await embtune(["train", "--resume", run, "--prompts", "query=Q: "]);
    expect(resumed.code).toBe(2);
    expect(resumed.stderr).toContain(
      '--prompts was {"query":"query: ","document":"passage: to read, "}, is now {"query":"Q: "}',
    );
  });

  it("mines with its own prompts, as if they were given", async () => {
    const mined = async (...args: string[]) => {
      const out = at(`mined-${args.length}.jsonl`);
      const given = ["mine", files.train, "--out", out, "--num-negatives", "2", "--json", ...args];
      return JSON.parse(await done(...given)).quantiles;
    };
    const bare = withoutPrompts(run);
    const own = await mined("--model", run);
    expect(own).toEqual(await mined("--model", bare, ...both));
    expect(own).not.toEqual(await mined("--model", bare, "--seed", "42", "--quiet"));
  });

  it("hands them on to what is trained on top of it", async () => {
    const given = [
      "train",
      files.train,
      "--eval",
      files.dev,
      "--model",
      run,
      "--steps",
      "1",
      "--no-report",
    ];
    const next = at("next run");
    await done(...given, "--out", next, "--prompts", "document=text: ");
    expect(settings(join(next, "model")).prompts).toEqual({ query: QUERY, document: "text: " });
    const plain = at("plain run");
    await done(...given, "--out", plain, "--prompts", "all of it: ");
    const one = "all of it: ";
    expect(settings(join(plain, "model"))).toMatchObject({
      prompts: { default: one, query: one, document: one },
      default_prompt_name: "default",
    });
  });
});

describe("--dry-run", () => {
  it("shows the prompts, and rows with them", async () => {
    const plan = await embtune(["train", files.train, "--eval", files.dev, "--dry-run", ...both]);
    expect(plan.stdout).toContain(
      '"query: " before queries, "passage: to read, " before documents',
    );
    expect(plan.stderr).toContain("anchor: query: where are the boats?");
    expect(plan.stderr).toContain("negative: passage: to read, no boats were ever here");
  });
});

describe("rows without queries and documents", () => {
  const scored = join(root, "data", "everyday-sts", "test.csv");
  const scoredRows: Row[] = topics.map((name, i) => [`big ${name}`, `small ${name}`, `${i}`]);
  const plain = csv("scored.csv", "sentence1,sentence2,score", scoredRows);
  const hand = csv(
    "prefixed-scored.csv",
    "sentence1,sentence2,score",
    scoredRows.map(([a, b, score]) => [`text: ${a}`, `text: ${b}`, score]),
  );

  it("take one prompt for all texts, in training and evaluation", async () => {
    const options = ["--no-report", "--objective", "cosent", "--steps", "2", "--batch-size", "4"];
    const [run, byHand] = [at("scored run"), at("scored run by hand")];
    await done("train", plain, "--out", run, ...options, "--prompts", "text: ");
    await done("train", hand, "--out", byHand, ...options);
    expect(logged(run)).toEqual(logged(byHand));
    const metrics = async (...args: string[]) =>
      JSON.parse(await done("evaluate", ...args, "--json"))[0].model.metrics;
    expect(await metrics(plain, "--model", run)).toEqual(await metrics(hand, "--model", byHand));
    expect(await metrics(plain, "--prompts", "text: ")).toEqual(await metrics(hand));
  });

  it.each([
    [["train", scored, "--objective", "cosent", ...both], "rows of kind scored-pair have neither"],
    [["evaluate", scored, ...both], "the data have neither"],
    [["train", files.train, "--prompts", "anchor=Q: "], 'got "anchor"'],
    [["mine", files.train, "--out", at("m.csv"), "--prompts", "quer=Q: "], 'did you mean "query"?'],
    [
      ["embed", files.train, "--column", "anchor", "--out", at("v.npy"), ...both],
      "unless --prompt",
    ],
  ])("%j is refused", async (args, message) => {
    const { code, stderr } = await embtune(args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
