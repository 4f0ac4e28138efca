import type { Place } from "../place.ts";

export const severities = ["error", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** Half-open, offsets in the whole text. */
export interface Range {
  start: number;
  end: number;
}

/** Replaces a range of the whole text. */
export interface Edit extends Range {
  text: string;
}

/** Lines and columns count from 1, columns in UTF-16 units. */
export interface Position {
  line: number;
  column: number;
}

export interface Finding {
  /** Such as `HK008`. */
  rule: string;
  /** Such as `template-index-missing-key`. */
  name: string;
  severity: Severity;
  message: string;
  file: string;
  /** What a `# Source:` comment in rendered text says. */
  origin: string | undefined;
  range: Range;
  start: Position;
  end: Position;
  /** `ExternalSecret joplin/app`; undefined where the text could not be read. */
  subject: string | undefined;
  place: Place;
  /** Makes the finding go away without changing what was meant. */
  edits: readonly Edit[];
}
