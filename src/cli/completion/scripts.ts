/** The scripts ask the program itself, so that they never have to be made anew. */
const scripts = {
  bash: `# bash completion for mw: source <(mw completion bash)
_mw() {
  local IFS=$'\\n'
  COMPREPLY=($(mw __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [ "\${COMPREPLY[0]:-}" = ":files" ]; then
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _mw mw
`,
  zsh: `#compdef mw
# zsh completion for mw: source <(mw completion zsh)
_mw() {
  local -a words_found
  words_found=("\${(@f)$(mw __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${words_found[1]}" == ":files" ]]; then _files; else compadd -- "\${words_found[@]}"; fi
}
compdef _mw mw
`,
  fish: `# fish completion for mw: mw completion fish | source
function __mw_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found (mw __complete $words[2..-1] 2>/dev/null)
  if test "$found[1]" = ":files"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c mw -f -a '(__mw_complete)'
`,
} as const;

export const shells = ['bash', 'zsh', 'fish'] as const;

/** The script for a shell; undefined when there is none. */
export function completionScript(shell: string): string | undefined {
  const known = shells.find((each) => each === shell);
  return known === undefined ? undefined : scripts[known];
}
