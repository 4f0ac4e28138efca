/**
 * Bash splits words at `=` and `:`, and `halfkey __complete bash` knows it. What it prints is quoted here: names
 * are chosen by whoever may create an item, and must not become commands on somebody else's line.
 */
export const bashScript = `# halfkey completion for bash. Load it with: source <(halfkey completion bash)
_halfkey() {
  local line found
  local -a words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  [[ \${#words[@]} -gt 0 ]] && words[-1]=\${words[-1]//\\\\/}
  COMPREPLY=()
  found=$(halfkey __complete bash -- "\${words[@]}" 2>/dev/null) || return 0
  if [[ $found == ':files' ]]; then
    compopt -o default
    return 0
  fi
  while IFS= read -r line; do
    [[ -n $line ]] && COMPREPLY+=("$(printf %q "$line")")
  done <<< "$found"
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then
    compopt -o nospace
  fi
}
complete -F _halfkey halfkey
`;
