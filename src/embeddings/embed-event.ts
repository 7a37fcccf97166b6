import type { EncoderInfo } from "../encoder/encoder.js";

/** What happens while texts are embedded. */
export type EmbedEvent =
  | {
      readonly type: "source";
      readonly column: string;
      readonly dialect: string;
      /** Texts to embed, and those of them that an interrupted export has done. */
      readonly total: number;
    }
  | { readonly type: "model"; readonly info: EncoderInfo }
  | { readonly type: "note"; readonly message: string }
  | { readonly type: "written"; readonly rows: number; readonly before: number };
