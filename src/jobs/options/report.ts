import type { AnyOption, AnyTable } from "../../options/option.js";
import { overwriteOption } from "./shared.js";

/** What `report` writes. */
export const reportOptions = {
  out: {
    common: true,
    type: "text",
    placeholder: "file",
    otherwise: "report.html in the run folder; of several runs report.html here",
    description: "page to write",
  },
  umap: {
    type: "boolean",
    default: false,
    description:
      "draw the map of the texts by UMAP too, with a switch between it and the principal components: up to 10 s",
  },
  ...overwriteOption,
} as const satisfies AnyTable;

/** What a report is of. */
export const runsOption = {
  type: "files",
  required: true,
  description: "run folders",
} as const satisfies AnyOption;
