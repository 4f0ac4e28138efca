import { defineCommand } from "../command.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { zshScript } from "../completion/zsh.ts";
import { write } from "../terminal.ts";

const scripts: Record<string, string> = { bash: bashScript, zsh: zshScript, fish: fishScript };

export const completion = defineCommand({
  name: "completion",
  section: "setup",
  summary: "print what makes a shell complete commands, options and paths",
  description:
    "Paths are those that you may list: the gateway is asked, for a second at most, and nothing is said if it does not answer.",
  arguments: { shell: { summary: "bash, zsh or fish", values: Object.keys(scripts) } },
  options: {},
  formats: ["raw"],
  examples: [
    { command: "source <(halfkey completion bash)", summary: "in ~/.bashrc" },
    { command: "source <(halfkey completion zsh)", summary: "in ~/.zshrc, behind compinit" },
    { command: "halfkey completion fish > ~/.config/fish/completions/halfkey.fish", summary: "once" },
  ],
  async run(context, { arguments: { shell } }) {
    await write(context.terminal.output, scripts[shell] ?? "");
  },
});
