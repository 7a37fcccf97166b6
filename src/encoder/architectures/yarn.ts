interface YarnForm {
  /** θ, the base of the frequencies. */
  readonly theta: number;
  /** By how much longer texts may be than those the model was first trained on. */
  readonly factor: number;
  /** How long those were. */
  readonly original: number;
  /** Turns in that length from which on a frequency stays; default 32. */
  readonly fast?: number | undefined;
  /** Turns up to which a frequency is stretched by the whole factor; default 1. */
  readonly slow?: number | undefined;
  /** Factor on cosines and sines; default by mscale, or by the factor alone. */
  readonly scale?: number | undefined;
  readonly mscale?: number | undefined;
  readonly mscaleAll?: number | undefined;
  /** Whether the borders between the three ranges are whole features. */
  readonly truncate: boolean;
}

/** YaRN (Peng 2023, sections 3.2 to 3.4) as transformers reckons it, from the plain frequencies: others, and a factor on cosines and sines. */
export function yarn(
  plain: Float32Array,
  form: YarnForm,
): { readonly frequencies: Float32Array; readonly scale: number } {
  const { theta, factor, original, fast, slow, truncate } = form;
  const half = plain.length;
  // The feature that makes this many turns in the original length. 0 stands for the default, as in Python's `or`.
  const featureOf = (turns: number): number =>
    (half * Math.log(original / (turns * 2 * Math.PI))) / Math.log(theta);
  const first = featureOf(fast || 32);
  const last = featureOf(slow || 1);
  const low = Math.max(truncate ? Math.floor(first) : first, 0);
  const high = Math.min(truncate ? Math.ceil(last) : last, 2 * half - 1);
  const width = low === high ? 0.001 : high - low;
  const frequencies = plain.map((x, i) => {
    const stretched = Math.min(1, Math.max(0, (i - low) / width));
    return (x / factor) * stretched + x * (1 - stretched);
  });
  return { frequencies, scale: form.scale ?? defaultScale(form) };
}

/** 0.1 · m · ln(factor) + 1, the m of `mscale` over that of `mscale_all_dim` where both are given. */
function defaultScale({ factor, mscale, mscaleAll }: YarnForm): number {
  const by = (m: number): number => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  return mscale && mscaleAll ? by(mscale) / by(mscaleAll) : by(1);
}
