/** A word that a shell takes as it is, for commands that we propose: a name in it may be somebody else's choice. */
export function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
