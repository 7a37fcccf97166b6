import { accessSync, constants, readFileSync, statfsSync } from "node:fs";
import { arch, cpus, freemem, platform } from "node:os";
import { onnxruntimeVersion } from "../../runtime/installed.js";
import { machineLimits } from "../../runtime/machine-limits.js";
import type { Check } from "./check.js";

const LEAST_NODE = 20;
/** Bytes: what a head run on the bundled encoder takes, and what full training of a MiniLM takes. */
const LEAST_MEMORY = 0.5 * 2 ** 30;
const GOOD_MEMORY = 3 * 2 ** 30;
const LEAST_DISK = 2 ** 30;

/** Versions, processor, threads, memory and disk. */
export function machineChecks(folder: string): Check[] {
  return [versions(), instructions(), threads(), memory(), disk(folder), writable(folder)];
}

function versions(): Check {
  const major = Number(process.versions.node.split(".")[0]);
  return {
    name: "versions",
    status: major >= LEAST_NODE ? "good" : "bad",
    found: `node ${process.versions.node}, onnxruntime-node ${onnxruntimeVersion()}, ${platform()} ${arch()}`,
    advice: major >= LEAST_NODE ? undefined : `install node ${LEAST_NODE} or newer`,
  };
}

/** Instructions that decide how fast matrix products are, by the names of /proc/cpuinfo. */
const INSTRUCTIONS: readonly (readonly [string, RegExp])[] = [
  ["AVX2", /\bavx2\b/],
  ["AVX-512", /\bavx512f\b/],
  ["VNNI", /\b(avx512_|avx_)vnni\b/],
  ["bf16", /\b(avx512_bf16|amx_bf16|bf16)\b/],
];

function instructions(): Check {
  const model = cpus()[0]?.model ?? "unknown processor";
  const name = "processor";
  const flags = arch() === "x64" ? processorFlags() : undefined;
  if (flags === undefined) return { name, status: "good", found: model };
  const [has, lacks] = [true, false].map((wanted) =>
    INSTRUCTIONS.filter(([, flag]) => flag.test(flags) === wanted).map(([label]) => label),
  );
  const slow = lacks.includes("AVX2");
  return {
    name,
    status: slow ? "slow" : "good",
    found: `${model}: ${has.join(", ") || "none of AVX2, AVX-512, VNNI, bf16"}${lacks.length > 0 ? `; without ${lacks.join(", ")}` : ""}`,
    advice: slow ? "a processor with AVX2 computes several times faster" : undefined,
  };
}

function processorFlags(): string | undefined {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

function threads(): Check {
  const { cores, quota, threads: used } = machineLimits();
  const limit = quota === undefined ? "no quota" : `a quota of ${quota.toFixed(2)} cores`;
  const held = quota !== undefined && quota < 1;
  return {
    name: "threads",
    status: held ? "slow" : "good",
    found: `${used} of ${cores} cores (${limit})`,
    advice: held ? "give the container at least one core" : undefined,
  };
}

const GB = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;

function memory(): Check {
  const { memory: most, memoryLimited } = machineLimits();
  const usable = Math.min(most, freemem());
  const status = usable < LEAST_MEMORY ? "bad" : usable < GOOD_MEMORY ? "slow" : "good";
  return {
    name: "memory",
    status,
    found: `${GB(usable)} free of ${GB(most)}${memoryLimited ? ", the container's limit" : ""}`,
    advice:
      status === "good"
        ? undefined
        : "enough for --tune head on small models; for --tune full see --dry-run and --mini-batch-tokens",
  };
}

function disk(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const status = free < LEAST_DISK ? "slow" : "good";
  const advice = "checkpoints of --tune full take three times the model's size each: lower --keep";
  return {
    name: "disk",
    status,
    found: `${GB(free)} free in ${folder}`,
    advice: status === "good" ? undefined : advice,
  };
}

function writable(folder: string): Check {
  accessSync(folder, constants.W_OK);
  return { name: "write access", status: "good", found: folder };
}
