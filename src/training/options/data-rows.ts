import { columnOptions, dialectOptions } from "../../dataset/reading-options.js";
import type { TrainRows } from "./row.js";

/** What all runs of a comparison read alike. */
const shared = { group: "Data", compared: "shared" } as const;

/** The training files and how they are read. */
export const dataRows = {
  data: {
    ...shared,
    type: "text",
    required: true,
    resume: "free",
    place: "argument",
    description: "training data file",
  },
  moreData: {
    ...shared,
    type: "files",
    resume: "free",
    place: "argument",
    description: "further training data files",
  },
  columns: { ...columnOptions.columns, ...shared },
  labelMap: { ...columnOptions.labelMap, ...shared },
  mix: {
    type: "text",
    default: "proportional",
    group: "Data",
    placeholder: "how",
    description:
      "how batches of several files alternate: proportional, round-robin or temperature:0.5",
  },
  requireNegatives: {
    type: "boolean",
    default: false,
    group: "Data",
    description: "drop NLI premises without a contradiction",
  },
  dropLeaks: {
    ...shared,
    type: "boolean",
    default: false,
    description: "leave out training rows that share a text with the --eval file",
  },
  shuffle: {
    type: "boolean",
    default: true,
    group: "Data",
    description: "batches in a new order each epoch, without duplicates and false negatives",
    negation: "file order, consecutive rows, no care for duplicates and false negatives",
  },
  augment: {
    type: "text",
    group: "Data",
    placeholder: "list",
    description:
      "views of single texts: deletion:0.1,crop:0.1,repetition:0.2,token-cutoff:0.1,dropout:0.1,feature-cutoff:0.1,noise:0.1,mixup:0.1",
  },
  augmentViews: {
    type: "integer",
    min: 2,
    max: 64,
    default: 4,
    group: "Data",
    description: "views made of each text by deletion, crop and repetition; an epoch uses two",
  },
  inputFormat: { ...dialectOptions.inputFormat, ...shared },
  delimiter: { ...dialectOptions.delimiter, ...shared },
  quotes: { ...dialectOptions.quotes, ...shared },
  header: { ...dialectOptions.header, ...shared },
  encoding: { ...dialectOptions.encoding, ...shared },
  ignore: { ...dialectOptions.ignore, ...shared },
  scoreRange: { ...columnOptions.scoreRange, ...shared },
} as const satisfies TrainRows;
