import { type Check, lookAtCertificate, lookAtName, lookAtPort } from "@halfkey/diagnosis";
import { type ClientPatient, known } from "./client-patient.ts";

export const name: Check<ClientPatient> = {
  id: "name",
  title: "name",
  needs: ["configuration"],
  look: ({ peer }) => lookAtName(known(peer), "gateway-unreachable"),
};

export const port: Check<ClientPatient> = {
  id: "port",
  title: "port",
  needs: ["configuration", "name"],
  look: ({ peer }) => lookAtPort(known(peer), "gateway-unreachable"),
};

export const certificate: Check<ClientPatient> = {
  id: "certificate",
  title: "certificate",
  needs: ["port"],
  look: ({ peer }) =>
    lookAtCertificate(known(peer), {
      unreachable: "gateway-unreachable",
      untrusted: "wrong-ca",
      wrongName: "wrong-name",
      over: "certificate-over",
      notTls: "not-tls",
    }),
};
