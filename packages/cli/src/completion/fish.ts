/** fish quotes what it inserts, and adds no space behind a slash. */
export const fishScript = `# halfkey completion for fish. Keep it as ~/.config/fish/completions/halfkey.fish
function __halfkey_complete
    set -l words (commandline -opc)
    set -l current (string unescape -- (commandline -ct))
    test (count $current) -eq 1; or set current ''
    set -l found (halfkey __complete fish -- $words[2..-1] $current 2>/dev/null)
    if test "$found" = ':files'
        __fish_complete_path $current
    else if test (count $found) -gt 0
        printf '%s\\n' $found
    end
end
complete --command halfkey --no-files --arguments '(__halfkey_complete)'
`;
