import type { ReaderOptions } from "../../dataset/readers/record-source.js";
import { dialectOptions } from "../../dataset/reading-options.js";
import { modelOptions } from "../../encoder/model-options.js";
import { weightOption } from "../../encoder/weight-type.js";
import { requireSignal } from "../../errors/interrupted.js";
import { usageError } from "../../errors/user-error.js";
import type { AnyTable, GivenOf, OptionsOf } from "../../options/option.js";
import { requireFitting, resolveGiven } from "../../options/values.js";

/** A model to run, with the weights that are run. */
export const runModelOptions = {
  ...modelOptions,
  modelDtype: {
    ...weightOption,
    common: true,
    description:
      "weights of --model that are run: q8 its onnx/model_quantized.onnx, fp16 its onnx/model_fp16.onnx",
  },
} as const satisfies AnyTable;

/** Where texts come from a single column. */
export const textColumnOption = {
  column: {
    common: true,
    type: "text",
    placeholder: "name",
    otherwise: "text, or the only column",
    description: "the column that holds the texts",
  },
} as const satisfies AnyTable;

/** A file that must not be there yet. */
export const overwriteOption = {
  overwrite: {
    common: true,
    type: "boolean",
    default: false,
    description: "replace what is there already",
  },
} as const satisfies AnyTable;

/** A table that is written. */
export const tableOutOptions = {
  out: {
    common: true,
    type: "text",
    required: true,
    placeholder: "file",
    description: "file to write: .csv, .tsv or .jsonl, also with .gz",
  },
  ...overwriteOption,
  csvSafe: {
    type: "boolean",
    default: false,
    description: "put ' before cells that a spreadsheet would take for a formula",
  },
} as const satisfies AnyTable;

/** What the library takes in one object, and the command line by flags of their own. */
interface WithReader {
  readonly reader?: ReaderOptions | undefined;
}

/** How a job is watched and stopped. */
interface JobControl {
  readonly signal?: unknown;
  readonly onEvent?: unknown;
}

/** Refuses a signal that would never stop anything, and a listener that cannot be called. Usage errors: bad-signal, bad-listener. */
export function requireControl({ signal, onEvent }: JobControl): void {
  requireSignal(signal);
  if (onEvent === undefined || typeof onEvent === "function") return;
  throw usageError("bad-listener", `onEvent must be a function, got ${JSON.stringify(onEvent)}`);
}

/** Refuses what is no name of a file, where it stands before the options. Usage errors: missing-option, bad-option. */
export function requireFile(data: unknown, owner: string): void {
  const argument = { type: "text", required: true, description: "a file" } as const;
  requireFitting({ data: argument }, { data }, owner);
}

/** The same of several. */
export function requireFiles(data: unknown, owner: string): void {
  const argument = { type: "files", required: true, description: "files" } as const;
  requireFitting({ data: argument }, { data }, owner);
}

/** Options of a job as the library takes them: those of its table, and how files are read. */
export type JobOptions<T extends AnyTable> = GivenOf<T> & WithReader;

/**
 * The options of a job with its defaults. Usage errors unknown-option, missing-option and bad-option for what its table has not or does not
 * take, as the command line refuses it.
 */
export function resolveJob<T extends AnyTable>(
  owner: string,
  table: T,
  { reader, ...given }: JobOptions<T>,
): OptionsOf<T> & WithReader {
  if (reader !== undefined) requireFitting(dialectOptions, reader, `reader of ${owner}`);
  return { ...resolveGiven(table, given as unknown as GivenOf<T>, owner), reader };
}
