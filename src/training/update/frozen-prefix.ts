import { boundaryOf } from "../../encoder/step/embedding-graph.js";
import { finished } from "../../encoder/step/loss-step.js";
import { ATTENTION_MASK, type PreparedEncoder, textShape } from "../../encoder/step/prepare.js";
import { textFeeds } from "../../encoder/step/text-feeds.js";
import { internal } from "../../errors/internal.js";
import { cloneGraph } from "../../graph/rewrite.js";
import { joinLinear } from "../../graph/rewrites/linear.js";
import { shapesFromInput } from "../../graph/rewrites/shapes-from-input.js";
import { splitAt } from "../../graph/rewrites/split.js";
import { packTokens } from "../../graph/rewrites/token-rows.js";
import type { Runtime } from "../../runtime/runtime.js";

/** The layers below those that are trained. */
export interface FrozenPrefix {
  /** H: numbers of a token vector. */
  readonly width: number;
  /** Token vectors of the texts, [n_b, H] each: what enters the first trained layer. */
  readonly run: (texts: readonly Int32Array[]) => Promise<Float32Array[]>;
  readonly release: () => Promise<void>;
}

interface FrozenPrefixOptions {
  readonly encoder: PreparedEncoder;
  /** K: layers that are trained. */
  readonly layers: number;
  readonly padId: number;
  readonly runtime: Runtime;
}

/** Opens the part of the encoder before its last K layers. */
export async function openFrozenPrefix(options: FrozenPrefixOptions): Promise<FrozenPrefix> {
  const { encoder, layers, padId, runtime } = options;
  const boundary = boundaryOf(encoder, layers) ?? internal("the encoder has no such boundary");
  const { graph, packed } = prefixGraph(encoder, boundary);
  const width = Number(encoder.graph.types.get(boundary)?.shape[2]);
  const [output] = graph.outputs as [string];
  const { model, inputs } = finished(graph, []);
  const session = await runtime.createSession(model, { memoryPattern: false });
  return {
    width,
    run: async (texts) => {
      const feeds = textFeeds(texts, { inputs, padId });
      const rows = (await session.run(feeds, [output], { transfer: true }))[output];
      return packed
        ? cutRows(rows.data as Float32Array, texts, width)
        : cutPadded(rows.data as Float32Array, texts, width);
    },
    release: () => session.release(),
  };
}

function prefixGraph(encoder: PreparedEncoder, boundary: string) {
  const graph = cloneGraph(encoder.graph);
  shapesFromInput(graph, ATTENTION_MASK);
  const parts = splitAt(graph, boundary, textShape(graph));
  const { prefix } = parts ?? internal("the encoder cannot be cut at its boundary");
  const note = packTokens(prefix, { attentionMask: ATTENTION_MASK, rowOutputs: [boundary] });
  joinLinear(prefix);
  return { graph: prefix, packed: note.applied > 0 };
}

/** The vectors of real tokens of a padded batch [B, T, H]. */
function cutPadded(
  batch: Float32Array,
  texts: readonly Int32Array[],
  width: number,
): Float32Array[] {
  const row = width * Math.max(0, ...texts.map(({ length }) => length));
  return texts.map(({ length }, i) => batch.slice(i * row, i * row + length * width));
}

function cutRows(rows: Float32Array, texts: readonly Int32Array[], width: number): Float32Array[] {
  let start = 0;
  return texts.map(({ length }) => {
    const end = start + length * width;
    const own = rows.subarray(start, end);
    start = end;
    return own;
  });
}
