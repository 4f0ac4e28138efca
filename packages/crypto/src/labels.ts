// Pure: shared with the browser.
import { label } from "./bytes.ts";

/** Every purpose for which a key, hash or signature is made, each once. */
export const labels = {
  controlName: label("control/name"),
  controlHedge: label("control/hedge"),
  controlState: label("control/state"),
  customerShare: label("share/customer"),
  vaultShare: label("share/vault"),
  seal: label("seal"),
  root: label("root"),
  fresh: label("fresh"),
  id: label("id"),
  row: label("row"),
  journal: label("journal"),
  head: label("head"),
  join: label("join"),
  bundle: label("bundle"),
  token: label("token"),
  access: label("access"),
  enrolmentCode: label("enrolment-code"),
  snapshot: label("snapshot"),
} as const;
