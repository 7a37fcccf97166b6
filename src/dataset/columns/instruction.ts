import type { Cell, DataRecord, RecordSource } from "../readers/record-source.js";
import { textOfCell } from "../texts/record-texts.js";
import type { GivenColumns } from "./resolve-columns.js";
import { normalName } from "./role-names.js";

/**
 * Alpaca's rows (instruction, input, output) with instruction and input as one text, the input on a line of its own; empty inputs add
 * nothing. Left alone where `--columns` names one of the two.
 */
export function withInstruction(
  source: RecordSource,
  given: GivenColumns,
): { readonly source: RecordSource; readonly notes: readonly string[] } {
  const names = source.columns.map(normalName);
  const [instruction, input, output] = ["instruction", "input", "output"].map((name) =>
    names.indexOf(name),
  );
  const named = Object.values(given).some((name) => /^(instruction|input|\d+)$/i.test(name));
  if (instruction < 0 || input < 0 || output < 0 || named) return { source, notes: [] };
  const join = ({ fields, line }: DataRecord): DataRecord => {
    const parts = [fields[instruction], fields[input]].map(textOfCell);
    const text = parts.filter((part) => part !== "").join("\n");
    return { fields: without(fields, input, instruction, text), line };
  };
  return {
    source: {
      ...source,
      columns: source.columns
        .map((name, i) => (i === instruction ? "input" : name))
        .filter((_, i) => i !== input),
      sample: async (count) => (await source.sample(count)).map(join),
      records: async function* () {
        for await (const record of source.records()) yield join(record);
      },
    },
    notes: [
      `the anchor is "${source.columns[instruction]}" and "${source.columns[input]}", one below the other`,
    ],
  };
}

function without(
  fields: readonly Cell[],
  left: number,
  replaced: number,
  text: string,
): readonly Cell[] {
  return fields.map((cell, i) => (i === replaced ? text : cell)).filter((_, i) => i !== left);
}
