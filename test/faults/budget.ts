/** What decides everything that is drawn; `HALFKEY_FAULT_SEED` asks for another run than the usual one. */
export const seed = Number(process.env.HALFKEY_FAULT_SEED ?? 1);

/** How long the sampled crash points may take, and how many others there are of each kind: `HALFKEY_FAULT_MINUTES`. */
export const minutes = Number(process.env.HALFKEY_FAULT_MINUTES ?? 1.5);
