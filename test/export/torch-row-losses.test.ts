import { describe, it } from "vitest";
import { exportRecipe } from "../../src/jobs/export-recipe.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { file, inFolder } from "../support/encoder-run.js";
import { tinyEncoder, tinyRun } from "./tiny-run.js";
import { expectSameUpdates, python } from "./torch-run.js";

const things = ["a red car", "the old dog", "my garden", "fresh bread", "a cold night"];
const acts = ["stops here", "is sleeping", "needs water", "smells good", "was sold"];

/** No row's text is another's, and every row has its negative. */
const rows = things.flatMap((thing, i) =>
  acts.map((act, k) => [
    `${thing} ${act}`,
    `look: ${act} ${thing}`,
    `${acts[(k + 2) % 5]} over there ${things[(i + 1) % 5]}`,
  ]),
);
const header = ["anchor", "positive", "negative"];
const triplets = file("triplets.csv", [header, ...rows].map(String));
const margins = file(
  "margins.csv",
  [[...header, "margin"], ...rows.map((texts, i) => [...texts, ((i % 7) - 2) / 5])].map(String),
);

const runs: Readonly<Record<string, Partial<TrainOptions>>> = {
  triplet: { data: triplets, objective: "triplet" },
  "triplet by cosine": {
    data: triplets,
    objective: "triplet",
    objectiveOptions: { distance: "cosine", margin: 0.3 },
  },
  "margin-mse": { data: margins, objective: "margin-mse" },
  "margin-mse by dot product": {
    data: margins,
    objective: "margin-mse",
    objectiveOptions: { similarity: "dot", dims: [24, 8], weights: [1, 0.5] },
  },
};

describe.skipIf(python === undefined)(
  "losses of rows in PyTorch (needs EMBTUNE_PYTHON, a Python with sentence-transformers 6)",
  () => {
    // Twenty-five rows in batches of seven: the last of an epoch has four. A rate at which no triplet's loss comes down to 0, where nothing compares.
    it.each(Object.entries(runs))(
      "%s: one process and two have the losses of the run",
      { timeout: 900_000 },
      async (name, settings) => {
        const model = tinyEncoder("minilm-torchscript-13");
        const fixed = {
          model,
          tune: "full",
          dropout: 0,
          batchSize: 7,
          steps: 20,
          lr: 1e-4,
        } as const;
        const run = await tinyRun({ ...fixed, ...settings });
        const to = inFolder(name);
        await exportRecipe({ run, to });
        expectSameUpdates(run, to, 1);
        expectSameUpdates(run, to, 2);
      },
    );
  },
);
