import { readFileSync } from "node:fs";
import { arch } from "node:os";

/**
 * Whether the processor adds up 8-bit products in 32 bits (VNNI on x86, the dot-product instructions of 64-bit Arm). Without,
 * pairs of products saturate at 16 bits, unless weights keep to 7 bits. False where it cannot be told.
 */
export function hasIntegerDotProduct(cpuinfo = "/proc/cpuinfo"): boolean {
  const flags = flagsOf(cpuinfo);
  if (arch() === "arm64") return flags === undefined || flags.includes("asimddp");
  return flags?.some((flag) => /^(avx512_|avx_)vnni$/.test(flag)) ?? false;
}

/** The flags of the first processor; undefined where there is no such file. */
function flagsOf(cpuinfo: string): string[] | undefined {
  try {
    const text = readFileSync(cpuinfo, "utf8");
    return /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? [];
  } catch {
    return undefined;
  }
}
