import type { ObjectiveInput } from "../../objectives/roles.js";
import type { BatchMaker, TextBatch } from "./batch-inputs.js";

/** The batches of all groups by the numbers that rows and texts have in the whole run: a group's follow those of the groups before it. */
export interface NumberedBatches {
  /** The texts of all groups; one that several have stands once for each. */
  readonly texts: readonly string[];
  /** Without their prompts. */
  readonly bareTexts: readonly string[];
  /** By group. */
  readonly makers: readonly Pick<BatchMaker, "make" | "falseNegatives">[];
}

/** Numbers the texts of all groups through. */
export function numberedBatches(
  groups: readonly { readonly batches: BatchMaker; readonly first: number }[],
): NumberedBatches {
  let before = 0;
  const makers = groups.map(({ batches, first }) => {
    const place = { first, firstText: before };
    before += batches.texts.length;
    return shifted(batches, place);
  });
  return {
    texts: groups.flatMap(({ batches }) => batches.texts),
    bareTexts: groups.flatMap(({ batches }) => batches.bareTexts ?? batches.texts),
    makers,
  };
}

function shifted(
  { make, falseNegatives }: BatchMaker,
  { first, firstText }: { readonly first: number; readonly firstText: number },
): Pick<BatchMaker, "make" | "falseNegatives"> {
  if (first === 0 && firstText === 0) return { make, falseNegatives };
  const own = (rows: Int32Array): Int32Array => rows.map((row) => row - first);
  return {
    make: (planned) => {
      const batch = make({ ...planned, rows: own(planned.rows) });
      return { ...batch, rows: planned.rows, texts: textsFrom(firstText, batch.texts) };
    },
    falseNegatives:
      falseNegatives === undefined
        ? undefined
        : (rows, texts) =>
            falseNegatives(
              own(rows),
              texts.map((text) => (text < 0 ? text : text - firstText)),
            ),
  };
}

function textsFrom(first: number, texts: TextBatch["texts"]): TextBatch["texts"] {
  const entries = Object.entries(texts) as [ObjectiveInput, Int32Array][];
  return Object.fromEntries(
    entries.map(([role, numbers]) => [role, numbers.map((number) => number + first)]),
  );
}
