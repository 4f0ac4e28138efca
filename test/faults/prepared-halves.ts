import { Halves } from "../support/halves.ts";

/** One secret that is there before every fault. */
export const kept = { name: "/faults/kept", value: "what was there before" } as const;

/** Both halves of an account with one secret, stopped in order: what every case begins with a copy of. */
export async function prepareHalves(): Promise<Halves> {
  const halves = new Halves();
  try {
    await halves.startVault({ tls: false });
    await halves.initGateway();
    const gateway = await halves.startGateway();
    await gateway.client.call("create-secret", { ...kept });
    gateway.client.close();
    await halves.stopAll();
    return halves;
  } catch (error) {
    await halves.stop();
    throw error;
  }
}
