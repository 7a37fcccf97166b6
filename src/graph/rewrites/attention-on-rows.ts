import { internal } from "../../errors/internal.js";
import type { GraphBuilder } from "../builder.js";
import type { Value } from "../ir.js";
import { and, matmul, mul, not, or, scalarLike, softmax, transpose, where } from "../ops/index.js";
import { producers } from "../rewrite.js";
import type { AttentionSite, MaskStep } from "./attention.js";
import type { AttentionIndex } from "./attention-index.js";

/** One attention, with its inputs as rows [R, H]. */
export interface RowAttention {
  readonly site: AttentionSite;
  /** The step that masks padding: it masks other texts as well. */
  readonly padding: MaskStep | undefined;
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** What is added to logits of pairs of different texts: the lowest that stays finite with a mask of its own on top. */
const OTHER_TEXT = -1e30;

/**
 * The context [R, H] of an attention on rows of packed tokens. Masks and biases of the padded form are looked up for the pairs
 * that meet; the guard against rows that are masked throughout goes, for every token attends to itself.
 */
export function attentionOnRows(
  b: GraphBuilder,
  index: AttentionIndex,
  attention: RowAttention,
): Value {
  const { site, query, key, value } = attention;
  const { heads, headSize, scale } = site;
  const scaled = scale === 1 ? query : mul(b, query, scalarLike(b, scale, query));
  const [q, k, v] = [scaled, key, value].map((rows) => index.toHeads(rows, heads, headSize)) as [
    Value,
    Value,
    Value,
  ];
  let logits = matmul(b, q, transpose(b, k, [0, 1, 3, 2]));
  for (const step of site.masking)
    logits = masked(b, index, step, { logits, ofOthers: step === attention.padding });
  const weights = marked(b, site, softmax(b, logits));
  return index.fromHeads(matmul(b, weights, v), heads, headSize);
}

/** What a step of masking is applied to. */
interface Masking {
  readonly logits: Value;
  /** Whether it is to mask other texts as well. */
  readonly ofOthers: boolean;
}

/** The step on logits of pairs of places [G, h, S, S]. */
function masked(b: GraphBuilder, index: AttentionIndex, step: MaskStep, m: Masking): Value {
  const { node } = step;
  const operands = node.inputs.map((name, i) =>
    i === step.logits ? m.logits : pairs(b, index, name),
  );
  const given = m.ofOthers ? maskingOthers(b, index, step, operands) : operands;
  return b.op(node.op, given, { attributes: node.attributes });
}

/** An operand of [B|1, h|1, T|1, T|1] for pairs of places; numbers as they are. */
function pairs(b: GraphBuilder, index: AttentionIndex, name: string): Value {
  const operand = unexpanded(b, name);
  return operand.shape.every((dim) => dim === 1) ? operand : index.pairs(operand);
}

/** The operand before it was expanded: the logits broadcast it just as well. */
function unexpanded(b: GraphBuilder, name: string): Value {
  const writer = producers(b.graph).get(name);
  const source = writer?.op === "Expand" ? b.value(writer.inputs[0]) : undefined;
  return source?.shape.length === 4 ? unexpanded(b, source.name) : b.value(name);
}

/** Operands of the step that masks padding, masking pairs of different texts too. */
function maskingOthers(
  b: GraphBuilder,
  index: AttentionIndex,
  step: MaskStep,
  operands: readonly Value[],
): Value[] {
  const same = index.sameText();
  const { op } = step.node;
  if (op === "Add") {
    return operands.map((x, i) => {
      if (i === step.logits) return x;
      return where(b, same, x, scalarLike(b, OTHER_TEXT, x));
    });
  }
  if (op !== "Where") internal(`${op} masks no padding`);
  const [condition, ...branches] = operands as [Value, Value, Value];
  const chosen = step.logits === 1 ? and(b, condition, same) : or(b, condition, not(b, same));
  return [chosen, ...branches];
}

/** Attention weights with the mark of dropout that they had. */
function marked(b: GraphBuilder, site: AttentionSite, weights: Value): Value {
  const node = producers(b.graph).get(site.weights);
  if (node?.op !== "Dropout") return weights;
  return b.op("Dropout", [weights], { domain: node.domain, attributes: node.attributes });
}
