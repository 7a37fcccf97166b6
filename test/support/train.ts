import { type ReportedRun, train as trainAndReport } from "../../src/jobs/train.js";

/** Trains without drawing a report, which takes longer than a small run. */
export const train = (settings: Parameters<typeof trainAndReport>[0]): Promise<ReportedRun> =>
  trainAndReport({ report: false, ...settings });
