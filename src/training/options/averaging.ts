/** Which weights stand at the end of training: the last, an exponential moving average, or the mean of the last k evaluations'. */
type Averaging =
  | { readonly kind: "off" }
  | { readonly kind: "ema"; readonly decay: number }
  | { readonly kind: "last"; readonly count: number };

/** What `--average` may be. */
export const AVERAGE_PATTERN = /^(off|ema:0?\.\d+|last:([2-9]|[1-9]\d{1,3}))$/;

/** What `--average` means. */
export function averagingOf({ average }: { readonly average: string }): Averaging {
  const [kind, value = ""] = average.split(":");
  if (kind === "ema") return { kind, decay: Number(value) };
  return kind === "last" ? { kind, count: Number(value) } : { kind: "off" };
}
