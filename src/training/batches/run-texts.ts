import type { PairIndex } from "../../dataset/batches/pair-index.js";
import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { PromptTexts } from "../../encoder/prompts.js";
import { internal } from "../../errors/internal.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { BatchMaker, TextBatch } from "./batch-maker.js";

/**
 * All texts of a run, each with its prompt before it, by number: group by group, a text that several groups have once for each. A text
 * that asks under one prompt and answers under another is two.
 */
export interface RunTexts {
  readonly prompted: readonly string[];
  /** The same without their prompts, for other models, which have prompts of their own. */
  readonly bare: readonly string[];
  /** Component of each text among its group's rows, where rows of a component may not be each other's negatives; −1: none. */
  readonly components: Int32Array;
  /** By group: the numbers of its maker's texts as anchors, and in all other roles; −1: never in it. */
  readonly numbers: readonly { readonly anchors: Int32Array; readonly others: Int32Array }[];
}

/** The batches of a group, and the prompts of its texts. */
export interface PromptedGroup {
  readonly batches: BatchMaker;
  /** Of pairs: the query's before anchors, the document's before positives and negatives. Of other rows: the other one. */
  readonly prompts: PromptTexts;
}

/** Numbers the texts of all groups through. */
export function numberTexts(groups: readonly PromptedGroup[]): RunTexts {
  const prompted: string[] = [];
  const bare: string[] = [];
  const components: number[] = [];
  const numbersOf = ({ batches, prompts }: PromptedGroup) => {
    const { views } = batches;
    const columns = promptColumns(batches, prompts);
    const numbers = columns.map(() => new Int32Array(batches.texts.length).fill(-1));
    // Distinct texts may have equal views.
    const known = new Map<string, number>();
    batches.texts.forEach((own, place) => {
      const text = Math.floor(place / views);
      columns.forEach(({ prompt, used }, column) => {
        if (used?.[text] === 0) return;
        const same = views === 1 ? undefined : known.get(own);
        numbers[column][place] = same ?? bare.length;
        if (same !== undefined) return;
        if (views > 1) known.set(own, bare.length);
        prompted.push(prompt + own);
        bare.push(own);
        components.push(batches.components?.[text] ?? -1);
      });
    });
    return { anchors: numbers[0], others: numbers[columns.length - 1] };
  };
  const numbers = groups.map(numbersOf);
  return { prompted, bare, components: Int32Array.from(components), numbers };
}

function promptColumns(
  { pairs, negatives }: BatchMaker,
  { query, document, other }: PromptTexts,
): readonly { readonly prompt: string; readonly used?: Uint8Array }[] {
  if (pairs === undefined) return [{ prompt: other }];
  if (query === document) return [{ prompt: query }];
  const answers = negatives > 0 ? [pairs.positives, pairs.negatives] : [pairs.positives];
  return [
    { prompt: query, used: marked(pairs, [pairs.anchors]) },
    { prompt: document, used: marked(pairs, answers) },
  ];
}

function marked({ texts }: PairIndex, columns: readonly Int32Array[]): Uint8Array {
  const marks = new Uint8Array(texts.length);
  for (const column of columns) for (const text of column) marks[text] = 1;
  return marks;
}

/** Groups with their batches and their places among all rows, and the numbers of their texts. */
interface NumberedGroups {
  readonly groups: readonly { readonly first: number; readonly batches: BatchMaker }[];
  readonly texts: RunTexts;
}

/** The batch of these rows of the run. In epoch e (from 0) an anchor is its view 2e mod V, in any other role a text is view 2e + 1 mod V. */
export function makeBatch({ groups, texts }: NumberedGroups, planned: PlannedBatch): TextBatch {
  const group = groupNumber(groups, planned.rows);
  const { first, batches } = groups[group];
  const { anchors, others } = texts.numbers[group];
  const { views } = batches;
  const made = batches.make({ ...planned, rows: planned.rows.map((row) => row - first) });
  const entries = Object.entries(made.texts) as [ObjectiveInput, Int32Array][];
  const numbered = entries.map(([role, own]) => {
    const isAnchor = role === "anchors";
    const column = isAnchor ? anchors : others;
    const view = (2 * planned.epoch + (isAnchor ? 0 : 1)) % views;
    return [role, own.map((text) => column[text * views + view])] as const;
  });
  return { ...made, group, texts: Object.fromEntries(numbered) };
}

/** Which group the rows of a batch are of. */
export function groupNumber(
  groups: readonly { readonly first: number }[],
  rows: Int32Array,
): number {
  const first = rows[0] ?? 0;
  const group = groups.findLastIndex((one) => one.first <= first);
  return group < 0 ? internal(`no group has row ${first}`) : group;
}
