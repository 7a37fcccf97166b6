import { usageError } from "../errors/user-error.js";

/** Where a scheduler says which part a process is: its number, the first number there is, and how many parts. */
interface Scheduler {
  readonly name: string;
  readonly index: string;
  readonly count: string | undefined;
  readonly first?: string;
  readonly step?: string;
}

/** Most particular first: a job of an array may set RANK for processes of its own. */
const schedulers: readonly Scheduler[] = [
  {
    name: "Slurm",
    index: "SLURM_ARRAY_TASK_ID",
    count: "SLURM_ARRAY_TASK_COUNT",
    first: "SLURM_ARRAY_TASK_MIN",
    step: "SLURM_ARRAY_TASK_STEP",
  },
  { name: "AWS Batch", index: "AWS_BATCH_JOB_ARRAY_INDEX", count: "AWS_BATCH_JOB_ARRAY_SIZE" },
  { name: "Kubernetes", index: "JOB_COMPLETION_INDEX", count: undefined },
  { name: "SkyPilot", index: "SKYPILOT_NODE_RANK", count: "SKYPILOT_NUM_NODES" },
  { name: "torchrun", index: "RANK", count: "WORLD_SIZE" },
];

/**
 * What `--shard auto` and `--shard auto/n` mean in an environment: `i/n`, i from 1. Kubernetes tells a pod its number and not how many there
 * are, which auto/n says. Other texts stay as they are. Usage errors: no-scheduler, shard-count.
 */
export function clusterShard(
  text: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const match = /^auto(?:\/(\d+))?$/.exec(text ?? "");
  if (match === null) return text;
  const scheduler = schedulers.find(({ index }) => isNumber(environment[index]));
  if (scheduler === undefined)
    throw usageError(
      "no-scheduler",
      `--shard auto found none of ${schedulers.map(({ index }) => index).join(", ")}`,
      "say which part this is: --shard 1/4",
    );
  const { name, index, count, first, step } = scheduler;
  const value = (variable: string | undefined): number | undefined =>
    variable !== undefined && isNumber(environment[variable])
      ? Number(environment[variable])
      : undefined;
  const of = match[1] === undefined ? value(count) : Number(match[1]);
  if (of === undefined)
    throw usageError(
      "shard-count",
      `--shard auto: ${name} says that this is part ${environment[index]} and not of how many`,
      `say how many: --shard auto/4${count === undefined ? "" : `, or set ${count}`}`,
    );
  const from = value(first) ?? 0;
  const part = (Number(environment[index]) - from) / (value(step) ?? 1);
  return `${part + 1}/${of}`;
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text);
}
