import { internal } from "../../errors/internal.js";
import { GraphBuilder } from "../builder.js";
import type { Attributes, Graph, Node, Value } from "../ir.js";
import { and, not, or, reshape, scalarLike, where } from "../ops/index.js";
import { onlyReader } from "../readers-writers.js";
import { type RewriteNote, substitute } from "../rewrite.js";
import { sitesOf } from "./attention.js";
import { AttentionIndex } from "./attention-index.js";
import { indexRows, type Operands, pairOperand, rowOperand } from "./row-operands.js";
import { scaledStep } from "./scaled-step.js";
import type { Emission, Unwrapped } from "./step-rule.js";
import { type MaskingSteps, maskingSteps, type TokenWalk, walkTokens } from "./token-graph.js";
import { ROWS, TokenIndex } from "./token-index.js";
import { isOfPairs, rowShape, type TokenLayout } from "./token-layout.js";

/** What is packed, and how the graph is entered and left. */
interface TokenRowsOptions {
  /** The input [B, T] that is 0 at padding. */
  readonly attentionMask: string;
  /** Float inputs [B, T, …] that become inputs of rows [R, …] under the same names. */
  readonly rowInputs?: readonly string[];
  /** Outputs [B, T, …] that become outputs of rows [R, …]; others stay padded. */
  readonly rowOutputs?: readonly string[];
}

const NAME = "packing";

/**
 * Removes padding: what works token by token is computed on rows of real tokens [R, …], and within attention queries, keys
 * and values are gathered to heads of groups that are filled with whole texts (`AttentionIndex`), and back. Values of real tokens and
 * gradients stay the same. New inputs say where tokens stand (`TOKEN_INPUTS`). Where the graph attends in a form that is
 * not known, or without a mask, or other nodes mix tokens, it is left as it is and the note says why.
 */
export function packTokens(graph: Graph, options: TokenRowsOptions): RewriteNote {
  const text = graph.types.get(options.attentionMask)?.shape ?? internal("there is no mask");
  const walk = walkTokens(graph, text);
  const masking = maskingSteps(walk, options.attentionMask);
  const problem = unpackable(walk, masking);
  if (problem !== undefined) return { name: NAME, applied: 0, note: problem };
  const { sites } = sitesOf(walk);
  const packing = new Packing(walk, masking, options.attentionMask);
  for (const name of options.rowInputs ?? []) packing.enter(name);
  for (const node of [...graph.nodes]) packing.pack(node);
  packing.leave(options.rowOutputs ?? []);
  // A table of token vectors has no attention, and no padding once it is packed.
  return { name: NAME, applied: Math.max(1, sites.length), note: "" };
}

/** Why the graph cannot be packed, or undefined. */
function unpackable(walk: TokenWalk, { unmasked }: MaskingSteps): string | undefined {
  const { unknown } = sitesOf(walk);
  if (unknown > 0) return `${unknown} softmaxes over tokens are no attention as it is known`;
  if (walk.steps.size === 0) return "nothing in the graph belongs to tokens";
  if (unmasked !== undefined) return "attention does not mask padding";
  const [mixing] = walk.mixing;
  return mixing === undefined ? undefined : `${mixing.op} "${mixing.name}" mixes tokens`;
}

/** What is added to logits of pairs of different texts: the lowest that stays finite with a mask of its own on top. */
const OTHER_TEXT = -1e30;

/** The state of one packing, and what its steps are written with. */
class Packing implements Emission {
  readonly b: GraphBuilder;
  readonly attention: AttentionIndex;
  private readonly walk: TokenWalk;
  private readonly masking: MaskingSteps;
  private readonly index: TokenIndex;
  private readonly operands: Operands;
  /** Padded value → its rows, or its pairs. */
  private readonly forms = new Map<string, Value>();
  /** Values that are another one with a factor that has been taken into account. */
  private readonly aliases = new Map<string, string>();
  /** Rows that are others reshaped or scaled. */
  private readonly origins = new Map<string, Unwrapped>();

  constructor(walk: TokenWalk, masking: MaskingSteps, attentionMask: string) {
    this.walk = walk;
    this.masking = masking;
    this.b = new GraphBuilder(walk.graph);
    this.index = new TokenIndex(this.b, this.b.value(attentionMask));
    this.attention = new AttentionIndex(this.index);
    const { b, index, attention } = this;
    this.operands = { b, index, attention, text: walk.text, writers: walk.writers };
  }

  /** Makes a float input [B, T, …] one of rows. */
  enter(name: string): void {
    const { graph } = this.walk;
    const i = graph.inputs.findIndex((value) => value.name === name);
    const { dtype, shape } = graph.inputs[i];
    const value = { name, dtype, shape: [ROWS, ...shape.slice(2)] };
    graph.inputs[i] = value;
    graph.types.set(name, { dtype, shape: value.shape });
    this.forms.set(name, value);
  }

  pack(node: Node): void {
    const step = this.walk.steps.get(node);
    if (step === undefined || this.aliases.has(node.outputs[0])) return;
    const values = step.emit(this);
    for (const [i, value] of values.entries()) this.forms.set(node.outputs[i], value);
  }

  /** Gives outputs of the graph their packed form, or a padded one that is filled from it. */
  leave(wanted: readonly string[]): void {
    const substitutes = new Map<string, string>();
    for (const name of this.walk.graph.outputs) {
      const rows = this.forms.get(name);
      if (rows === undefined) continue;
      substitutes.set(name, wanted.includes(name) ? rows.name : this.index.toBatch(rows).name);
    }
    substitute(this.walk.graph, substitutes);
  }

  packed = (name: string): Value => {
    const alias = this.aliases.get(name);
    if (alias !== undefined) return this.packed(alias);
    const known = this.forms.get(name);
    if (known !== undefined) return known;
    const rows = this.index.toRows(this.b.value(name));
    this.forms.set(name, rows);
    return rows;
  };

  pairs = (name: string, layout: TokenLayout): Value =>
    pairOperand(this.operands, this.b.value(name), layout);

  indexRows = (name: string): Value => {
    const x = this.b.value(name);
    return x.shape.length === 2 && x.shape[0] !== 1
      ? this.packed(name)
      : indexRows(this.operands, x);
  };

  append = (node: Node, inputs: readonly (Value | null)[], attributes: Attributes): Value => {
    const [value] = this.appendAll({ ...node, outputs: [node.outputs[0]] }, inputs, attributes);
    return value;
  };

  appendAll = (node: Node, inputs: readonly (Value | null)[], attributes: Attributes): Value[] => {
    const name = this.b.fresh(node.op);
    const outputs = node.outputs.map((_, i) => (node.outputs.length === 1 ? name : `${name}:${i}`));
    const names = inputs.map((value) => value?.name ?? "");
    return this.b.append({ ...node, name, inputs: names, outputs, attributes });
  };

  reshaped = (rows: Value, layout: TokenLayout): Value => {
    const shape = rowShape(layout);
    const same = (x: Value): boolean => `${x.shape}` === `${shape}`;
    if (same(rows)) return rows;
    const { value, scale } = this.origins.get(rows.name) ?? { value: rows, scale: 1 };
    const source = scale === 1 ? value : rows;
    if (same(source)) return source;
    const sizes = shape.slice(1) as number[];
    const result = reshape(this.b, source, [-1, ...sizes], shape);
    this.origins.set(result.name, { value: source, scale: 1 });
    return result;
  };

  unwrapped = (rows: Value): Unwrapped => {
    let found: Unwrapped = { value: rows, scale: 1 };
    for (;;) {
      const origin = this.origins.get(found.value.name);
      if (origin === undefined) return found;
      found = { value: origin.value, scale: found.scale * origin.scale };
    }
  };

  takeFactors = (name: string): number => {
    let scale = 1;
    let current = name;
    for (;;) {
      const reader = onlyReader(this.walk, current);
      const step = reader && scaledStep(this.walk, reader);
      if (reader === undefined || step === undefined) return scale;
      scale *= step.scale;
      this.aliases.set(reader.outputs[0], current);
      current = reader.outputs[0];
    }
  };

  elementwise = (node: Node, layout: TokenLayout): Value => {
    const [output] = node.outputs;
    if (isOfPairs(layout)) return this.pairwise(node, layout);
    const inputs = node.inputs.map((name) => (name === "" ? null : this.rowInput(name, layout)));
    const rows = this.append(node, inputs, node.attributes);
    const scaled = scaledStep(this.walk, node);
    if (scaled !== undefined && this.walk.tokens.has(scaled.name) && output !== "") {
      this.origins.set(rows.name, { value: this.packed(scaled.name), scale: scaled.scale });
    }
    return rows;
  };

  private rowInput(name: string, layout: TokenLayout): Value {
    const own = this.walk.layouts.get(name);
    const known = this.forms.has(name) || this.aliases.has(name);
    if (own === undefined || !this.walk.tokens.has(name)) {
      if (known) return this.packed(name);
      const x = this.b.value(name);
      const whole = x.shape[0] === this.walk.text[0] && x.shape[1] === this.walk.text[1];
      return whole && x.shape.length === layout.length && plain(layout)
        ? this.packed(name)
        : rowOperand(this.operands, x, layout);
    }
    const missing = layout.length - own.length;
    const rows = this.packed(name);
    if (missing === 0) return rows;
    return this.reshaped(rows, [...Array<TokenLayout[number]>(missing).fill([]), ...own]);
  }

  /** A node on logits or weights of pairs of places [G, h, S, S]. */
  private pairwise(node: Node, layout: TokenLayout): Value {
    const guarded = this.guarded(node);
    if (guarded !== undefined) return this.packed(guarded);
    const operands = node.inputs.map((name) => {
      if (name === "") return null;
      if (this.walk.tokens.has(name)) return this.packed(name);
      return this.pairs(name, layout);
    });
    const inputs = this.masking.nodes.has(node) ? this.maskingOthers(node, operands) : operands;
    return this.append(node, inputs, node.attributes);
  }

  /** p of Where(IsNaN(p), 0, p), as PyTorch's sdpa guards rows that are masked throughout: none is, each token attends to itself. */
  private guarded(node: Node): string | undefined {
    const [condition, , otherwise] = node.inputs;
    const test = node.op === "Where" ? this.walk.writers.get(condition) : undefined;
    return test?.op === "IsNaN" && test.inputs[0] === otherwise ? otherwise : undefined;
  }

  /** Operands of the step that masks padding, masking pairs of different texts too. */
  private maskingOthers(node: Node, operands: readonly (Value | null)[]): (Value | null)[] {
    const { b } = this;
    const same = this.attention.sameText();
    const logits = node.inputs.findIndex((name) => this.walk.tokens.has(name));
    if (node.op === "Add") {
      return operands.map((x, i) => {
        if (i === logits || x === null) return x;
        return where(b, same, x, scalarLike(b, OTHER_TEXT, x));
      });
    }
    const [condition, ...branches] = operands;
    if (condition === null) internal("a Where without a condition");
    const chosen = logits === 1 ? and(b, condition, same) : or(b, condition, not(b, same));
    return [chosen, ...branches];
  }
}

/** [B, T, …] */
function plain(layout: TokenLayout): boolean {
  return layout[0][0] === "batch" && layout[1][0] === "tokens" && layout[1].length === 1;
}
