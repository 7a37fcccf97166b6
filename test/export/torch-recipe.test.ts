import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { torchLoss } from "../../src/export/torch/torch-loss.js";
import { exportRecipe } from "../../src/jobs/export-recipe.js";
import { objectiveNamed } from "../../src/objectives/registry.js";
import { resolveOptions } from "../../src/objectives/resolve.js";
import { file, inFolder } from "../support/encoder-run.js";
import { tinyEncoder, tinyRun } from "./tiny-run.js";
import { expectSameUpdates, python } from "./torch-run.js";

const things = ["a red car", "the old dog", "my garden", "fresh bread", "a cold night"];
const acts = ["stops here", "is sleeping", "needs water", "smells good", "was sold"];

/** Rows of a thing that are connected through an anchor and a positive, so that none is another's negative; every third row has no negative. */
const data = file("triplets.csv", [
  "anchor,positive,negative",
  ...things.map((thing) => `about ${thing},look: is sleeping ${thing},`),
  ...things.flatMap((thing, i) =>
    acts.map((act, k) =>
      [
        k < 2 ? thing : `${thing} ${act}`,
        `look: ${act} ${thing}`,
        (i + k) % 3 === 0 ? "" : `${acts[(k + 2) % 5]} ${things[(i + 1) % 5]}`,
      ].join(),
    ),
  ),
]);

const settings = {
  data,
  model: tinyEncoder("minilm-torchscript-13"),
  tune: "full",
  dropout: 0,
  batchSize: 7,
  steps: 20,
  lr: 1e-3,
  objectiveOptions: { symmetric: true, dims: [24, 8], weights: [1, 0.5] },
  accumulate: 2,
  maxGradNorm: 0.5,
  prompts: { query: "q: ", document: "d: " },
} as const;

interface Line {
  readonly columns: readonly (readonly number[])[];
  readonly removed?: readonly (readonly [number, number])[];
  readonly absent?: readonly number[];
}

/** Whose rows a row is connected with: its thing's, where its anchor is that alone. */
const component = (anchor: string): string => {
  const thing = anchor.replace(/^q: (about )?/, "");
  return things.includes(thing) ? thing : anchor;
};

const linesOf = <T>(path: string): T[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as T);

let run: string;
const recipe = inFolder("recipe");

beforeAll(async () => {
  run = await tinyRun(settings);
  await exportRecipe({ run, to: recipe });
}, 300_000);

describe("a recipe for PyTorch", () => {
  it("has the batches of all updates, with what is no negative of a row", () => {
    const texts = linesOf<string>(join(recipe, "texts.jsonl"));
    const batches = linesOf<Line>(join(recipe, "batches.jsonl"));
    const rows = readFileSync(data, "utf8").trimEnd().split("\n").slice(1);
    expect(batches.length).toBe(20 * 2);
    let removals = 0;
    let absences = 0;
    for (const { columns, removed = [], absent = [] } of batches) {
      const [anchors, positives, negatives] = columns.map((column) => column.map((i) => texts[i]));
      const B = anchors.length;
      for (let i = 0; i < B; i++) {
        const own = absent.includes(B + i) ? "" : negatives[i].slice("d: ".length);
        expect(rows).toContain(`${anchors[i].slice(3)},${positives[i].slice(3)},${own}`);
      }
      const isRemoved = (row: number, candidate: number) =>
        absent.includes(candidate) || removed.some(([i, j]) => i === row && j === candidate);
      // Connected rows are false negatives of each other; a row's own positive stays.
      for (let i = 0; i < B; i++)
        for (let j = 0; j < B; j++) {
          const connected = component(anchors[i]) === component(anchors[j]);
          expect(isRemoved(i, j)).toBe(i !== j && connected);
        }
      removals += removed.length;
      absences += absent.length;
    }
    expect(removals).toBeGreaterThan(0);
    expect(absences).toBeGreaterThan(0);
  });

  it("says the run's settings and loss in the script", () => {
    const script = readFileSync(join(recipe, "train.py"), "utf8");
    for (const said of [
      "\nSTEPS = 20\n",
      "\nACCUMULATE = 2 ",
      "\nRATE = 0.001 ",
      "\nWARMUP = 2\n",
      "\nMAX_GRAD_NORM = 0.5 ",
      "\nPREFIXES = [(24, 1), (8, 0.5)] ",
      "losses.MultipleNegativesRankingLoss(",
      "scale=1 / 0.05,",
      "gather_across_devices=True,",
      'directions=("query_to_doc", "doc_to_query",),',
      'partition_mode="per_direction",',
    ])
      expect(script).toContain(said);
    expect(script).not.toContain("{{");
  });

  it("is refused where the data have changed since", async () => {
    const before = readFileSync(data);
    writeFileSync(data, `${before}another,row,here\n`);
    await expect(exportRecipe({ run, to: inFolder("changed") })).rejects.toThrow(
      /the data file .* has changed/,
    );
    writeFileSync(data, before);
  });
});

describe("losses of sentence-transformers", () => {
  const loss = (name: string, options = {}) => {
    const definition = objectiveNamed(name);
    return torchLoss({ definition, options: resolveOptions(definition, options) });
  };

  it.each([
    ["cosent", { scale: 10 }, "losses.CoSENTLoss(model, scale=10)", 1],
    ["angle", {}, "losses.AnglELoss(model, scale=20)", 1],
    ["cosine-mse", {}, "losses.CosineSimilarityLoss(model)", 1],
    [
      "contrastive",
      { distance: "euclidean", normalize: false, margin: 0.5 },
      "losses.ContrastiveLoss(model, distance_metric=lambda a, b: (a - b).norm(dim=-1), margin=0.5)",
      2,
    ],
    [
      "triplet",
      { distance: "cosine", margin: 0.3 },
      "losses.TripletLoss(model, distance_metric=lambda a, b: 1 - util.pairwise_cos_sim(a, b), triplet_margin=0.3)",
      1,
    ],
  ])("stand for %s", (name, options, expression, factor) => {
    expect(loss(name, options)).toMatchObject({ expression, factor });
  });

  it.each([
    ["supcon", {}, /writes no supcon/],
    ["infonce", { hardNegativeWeight: 2 }, /infonce with --hard-negative-weight/],
    ["infonce", { directions: "all", partition: "per-text" }, /--partition per-text/],
    ["infonce", { queue: 100 }, /--queue/],
    ["triplet", { mining: "batch-hard" }, /--mining batch-hard/],
  ])("are refused by name: %s %o", (name, options, message) => {
    expect(() => loss(name, options)).toThrow(message);
  });
});

describe.skipIf(python === undefined)(
  "in PyTorch (needs EMBTUNE_PYTHON, a Python with sentence-transformers 6)",
  () => {
    it("two processes have the losses, norms and rates of the run", { timeout: 900_000 }, () => {
      expectSameUpdates(run, recipe, 2);
    });
  },
);
