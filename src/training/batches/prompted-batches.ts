import type { PromptTexts } from "../../encoder/prompts.js";
import { internal } from "../../errors/internal.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { BatchMaker, TextBatch } from "./batch-inputs.js";

/**
 * Batches whose texts have their prompts before them: anchors the query's, positives and negatives the document's, all others the other
 * one. A text on both sides is two texts then. What goes together in a batch, and
 * what is masked in it, stays as it is without prompts.
 */
export function promptedBatches(maker: BatchMaker, prompts: PromptTexts): BatchMaker {
  const { sides } = maker;
  const { query, document, other } = prompts;
  if (sides === undefined) return withPrompt(maker, other);
  return query === document ? withPrompt(maker, query) : withTwoPrompts(maker, sides, prompts);
}

function withPrompt(maker: BatchMaker, prompt: string): BatchMaker {
  if (prompt === "") return maker;
  const { texts } = maker;
  return { ...maker, texts: texts.map((text) => prompt + text), bareTexts: texts };
}

/** Every text gets a number as a query, one as a document, or both; `owners` tells whose they are. */
function withTwoPrompts(
  maker: BatchMaker,
  sides: NonNullable<BatchMaker["sides"]>,
  { query, document }: PromptTexts,
): BatchMaker {
  const asked = new Set(sides.queries);
  const found = new Set(sides.documents);
  const owners: number[] = [];
  const texts: string[] = [];
  const tables = {
    query: new Int32Array(maker.texts.length).fill(-1),
    document: new Int32Array(maker.texts.length).fill(-1),
  };
  const add = (owner: number, side: "query" | "document", text: string): void => {
    tables[side][owner] = owners.push(owner) - 1;
    texts.push(text);
  };
  maker.texts.forEach((text, owner) => {
    if (asked.has(owner)) add(owner, "query", query + text);
    if (found.has(owner)) add(owner, "document", document + text);
  });
  const numbered = (role: string, numbers: Int32Array): Int32Array => {
    const table = tables[role === "anchors" ? "query" : "document"];
    return numbers.map((number) => {
      const place = table[number] ?? -1;
      return place < 0 ? internal("a text without a number") : place;
    });
  };
  const { falseNegatives } = maker;
  return {
    ...maker,
    texts,
    bareTexts: owners.map((owner) => maker.texts[owner]),
    make: (planned) => renumbered(maker.make(planned), numbered),
    falseNegatives:
      falseNegatives === undefined
        ? undefined
        : (rows, numbers) =>
            falseNegatives(
              rows,
              numbers.map((number) => owners[number] ?? -1),
            ),
  };
}

function renumbered(
  batch: TextBatch,
  numbered: (role: string, numbers: Int32Array) => Int32Array,
): TextBatch {
  const entries = Object.entries(batch.texts) as [ObjectiveInput, Int32Array][];
  return {
    ...batch,
    texts: Object.fromEntries(entries.map(([role, own]) => [role, numbered(role, own)])),
  };
}
