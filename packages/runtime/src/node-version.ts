const needed = 26;

/** Every program calls this first: an older Node would fail later, with a message that helps nobody. */
export function requireNode26(): void {
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= needed) return;
  process.stderr.write(
    `Halfkey needs Node ${needed} or newer, this is ${process.versions.node}: start it with npx or npm, which bring their own, or install Node ${needed}.\n`,
  );
  process.exit(1);
}
