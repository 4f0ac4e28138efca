/** A wait of one loop that somebody else may cut short. */
export class Pause {
  #end: () => void = () => {};

  /** Resolves after so long, or at the next {@link end}. */
  for(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the wait that is under way, if any. */
  end(): void {
    this.#end();
  }
}
