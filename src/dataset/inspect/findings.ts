import type { UserError } from "../../errors/user-error.js";
import type { Defect } from "../texts/defects.js";
import { besideFindings, type NamedColumns } from "./beside-count.js";
import type { FileCount } from "./file-count.js";
import type { BatchInspection, Finding, TextInspection } from "./inspection.js";
import type { Cases } from "./row-repeats.js";
import { singleClasses } from "./summaries.js";
import { type UnknownShare, unknownAdvice } from "./unknown-share.js";

/** What findings are made of. */
interface FindingInputs {
  readonly count: FileCount;
  readonly kind: string | undefined;
  readonly lengths: readonly TextInspection[];
  readonly maxLength: number | undefined;
  readonly unknown: UnknownShare | undefined;
  readonly batch: BatchInspection | undefined;
  readonly names: NamedColumns;
  /** Errors about columns and labels, which would stop training. */
  readonly errors: readonly UserError[];
}

/** What is worth doing something about, the gravest first. */
export function findingsOf(inputs: FindingInputs): Finding[] {
  return [
    ...inputs.errors.map(fromError),
    ...cellFindings(inputs),
    ...rowFindings(inputs),
    ...besideFindings(inputs.count.beside, inputs.count.rows, inputs.names),
    ...labelFindings(inputs),
    ...lengthFindings(inputs),
    ...unknownFindings(inputs),
    ...batchFindings(inputs.batch),
  ];
}

function fromError({ code, message, hint, at }: UserError): Finding {
  const line = at?.line === undefined ? {} : { line: at.line };
  return { code, what: message, count: 1, ...line, advice: hint ?? "mend the file" };
}

function finding(code: string, cases: Cases, [what, advice]: readonly [string, string]): Finding[] {
  const { count, line } = cases;
  return count === 0 ? [] : [{ code, what, count, line, advice }];
}

const defectAdvice: Readonly<Record<Defect, string>> = {
  mojibake: "UTF-8 was read as Windows-1252 once too often: data prepare --clean mends it",
  "HTML entities": "data prepare --clean decodes them",
  "control characters": "data prepare --clean removes them",
  "lost characters": "U+FFFD stands where a character was lost; go back to the source of the data",
  "line breaks": "harmless if meant; data prepare --clean makes them spaces",
};

function cellFindings({ count }: FindingInputs): Finding[] {
  const defects = [...count.defects].flatMap(([defect, cases]) =>
    finding(defect.replace(" ", "-").toLowerCase(), cases, [
      `texts with ${defect}`,
      defectAdvice[defect],
    ]),
  );
  return [
    ...finding("wrong-type", count.notTexts, [
      "cells that hold an object or a nested list instead of a text",
      "name the column that holds the text: --columns anchor=…,positive=…",
    ]),
    ...finding("empty-text", count.emptyTexts, [
      "rows that lack a text",
      "they are left out; if the columns are others, give --columns",
    ]),
    ...finding("placeholder-text", count.placeholders, [
      "texts that are a placeholder for an absent value (NaN, None, NULL, N/A)",
      "they are trained on as texts: drop the rows, or empty the cells so that the rows are left out",
    ]),
    ...finding("several-labels", count.severalLabels, [
      "rows with a list of several labels",
      "training stops at them: write one label a row, or leave the labels out with --columns label=",
    ]),
    ...finding("bad-score", count.badScores, [
      "scores that are no numbers, or percentages beside plain numbers",
      "training stops at them: mend or drop the rows",
    ]),
    ...defects,
  ];
}

function rowFindings({ count, kind }: FindingInputs): Finding[] {
  const { repeats } = count;
  const by = kind === "classed" ? "class" : "label or score";
  return [
    ...finding("conflicting-labels", repeats.conflicting, [
      `rows with the texts of an earlier row and another ${by}`,
      "decide which is right; data prepare --dedupe keeps the first",
    ]),
    ...finding("repeated-rows", repeats.exact, [
      "rows that repeat an earlier row",
      "data prepare --dedupe leaves them out",
    ]),
    ...finding("nearly-repeated-rows", repeats.plain, [
      "rows that repeat an earlier row but for case and punctuation",
      "data prepare --dedupe leaves them out too; as negatives of each other they would be pushed apart",
    ]),
    ...finding("same-texts", repeats.same, [
      "rows with the same text on both sides",
      "they teach nothing: data prepare --dedupe leaves them out",
    ]),
  ];
}

function labelFindings({ count, kind }: FindingInputs): Finding[] {
  if (kind !== "classed") return [];
  return finding("single-texts", singleClasses(count), [
    "classes with a single text",
    "they give no positive pair and serve as negatives only",
  ]);
}

function lengthFindings({ lengths, maxLength }: FindingInputs): Finding[] {
  return lengths.flatMap(({ role, tokens, cut = 0 }) => {
    if (tokens === undefined || cut === 0) return [];
    const count = Math.round(cut * tokens.texts);
    return [
      {
        code: "long-texts",
        what: `sampled ${role} texts with more than ${maxLength} tokens (${(100 * cut).toFixed(1)} %)`,
        count,
        line: tokens.longestLine,
        advice:
          "their ends are not seen: raise --max-length if the model allows it, or cut the texts into passages",
      },
    ];
  });
}

function unknownFindings({ unknown }: FindingInputs): Finding[] {
  if (unknown?.many !== true) return [];
  return [
    {
      code: "unknown-tokens",
      what: `sampled tokens that the model's tokenizer does not know (${unknown.percent} %)`,
      count: unknown.unknown,
      advice: unknownAdvice,
    },
  ];
}

/** Fewer than one in this many batches: not worth a word. */
const rare = 0.1;

function batchFindings(batch: BatchInspection | undefined): Finding[] {
  if (batch === undefined || batch.expected < rare) return [];
  const { expected, batchSize } = batch;
  const pairs = batchSize * (batchSize - 1);
  return [
    {
      code: "false-negatives",
      what: `expected of the ${pairs} negatives in a random batch of ${batchSize} that share a text, group or class with the anchor's row: ${expected.toFixed(1)}`,
      count: Math.round(expected),
      advice:
        "train keeps repeated texts apart and masks the rest; for texts that mean the same in other words give rows a group column, or use classes with supcon",
    },
  ];
}
