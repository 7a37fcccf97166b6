import { type HeadSpec, headParameters } from "../../encoder/head.js";
import { type HeadSide, headForwardGraph } from "../../encoder/step/head-part.js";
import { internal } from "../../errors/internal.js";
import type { Embed } from "../../evaluation/metric.js";
import { type Matrix, matrixTensor, type Tensor } from "../../math/tensor.js";
import type { Runtime } from "../../runtime/runtime.js";
import type { Feeds } from "../batches/head-feeds.js";

/** The encoder: vectors [n,E] of n texts. */
export type Encode = (texts: readonly string[]) => Promise<Matrix>;

/** A head that can be applied to vectors [n,E]; parameters come with each call. */
interface OpenHead {
  readonly apply: (x: Matrix, parameters: ReadonlyMap<string, Tensor>) => Promise<Matrix>;
  readonly release: () => Promise<void>;
}

/** Loads the graph of a head. */
export async function openHead(runtime: Runtime, head: HeadSpec): Promise<OpenHead> {
  const session = await runtime.createSession(headForwardGraph(head));
  const names = headParameters(head).map(({ name }) => name);
  return {
    apply: async (x, parameters) => {
      const feeds: Feeds = { x: matrixTensor(x) };
      for (const name of names) {
        feeds[name] = parameters.get(name) ?? internal(`no value for the head's "${name}"`);
      }
      const { y } = await session.run(feeds);
      if (y === undefined) internal("the head's graph has no output y");
      return { rows: x.rows, cols: head.outputDim, data: y.data as Float32Array };
    },
    release: () => session.release(),
  };
}

/** Embeds with the encoder, then the head; with `query` documents keep the encoder's vectors. */
export function headEmbed(
  encode: Encode,
  headSide: HeadSide,
  apply: (x: Matrix) => Promise<Matrix>,
): Embed {
  return async (texts, side) => {
    const vectors = await encode(texts);
    return headSide === "query" && side === "document" ? vectors : apply(vectors);
  };
}
