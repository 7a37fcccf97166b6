import { GraphBuilder } from "../builder.js";
import type { Graph, Node } from "../ir.js";
import { gelu } from "../ops/index.js";
import { type GraphIndex, indexGraph, scalarOf } from "../readers-writers.js";
import { type RewriteNote, substitute } from "../rewrite.js";
import { errorFunction, evaluateAt, isScalarFunction, tensorOperands } from "./scalar-function.js";

type Form = "none" | "tanh";

/** The two forms of GELU (Hendrycks & Gimpel 2016). */
const FORMS: Readonly<Record<Form, (x: number) => number>> = {
  none: (x) => 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2)),
  tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** Where a formula is compared with GELU. The two forms differ by 4e-4 at 2. */
const PROBES = [-3, -1.5, -0.4, 0.3, 1, 2, 3.5];
const TOLERANCE = 1e-5;

/** Most steps from x to erf or tanh, and from there to y. */
const LONGEST = 10;

/**
 * Turns GELU written out with Erf or Tanh, in whatever order exporters multiply, into one Gelu node. A formula is
 * recognised by its values: everything between x and y is elementwise with numbers, and it agrees with GELU at 7 points.
 */
export function raiseGelu(graph: Graph): RewriteNote {
  const m = indexGraph(graph);
  const b = new GraphBuilder(graph);
  const substitutes = new Map<string, string>();
  const seeds = graph.nodes.filter((node) => node.op === "Erf" || node.op === "Tanh");
  for (const seed of seeds) {
    const found = match(m, seed);
    if (found !== undefined) substitutes.set(found.y, gelu(b, b.value(found.x), found.form).name);
  }
  substitute(graph, substitutes);
  const left = graph.nodes.filter((node) => node.op === "Erf").length;
  const note = left === 0 ? "" : `${left} formulas with Erf are not GELU as it is known`;
  return { name: "gelu", applied: substitutes.size, note };
}

function match(m: GraphIndex, seed: Node): { x: string; y: string; form: Form } | undefined {
  const form = seed.op === "Erf" ? "none" : "tanh";
  for (const x of sources(m, seed)) {
    for (const y of results(m, seed, x)) {
      const same = PROBES.every(
        (value) => Math.abs(evaluateAt(m, y, { x, value }) - FORMS[form](value)) <= TOLERANCE,
      );
      if (same) return { x, y, form };
    }
  }
  return undefined;
}

/** Tensors that the seed is a function of, nearest first. */
function sources(m: GraphIndex, seed: Node): string[] {
  const found: string[] = [];
  let open = tensorOperands(m, seed);
  for (let steps = 0; steps < LONGEST && open.length > 0; steps++) {
    found.push(...open.filter((name) => !found.includes(name)));
    open = open.flatMap((name) => {
      const node = m.writers.get(name);
      return node !== undefined && isScalarFunction(node) ? tensorOperands(m, node) : [];
    });
  }
  return found;
}

/** Values computed from the seed, x and numbers alone, nearest first. */
function results(m: GraphIndex, seed: Node, x: string): string[] {
  const found: string[] = [];
  let current: Node | undefined = seed;
  for (let steps = 0; steps < LONGEST && current !== undefined; steps++) {
    const [output] = current.outputs;
    found.push(output);
    const readers: readonly Node[] = m.readers.get(output) ?? [];
    const next: Node | undefined = readers.length === 1 ? readers[0] : undefined;
    current = next !== undefined && isScalarFunction(next) ? next : undefined;
  }
  return found.filter((y) => isFunctionOf(m, y, x));
}

function isFunctionOf(m: GraphIndex, y: string, x: string): boolean {
  return scalarOf(m, x) === undefined && !Number.isNaN(evaluateAt(m, y, { x, value: 0.5 }));
}
