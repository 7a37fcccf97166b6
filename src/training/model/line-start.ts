import type { EncoderInfo } from "../../encoder/encoder.js";
import type { PreparedEncoder } from "../../encoder/step/prepare.js";
import type { Runtime } from "../../runtime/runtime.js";
import { filedWeights } from "./filed-weights.js";
import { importEncoder } from "./import-encoder.js";
import type { LineStart, Parameters } from "./interpolate.js";

/** What of a model moves, and from where. */
interface MovedParts {
  /** Start values of the head; none where there is no head. */
  readonly head: Parameters;
  /** Adapters that are trained in the place of the encoder's own weights. */
  readonly adapters: readonly { readonly b: string }[];
}

/** The start of a run on an imported encoder, whose weights are not copied; none where it stays frozen. */
export function lineStart(
  encoder: Pick<PreparedEncoder, "graph" | "weights"> | undefined,
  { head, adapters }: MovedParts,
): LineStart {
  const scaled = new Set(adapters.map(({ b }) => b));
  const names = adapters.length > 0 ? [] : (encoder?.weights ?? []).map(({ name }) => name);
  return { values: new Map([...graphWeights(encoder, names), ...head]), scaled };
}

function graphWeights(
  encoder: Pick<PreparedEncoder, "graph"> | undefined,
  names: readonly string[],
): Parameters {
  const own = names.flatMap((name) => {
    const tensor = encoder?.graph.initializers.get(name);
    return tensor === undefined ? [] : [[name, tensor] as const];
  });
  return new Map(own);
}

/**
 * How the start of a run that trains the encoder is read when it has ended: tensor by tensor from the encoder's own file, since holding on to
 * it would take the memory of a second model, and importing it that of two or three for a moment. With adapters alone nothing is read.
 * `names`: the encoder's weights.
 */
export function laterStart(
  info: EncoderInfo,
  runtime: Runtime,
  { names, ...parts }: MovedParts & { readonly names: readonly string[] },
): () => Promise<LineStart> {
  return async () => {
    const { values: head, scaled } = lineStart(undefined, parts);
    if (parts.adapters.length > 0) return { values: head, scaled };
    const filed = await filedWeights(info.modelFile, names);
    const own = filed ?? graphWeights(await importEncoder(info, runtime), names);
    return { values: { get: (name) => head.get(name) ?? own.get(name) }, scaled };
  };
}
