/** What one kind of Secret is made of. */
export interface SecretTemplate {
  summary: string;
  /** The Secret's type. */
  type: string | undefined;
  /**
   * The words that the given paths are for, and by what a path's last part tells that it is for one; undefined: as
   * many as are given, each under its own name.
   */
  parts: Record<string, RegExp> | undefined;
  /** Lines of `target.template.data`, of the names under which ESO has the values; undefined: none. */
  data?(names: readonly string[]): Record<string, string>;
}

export const secretTemplates = {
  opaque: {
    summary: "each value under its own name",
    type: undefined,
    parts: undefined,
  },
  dockerconfigjson: {
    summary: "one value, for imagePullSecrets",
    type: "kubernetes.io/dockerconfigjson",
    parts: { config: /./ },
    data: () => ({ ".dockerconfigjson": "{{ .config }}" }),
  },
  tls: {
    summary: "a certificate and its key",
    type: "kubernetes.io/tls",
    parts: { key: /key/i, certificate: /crt|cert|chain|pem/i },
    data: () => ({ "tls.crt": "{{ .certificate }}", "tls.key": "{{ .key }}" }),
  },
  dotenv: {
    summary: "one file .env with a line for each value",
    type: undefined,
    parts: undefined,
    data: (names) => ({ ".env": names.map((name) => `${name}={{ .${name} | quote }}\n`).join("") }),
  },
  "basic-auth": {
    summary: "a user name and a password",
    type: "kubernetes.io/basic-auth",
    parts: { username: /user|login|name/i, password: /pass|secret|token/i },
    data: () => ({ username: "{{ .username }}", password: "{{ .password }}" }),
  },
  "ssh-auth": {
    summary: "one private key",
    type: "kubernetes.io/ssh-auth",
    parts: { key: /./ },
    data: () => ({ "ssh-privatekey": "{{ .key }}" }),
  },
} as const satisfies Record<string, SecretTemplate>;

export type SecretTemplateName = keyof typeof secretTemplates;
export const secretTemplateNames = Object.keys(secretTemplates) as SecretTemplateName[];
