import { sha256, toHex } from "@halfkey/crypto";
import Type from "typebox";
import type { Services } from "../services.ts";
import { command } from "./command.ts";

/** Identity of a fragment, never the fragment: a hash over its public check values. */
function fragmentInfo({ keyring }: Services): {
  id: string;
  name: string;
  description: string;
  hash: string;
} {
  const epochs = keyring.customerEpochs.map((epoch) => `${epoch}:${keyring.customerKcv(epoch)}`).join();
  const hash = toHex(sha256(Buffer.from(`${keyring.fragment}\0${epochs}`)));
  return { id: keyring.fragment, name: "customer fragment", description: `epochs ${epochs}`, hash };
}

export const listCustomerFragments = command({
  name: "gateway-list-customer-fragments",
  summary: "Tells which customer fragments this gateway holds; never their value.",
  request: Type.Object({}),
  async run(services) {
    return { customer_fragments: [fragmentInfo(services)] };
  },
});

export const listGateways = command({
  name: "list-gateways",
  summary: "Tells about this gateway.",
  request: Type.Object({}),
  async run(services) {
    const { id, name, description, hash } = fragmentInfo(services);
    const { keyring } = services;
    return {
      clusters: [
        {
          id: 1,
          cluster_name: `acc-${keyring.accountHex.slice(0, 12)}/gateway`,
          cluster_url: "",
          display_name: keyring.instance,
          status: "Running",
          status_description: "",
          current_gw: true,
          allowed: true,
          allowed_access_ids: [],
          customer_fragment_ids: [id],
          customer_fragments: [{ id, cf_name: name, description, hash }],
          default_protection_key_id: 0,
          default_secret_location: "",
        },
      ],
    };
  },
});
