import { columnOptions } from "../../dataset/reading-options.js";
import { commonOptions } from "../../options/common-options.js";
import type { AnyTable } from "../../options/option.js";
import { shardOption } from "./embed.js";
import { runModelOptions, tableOutOptions } from "./shared.js";

const { scoreRange: _, ...columns } = columnOptions;

/** Where the rows and the candidates come from. */
export const mineDataOptions = {
  corpus: {
    common: true,
    type: "text",
    placeholder: "file",
    otherwise: "the positives of the data",
    description: "texts to look through",
  },
  ...columns,
} as const satisfies AnyTable;

/** How negatives are chosen among what is near: flags that make up `rules`. */
export const ruleOptions = {
  numNegatives: {
    type: "integer",
    common: true,
    min: 1,
    default: 3,
    description: "negatives of a row",
  },
  rangeMin: {
    type: "integer",
    min: 0,
    default: 0,
    description: "leave out so many of the nearest candidates",
  },
  rangeMax: {
    type: "integer",
    min: 1,
    otherwise: "as many as needed, ten times that with a rule or at random",
    description: "look at candidates up to this rank",
  },
  maxScore: {
    common: true,
    type: "number",
    min: -1,
    max: 1,
    placeholder: "s",
    description: "leave out candidates with a higher cosine",
  },
  margin: {
    common: true,
    type: "text",
    pattern: /^\s*(\d+\.?\d*|\.\d+)\s*%?\s*$/,
    expected: "a difference of cosines (0.1) or a share (5%)",
    placeholder: "m",
    description:
      "leave out candidates nearer to the positive's cosine than this: 0.1, or a share of it: 5%",
  },
  sampling: {
    type: "choice",
    choices: ["top", "random"],
    default: "top",
    placeholder: "how",
    description: "which of the remaining are taken",
  },
} as const satisfies AnyTable;

export const judgeOption = {
  judge: {
    type: "text",
    placeholder: "model",
    description: "a second model, by whose scores --max-score and --margin go",
  },
} as const satisfies AnyTable;

/** How the search goes. */
export const searchOptions = {
  cache: {
    type: "text",
    placeholder: "dir",
    otherwise: "OUT.cache",
    description: "folder for vectors and unfinished searches, so that a later run goes on",
  },
  batchSize: { type: "integer", min: 1, default: 64, description: "texts of a batch" },
} as const satisfies AnyTable;

/** Every option of `mineNegatives`. */
export const mineTable = {
  data: { type: "text", required: true, description: "pairs, or rows that are converted to pairs" },
  ...mineDataOptions,
  rules: { type: "object", required: true, description: "how negatives are chosen" },
  ...judgeOption,
  ...searchOptions,
  ...shardOption,
  ...runModelOptions,
  ...commonOptions,
} as const satisfies AnyTable;

const { otherwise: __, ...rangeMax } = ruleOptions.rangeMax;

/** What `rules` of `mineNegatives` holds; the command line's flags make it up. */
export const rulesTable = {
  count: { ...ruleOptions.numNegatives, default: undefined, required: true },
  rangeMin: { ...ruleOptions.rangeMin, default: undefined, required: true },
  rangeMax: { ...rangeMax, required: true },
  maxScore: ruleOptions.maxScore,
  margin: { type: "object", description: "{ kind, value }" },
  sampling: { ...ruleOptions.sampling, default: undefined, required: true },
} as const satisfies AnyTable;

/** Every option of `mergeMined`. */
export const mergeMinedTable = {
  files: {
    type: "files",
    required: true,
    description:
      "files of all parts that mine --shard has written, in any order, each with its manifest",
  },
  ...tableOutOptions,
} as const satisfies AnyTable;
