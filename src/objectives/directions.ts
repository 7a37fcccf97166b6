import { usageError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { mean } from "../math/statistics.js";
import type { OptionValues } from "../options/option.js";
import {
  batchCandidates,
  type CandidateLogits,
  candidateLogits,
  either,
  firstColumns,
  type LogitOptions,
  type PairInputs,
  sameRow,
  transposedMask,
} from "./candidates.js";
import type { Directions, Partition } from "./common-options.js";
import type { BatchShape } from "./definition.js";
import { scaled, truth } from "./masking.js";

/** From whose text to whose: of a query (anchor) or a document (positive, explicit negative), to those of the batch. */
type Direction = "qd" | "dq" | "qq" | "dd";

/** How the candidates of an objective's softmax are found. */
export interface DirectionOptions extends LogitOptions {
  readonly symmetric: boolean;
  readonly directions: Directions;
  readonly partition: Partition;
}

/**
 * The mean of a loss over its softmaxes, each of which gets the candidates of one or several directions:
 * one of all (joint), one for each text that asks (per-text: a_i with qd and qq, p_i with dq and dd), or one a direction. `symmetric`
 * is qd and dq, one a direction. The pair's own similarity is a candidate of qd and of dq; a text itself, and in dd the other
 * documents of the row, are none.
 */
export function overDirections(
  b: GraphBuilder,
  inputs: PairInputs,
  options: DirectionOptions,
  loss: (candidates: CandidateLogits) => Value,
): Value {
  const losses = softmaxes(options).map((directions) =>
    loss(
      joined(
        b,
        directions.map((direction) => candidatesOf[direction](b, inputs, options)),
      ),
    ),
  );
  const sum = losses.reduce((x, y) => ops.add(b, x, y));
  return scaled(b, sum, 1 / losses.length);
}

/**
 * Mean over the softmaxes of the log of what a text chooses from: infonce where all similarities are equal. `without` takes the own positives
 * out (dcl).
 */
export function chanceOf(
  options: Pick<DirectionOptions, "symmetric" | "directions" | "partition">,
  { rows, negatives, candidates }: BatchShape,
  without = false,
): number {
  const own = without ? 1 : 0;
  const count: Readonly<Record<Direction, number>> = {
    qd: candidates - own,
    dq: rows - own,
    qq: rows - 1,
    dd: (rows - 1) * (1 + negatives),
  };
  const levels = softmaxes(options).map((directions) =>
    Math.log(directions.reduce((sum, direction) => sum + count[direction], 0)),
  );
  return mean(levels);
}

/** Usage error where the options name directions that cannot be had together. */
export function requireDirections(options: OptionValues): void {
  const { directions, partition, symmetric, inBatch } = options;
  if (directions === undefined) return;
  if (directions === "qd" && partition !== "joint")
    throw conflict(
      `--partition ${partition} divides several directions, got --directions qd alone`,
      "give --directions qd+dq or more, or leave --partition out",
    );
  if (directions === "qd") return;
  const chosen = String(directions).split("+");
  if (symmetric === true)
    throw conflict(
      `--symmetric is --directions qd+dq --partition per-direction, got --directions ${directions}`,
      "leave --symmetric out",
    );
  if (inBatch === false)
    throw conflict(
      `--directions ${directions} compares texts of other rows, which --no-in-batch leaves out`,
      "give one of the two",
    );
  if (partition === "per-direction" && (chosen.includes("qq") || chosen.includes("dd")))
    throw conflict(
      `--partition per-direction needs the own positive in each direction, and qq and dd hold none, got --directions ${directions}`,
      "--partition joint or per-text",
    );
  if (partition === "per-text" && chosen.includes("dd") && !chosen.includes("dq"))
    throw conflict(
      `--partition per-text needs dq where dd is, since a document's own query is in dq, got --directions ${directions}`,
      `--directions ${directions}+dq, or --partition joint`,
    );
}

function conflict(message: string, hint: string) {
  return usageError("directions", message, hint);
}

/** The directions of each softmax; the first of each holds the own positive. */
function softmaxes({
  symmetric,
  directions,
  partition,
}: Pick<DirectionOptions, "symmetric" | "directions" | "partition">): Direction[][] {
  if (symmetric) return [["qd"], ["dq"]];
  const chosen = directions.split("+") as Direction[];
  if (partition === "joint") return [chosen];
  if (partition === "per-direction") return chosen.map((direction) => [direction]);
  const asked = (by: string) => chosen.filter((direction) => direction.startsWith(by));
  return [asked("q"), asked("d")].filter(({ length }) => length > 0);
}

type CandidatesOf = (
  b: GraphBuilder,
  inputs: PairInputs,
  options: DirectionOptions,
) => CandidateLogits;

const candidatesOf: Readonly<Record<Direction, CandidatesOf>> = {
  qd: candidateLogits,
  dq: (b, inputs, options) => {
    const swapped = { anchors: inputs.positives, positives: inputs.anchors };
    return candidateLogits(b, { ...swapped, mask: anchorsRemoved(b, inputs) }, options);
  },
  qq: (b, inputs, options) => {
    const { anchors, guided } = inputs;
    const mask = either(b, rowsRemoved(b, baseMask(b, inputs)), guided?.anchorsOfAnchors);
    return withoutOwn(b, candidateLogits(b, { anchors, positives: anchors, mask }, options));
  },
  dd: (b, inputs, options) => {
    const { positives, negatives } = inputs;
    const documents = { anchors: positives, positives, negatives };
    const ownRow = negatives === undefined ? undefined : sameRow(b, documents);
    const mask = either(b, documentsRemoved(b, inputs), ownRow);
    return withoutOwn(b, candidateLogits(b, { ...documents, mask }, options));
  },
};

/** Candidates among which the diagonal is the asking text itself: it is no candidate, and none is the own positive. */
function withoutOwn(b: GraphBuilder, candidates: CandidateLogits): CandidateLogits {
  const { own, negative } = candidates;
  return { ...candidates, own: ops.and(b, own, negative), kept: negative };
}

/** Several directions' candidates side by side; the own positive's logit is the first's. */
function joined(b: GraphBuilder, parts: readonly CandidateLogits[]): CandidateLogits {
  const [first] = parts;
  if (parts.length === 1) return first;
  const beside = (of: (part: CandidateLogits) => Value): Value => ops.concat(b, parts.map(of), 1);
  return {
    positive: first.positive,
    logits: beside(({ logits }) => logits),
    own: beside(({ own }) => own),
    kept: beside(({ kept, own, negative }) => kept ?? ops.or(b, own, negative)),
    negative: beside(({ negative }) => negative),
  };
}

/** What is removed for another reason than a guide's, bool [B,N]. */
function baseMask(b: GraphBuilder, { mask, guided }: PairInputs): Value | undefined {
  const base = guided === undefined ? mask : guided.base;
  return base === undefined ? undefined : truth(b, base);
}

/** What is removed for p_i among the anchors [B,B]; undefined where nothing is. */
function anchorsRemoved(b: GraphBuilder, inputs: PairInputs): Value | undefined {
  const base = baseMask(b, inputs);
  const transposed = base === undefined ? undefined : transposedMask(b, base);
  return either(b, transposed, inputs.guided?.anchorsOfPositives);
}

/** Rows that are none of each other's negatives [B,B]: p_j is removed for a_i, or p_i for a_j. */
function rowsRemoved(b: GraphBuilder, base: Value | undefined): Value | undefined {
  if (base === undefined) return undefined;
  return ops.or(b, firstColumns(b, base), transposedMask(b, base));
}

/** What is removed for p_i among the documents of the batch [B, B + B·K]; explicit negatives are read as a_i's. */
function documentsRemoved(b: GraphBuilder, inputs: PairInputs): Value | undefined {
  const { guided, negatives } = inputs;
  const base = baseMask(b, inputs);
  const rows = either(b, rowsRemoved(b, base), guided?.positivesOfPositives);
  if (negatives === undefined || rows === undefined) return rows;
  const removed = base === undefined ? undefined : explicitColumns(b, base, inputs);
  const explicit = either(b, removed, guided?.negativesOfPositives);
  return explicit === undefined ? undefined : ops.concat(b, [rows, explicit], 1);
}

/** mask[:, B : B + B·K]: what concerns the explicit negatives. */
function explicitColumns(b: GraphBuilder, mask: Value, inputs: PairInputs): Value {
  const rows = ops.unsqueeze(b, ops.dimOf(b, mask, 0), [0]);
  const end = ops.unsqueeze(b, ops.dimOf(b, batchCandidates(b, inputs), 0), [0]);
  return ops.slice(b, mask, { axis: 1, start: rows, end });
}
