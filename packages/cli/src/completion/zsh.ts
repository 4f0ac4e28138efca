/** `compadd` quotes what it inserts. */
export const zshScript = `#compdef halfkey
# halfkey completion for zsh. Load it with: source <(halfkey completion zsh), or keep it as _halfkey in $fpath
_halfkey() {
  local found
  local -a all folders others
  found="$(halfkey __complete zsh -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)" || return 1
  if [[ $found == ':files' ]]; then
    _files
    return
  fi
  all=("\${(@f)found}")
  folders=("\${(@M)all:#*/}")
  others=("\${(@)all:#(*/|)}")
  (( \${#folders} )) && compadd -S '' -- "\${folders[@]}"
  (( \${#others} )) && compadd -- "\${others[@]}"
}
if [[ \${funcstack[1]} == _halfkey ]]; then
  _halfkey "$@"
else
  compdef _halfkey halfkey
fi
`;
