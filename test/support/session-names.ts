/** What a session names; each text is used nowhere else, so that finding one proves where it came from. */
export const sessionNames = {
  namespace: "namespace-joplin-71c4",
  secret: "tsig-secret-2f90",
  key: "tsig-secret-key-5be3",
  unicode: "schlüssel-größe-8d21",
  renamed: "renamed-to-c07a",
  movedTo: "moved-to-19fe",
  inVain: "asked-for-in-vain-44b8",
  tag: "tag-of-the-cluster-e9d0",
  laterTag: "tag-added-later-0a67",
  description: "description-for-people-63cc",
  role: "role-of-readers-3c1e",
  renamedRole: "role-with-new-name-b7aa",
  roleDescription: "role-description-12f3",
  rule: "path-of-a-rule-5d0c",
  claim: "claim-name-9b2f",
  claimValue: "claim-value-e41a",
  method: "auth-method-of-ci-70d5",
  renamedMethod: "auth-method-renamed-2ab8",
  issuer: "issuer-of-tokens-8e2d.example",
  audience: "audience-of-tokens-c4b1",
  boundClaim: "bound-claim-value-0f6e",
  serviceAccount: "service-account-e13b",
  cluster: "config-of-cluster-77a0",
  clusterHost: "host-of-cluster-31d7.example",
} as const;

/** What a session writes as values. */
export const sessionValues = {
  value: "value-hmac-sha256-d1f4a8",
  updated: 'value "updated"\n✓ 90ab17',
  large: "value-large-2c55e0",
  user: "user-name-b2d8",
  password: "password-f00c3a91",
  refused: "value-never-written-7790",
  reviewer: "token-of-the-reviewer-5a09",
} as const;
