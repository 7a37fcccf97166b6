import { UserError } from "../../errors/user-error.js";
import { shuffle } from "../../math/random.js";
import type { ClassedRow } from "../rows/row-types.js";
import { componentsOf } from "./components.js";
import { keyLists, type PackItems, pack } from "./packing.js";
import { plannedOnce, type Sampler } from "./sampler.js";
import { epochRandom } from "./samplers.js";

interface ClassSamplerOptions {
  /** Texts in a batch, at most. */
  readonly batchSize: number;
  readonly seed: number;
  /** M: texts of a class that come together, at least 2. The last ones of a class may be M + 1, or fewer. */
  readonly perClass: number;
  /**
   * "text": no text twice in a batch. "component": besides, no two classes that share a text, so that no text is a negative of
   * itself; the default for classes made of pairs.
   */
  readonly avoid?: "text" | "component";
}

/**
 * Class-balanced P × M batches: P classes with M texts each, P·M ≤ batchSize, each text once an epoch. A class comes twice in a
 * batch only when no other is left. Classes of one text serve as negatives. A batch without two texts of one class, or of one class
 * only, is left out.
 */
export function classSampler(rows: readonly ClassedRow[], options: ClassSamplerOptions): Sampler {
  const facts = rowFacts(rows, options);
  return plannedOnce((epoch) => {
    const units = classUnits(rows, facts, options, epoch);
    const rowsOf = (packed: readonly number[]): number[] => packed.flatMap((u) => units[u]);
    const packed = pack(unitItems(units, facts), Array.from(units.keys()), {
      capacity: options.batchSize,
      legal: (batch) => hasContrast(rowsOf(batch), facts.labels),
    });
    return {
      batches: packed.batches.map((batch) => Int32Array.from(rowsOf(batch))),
      unused: Int32Array.from(rowsOf(packed.unused)),
    };
  }, noContrast);
}

/** Class numbers of the labels, in order of first appearance. */
export function classNumbers(rows: readonly ClassedRow[]): Int32Array {
  return numbersOf(rows.map((row) => row.label));
}

interface RowFacts {
  readonly labels: Int32Array;
  readonly texts: Int32Array;
  readonly components: Int32Array | undefined;
}

function rowFacts(rows: readonly ClassedRow[], options: ClassSamplerOptions): RowFacts {
  const avoid =
    options.avoid ?? (rows.some((row) => row.unit !== undefined) ? "component" : "text");
  return {
    labels: classNumbers(rows),
    texts: numbersOf(rows.map((row) => row.text)),
    components: avoid === "component" ? componentsOf(rows, classKeys) : undefined,
  };
}

/** No trimmed text begins with a line break, so a class or unit never equals a text. */
function classKeys({ text, label, unit }: ClassedRow): readonly string[] {
  const keys = [text, `\nclass ${label}`];
  return unit === undefined ? keys : [...keys, `\nunit ${unit}`];
}

/** Rows that travel together: those of one pair row, or M of a class; in random order. */
function classUnits(
  rows: readonly ClassedRow[],
  facts: RowFacts,
  options: ClassSamplerOptions,
  epoch: number,
): number[][] {
  const random = epochRandom(options.seed, epoch);
  const byUnit = new Map<number, number[]>();
  const byClass = new Map<number, number[]>();
  rows.forEach(({ unit }, row) => {
    if (unit === undefined) append(byClass, facts.labels[row], row);
    else append(byUnit, unit, row);
  });
  const ofClasses = [...byClass.values()].flatMap((members) =>
    chunks(shuffle(members, random), facts.texts, Math.max(2, options.perClass)),
  );
  return shuffle([...byUnit.values(), ...ofClasses], random);
}

/** M at a time; a single one left over joins the last chunk; repetitions of a text stand alone. */
function chunks(members: readonly number[], texts: Int32Array, perClass: number): number[][] {
  const seen = new Set<number>();
  const repeated: number[][] = [];
  const distinct = members.filter((row) => {
    const text = texts[row];
    if (seen.has(text)) repeated.push([row]);
    return !seen.has(text) && seen.add(text);
  });
  const found: number[][] = [];
  for (let start = 0; start < distinct.length; start += perClass) {
    const chunk = distinct.slice(start, start + perClass);
    const last = found.at(-1);
    if (chunk.length === 1 && last !== undefined) last.push(chunk[0]);
    else found.push(chunk);
  }
  return [...found, ...repeated];
}

/** Texts and components are hard, classes soft. */
function unitItems(
  units: readonly (readonly number[])[],
  { labels, texts, components }: RowFacts,
): PackItems {
  const rows = labels.length;
  const hard = keyLists(units.length, (unit, add) => {
    const members = units[unit];
    if (components !== undefined) add(2 * rows + components[members[0]]);
    for (const row of members) add(texts[row]);
  });
  const soft = keyLists(units.length, (unit, add) => {
    for (const label of new Set((units[unit] as number[]).map((row) => labels[row])))
      add(rows + label);
  });
  return { hard, soft, sizes: Int32Array.from(units, (unit) => unit.length), keyCount: 3 * rows };
}

/** Whether some class has two texts and there is another class. */
function hasContrast(batch: readonly number[], labels: Int32Array): boolean {
  const found = new Set(batch.map((row) => labels[row]));
  return found.size > 1 && found.size < batch.length;
}

function numbersOf(names: readonly string[]): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(names, (name) => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, numbers.size);
    return numbers.size - 1;
  });
}

function append(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function noContrast(): UserError {
  return new UserError(
    "no-legal-batch",
    "no batch can be made that has two texts of one class and a text of another",
    {
      hint: "give at least two classes and two texts of one of them, and a batch size that holds three texts",
    },
  );
}
