import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { ModelContent } from "../../../src/export/model-content.js";
import { modelCard } from "../../../src/export/sentence-transformers/model-card.js";
import { packageVersion } from "../../../src/files/version.js";
import type { RunRecord } from "../../../src/training/run-folder/run-folder.js";
import { inFolder } from "../../support/encoder-run.js";
import { tinyRun } from "../tiny-run.js";

let record: RunRecord;
let content: ModelContent;

beforeAll(async () => {
  const run = await tinyRun({ head: "none", tune: "last:1", warmup: 0.25, weightDecay: 0.03 });
  record = JSON.parse(readFileSync(join(run, "run.json"), "utf8"));
  const { path, name, hash, dimension } = record.base;
  content = {
    encoder: {
      ...{ path, name, hash, dimension, modelFile: "", source: "folder", maxLength: 32 },
      ...{
        pooling: "mean",
        poolingSource: "folder",
        normalize: true,
        includePrompt: true,
        padsLeft: false,
        modules: undefined,
        headFolded: false,
      },
      ...{ prompts: {}, defaultPromptName: undefined },
    },
    run: record,
    interpolated: record.result!.interpolation!.alpha,
  };
});

const cardOf = (changes: Partial<ModelContent> = {}) => modelCard({ ...content, ...changes });
const withEncoder = (changes: Partial<ModelContent["encoder"]>) =>
  cardOf({ encoder: { ...content.encoder, ...changes } });
const withRun = (changes: Partial<RunRecord>) => cardOf({ run: { ...record, ...changes } });

/** The rows of the Markdown table below a heading, as cells. */
function tableOf(card: string, first: string): string[][] {
  const lines = card.split("\n");
  const start = lines.indexOf(first);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith("|"));
  return rows.slice(0, end < 0 ? undefined : end).map((line) => line.slice(2, -2).split(" | "));
}

describe("modelCard", () => {
  it("has every figure of the run's record", async () => {
    const card = await cardOf();
    const options = Object.fromEntries(tableOf(card, "| option | value |"));
    const { batchSize, lr, schedule, warmup, weightDecay, maxGradNorm, head, seed } =
      record.options;
    expect(options).toMatchObject({
      ...{ steps: "3", batchSize: `${batchSize}`, lr: `${lr}`, schedule, warmup: `${warmup}` },
      ...{ weightDecay: `${weightDecay}`, maxGradNorm: `${maxGradNorm}`, head, seed: `${seed}` },
    });
    expect([options.lr, options.warmup, options.weightDecay]).toEqual(["0.05", "0.25", "0.03"]);
    for (const { path, rows, sha256 } of [record.data, record.eval!])
      expect(card).toContain(`\`${path}\`, ${rows} rows, SHA-256 \`${sha256}\``);
    expect(card).toContain(`\`${record.base.hash}\``);
    expect(card).toContain(`temperature ${record.options.objectiveOptions.temperature}`);
    expect(card).toContain(`embtune ${record.embtune}`);
    expect(card.trimEnd().endsWith(`Written by embtune ${packageVersion()}.`)).toBe(true);
  });

  it("has the scores of base and tuned model with their intervals, and which step they are of", async () => {
    const card = await cardOf();
    const { scores, bestStep, step, interpolation } = record.result!;
    const hundredths = (x: number) => (100 * x).toFixed(2);
    const rows = tableOf(card, "| metric | base | tuned |");
    expect(rows.map(([key]) => key)).toEqual(scores!.model.metrics.map(({ key }) => key));
    for (const [i, [, base, tuned]] of rows.entries()) {
      for (const [text, of] of [
        [base, scores!.base!],
        [tuned, scores!.model],
      ] as const) {
        const { value, interval } = of.metrics[i];
        // Too few rows that are independent of each other have no interval.
        const range =
          interval === undefined
            ? ""
            : ` (${hundredths(interval.low)}..${hundredths(interval.high)})`;
        expect(text).toBe(hundredths(value) + range);
      }
    }
    const { alpha, curve } = interpolation!;
    expect(card).toContain(`These rows chose α = ${alpha}`);
    expect(tableOf(card, `| α | ${curve.map((point) => point.alpha).join(" | ")} |`)).toEqual([
      [record.metric, ...curve.map(({ value }) => hundredths(value))],
    ]);
    expect(card).toContain(`(${scores!.rows} rows)`);
    const plain = await cardOf({
      interpolated: undefined,
      run: { ...record, result: { ...record.result!, interpolation: undefined } },
    });
    expect(plain).toContain(`(step ${bestStep} of ${step})`);
  });

  it("says what the rows asked, where their name does not", async () => {
    const asking = (file: string) => {
      const scores = { ...record.result!.scores!, file, asks: "unseen texts" };
      return withRun({ result: { ...record.result!, scores } });
    };
    expect(await asking("dev.csv")).toMatch(/On `dev\.csv` \(\d+ rows, unseen texts\), ×100/);
    const named = "20 rows held out of data.csv, unseen texts";
    expect(await asking(named)).toMatch(/On `20 rows [^`]*, unseen texts` \(\d+ rows\), ×100/);
  });

  it.each([
    [
      "folds",
      false,
      /α = 0\.4, chosen by folds/,
      /\. Folds of these rows chose α = 0\.4, .* had not learnt/,
    ],
    [
      "given",
      false,
      /α = 0\.4; α = 1 would/,
      /\. α = 0\.4 was given: these rows selected nothing; measure/,
    ],
    [
      "given",
      true,
      /α = 0\.4; α = 1 would/,
      /when training stopped, so the figures are optimistic;/,
    ],
  ] as const)(
    "says what the rows were for: α %s, stopped early %s",
    async (by, stoppedEarly, weights, rows) => {
      const interpolation = { ...record.result!.interpolation!, alpha: 0.4, by };
      const result = { ...record.result!, stoppedEarly, interpolation };
      const card = await cardOf({ interpolated: 0.4, run: { ...record, result } });
      expect(card).toMatch(weights);
      expect(card).toMatch(rows);
      expect(card).not.toContain("selected the checkpoint");
    },
  );

  it("gives no figures of a point that was not measured", async () => {
    const card = await cardOf({ interpolated: 0.55 });
    expect(card).toContain("α = 0.55");
    expect(card).not.toContain("| metric | base | tuned |");
  });

  it("says that nothing was measured instead of giving figures", async () => {
    const { scores: _, ...result } = record.result!;
    const card = await withRun({ result });
    expect(card).toContain("## Scores\n\nNone");
    expect(card).not.toContain("| metric |");
    // The weights stand above, which an α that was given makes others than the last step's.
    expect(card).not.toContain("parameters of the last step");
    const { result: __, ...unfinished } = record;
    expect(await cardOf({ run: unfinished })).not.toContain("## Scores");
  });

  it("takes the licence from the base model's own card, and says where there is none", async () => {
    expect(await cardOf()).toContain("\nlicense: unknown\n");
    const path = inFolder("licensed");
    mkdirSync(path);
    writeFileSync(join(path, "README.md"), "---\ntags:\n- x\nlicense: apache-2.0\n---\n# A\n");
    expect(await withEncoder({ path })).toContain("\nlicense: apache-2.0\n");
    writeFileSync(join(path, "README.md"), "# A\nlicense: mit\n");
    expect(await withEncoder({ path })).toContain("\nlicense: unknown\n");
  });

  it("begins with front matter that holds, whatever the name of the base model", async () => {
    const card = await withEncoder({ name: 'a: "b" #c' });
    const [, matter] = /^---\n([\s\S]*?)\n---\n/.exec(card)!;
    const base = matter.split("\n").find((line) => line.startsWith("base_model: "))!;
    expect(JSON.parse(base.slice("base_model: ".length))).toBe('a: "b" #c');
  });

  it("lets no markup of names, files and prompts take effect", async () => {
    const evil = "a`b<script>x</script>|*c*[d](e)\n# f";
    const card = await modelCard({
      encoder: { ...content.encoder, name: evil, prompts: { query: evil } },
      run: {
        ...record,
        data: { ...record.data, path: evil },
        result: { ...record.result!, scores: { ...record.result!.scores!, file: evil } },
      },
    });
    const body = card.replace(/^---\n[\s\S]*?\n---\n/, "");
    expect(body).not.toMatch(/^# f/m);
    const outside = body.replace(/```[\s\S]*?```/g, "").replace(/`[^`\n]*`/g, "");
    expect(outside).not.toMatch(/(?<!\\)<script|(?<!\\)\[d\]|(?<!\\)\*c/);
    expect(body).toContain("`a b<script>x</script>|*c*[d](e) # f`");
  });

  it("tells what prompts and cut sizes a reader has to know", async () => {
    const prompts = { query: "query: ", document: "" };
    const card = await withEncoder({ prompts, defaultPromptName: "query" });
    const line = card.split("\n").find((one) => one.startsWith("- Prompts"))!;
    expect(line).toContain("query `query: `; query where none is asked for");
    expect(line).not.toContain("document `");
    expect(await cardOf()).not.toContain("- Prompts");
    const objectiveOptions = { ...record.options.objectiveOptions, dims: [4, 8] };
    const cut = await withRun({ options: { ...record.options, objectiveOptions } });
    expect(cut).toContain("first 8, 4 numbers");
    expect(await cardOf()).not.toContain("may be cut");
  });

  it("warns where documents keep the base model's vectors", async () => {
    const options = { ...record.options, headSide: "query" as const };
    expect(await withRun({ options })).toContain("Only queries go through this model");
    expect(await cardOf()).not.toContain("Only queries");
  });

  it("names each objective with the files that it was trained on", async () => {
    const file = (path: string, objective: string) => ({
      ...{ path, sha256: "0", rows: 4, columns: {}, kind: "pair" as const },
      ...{ objective, objectiveOptions: { temperature: 0.07 } },
    });
    const files = [file("a.csv", "infonce"), file("b.csv", "cosent"), file("c.csv", "infonce")];
    const card = await withRun({ files });
    const objectives = [...card.matchAll(/^Objective of (.+): .+ \(`(.+)`\)/gm)];
    expect(objectives.map(([, of, name]) => [of, name])).toEqual([
      ["`a.csv`, `c.csv`", "infonce"],
      ["`b.csv`", "cosent"],
    ]);
    expect(card.match(/^- trained on: /gm)).toHaveLength(3);
  });

  it("lists documents and judgements beside queries that selected", async () => {
    const beside = (path: string) => ({ path, sha256: "1", rows: 9 });
    const selecting = { ...record.eval!, corpus: beside("docs.jsonl"), qrels: beside("qrels.tsv") };
    const card = await withRun({ eval: selecting });
    expect(card).toMatch(/- selected by, queries: .*\n.*`docs\.jsonl`.*\n.*`qrels\.tsv`/);
  });

  it("is short for a model without a run", async () => {
    const { run: _, ...bare } = content;
    const card = await modelCard(bare);
    expect(card).toContain(`# ${content.encoder.name}\n`);
    expect(card).not.toMatch(/## Training|## Scores/);
    const cls = await modelCard({
      ...bare,
      encoder: { ...bare.encoder, pooling: "last", normalize: false },
    });
    expect(cls).toContain('{ pooling: "last_token", normalize: false }');
  });
});
