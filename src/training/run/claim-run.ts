import { refuseInside } from "../../files/usable-path.js";
import type { TrainSettings } from "../options/settings.js";
import { prepareRunFolder, readRun, removeLeftOver } from "../run-folder/run-folder.js";
import { lockRun, type RunLock } from "../run-folder/run-lock.js";

/**
 * Claims the run folder: a new one is made, that of a resumed run stays as it is but for what a killed process left half written.
 * A folder that is no run stays untouched, and so does one that holds what is to be read.
 */
export function claimRun(
  settings: TrainSettings,
  { resume, overwrite }: { readonly resume: boolean; readonly overwrite: boolean },
): RunLock {
  const { out } = settings;
  if (!resume) {
    refuseInside(out, inputsOf(settings));
    return prepareRunFolder(out, overwrite);
  }
  readRun(out);
  const lock = lockRun(out);
  try {
    removeLeftOver(out);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Every path that a run reads. A hub id is none, unless there is something of that name. */
function inputsOf(settings: TrainSettings): (string | undefined)[] {
  const { data, moreData = [], model, guide, teacher, teacherVectors } = settings;
  const measured = [settings.eval, settings.evalCorpus, settings.evalQrels];
  return [data, ...moreData, ...measured, model, guide, teacher, teacherVectors];
}
