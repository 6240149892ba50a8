import { FILES_WANTED } from './candidates';

/** A script for each shell. What may come next it asks of the program, whose words behind a tab explain; so a new option needs no new script. */
export const SCRIPTS: Readonly<Record<string, (program: string) => string>> = {
  bash: program => `# completion of ecp for bash; in ~/.bashrc: source <(${program} completion bash)
_ecp() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    if [[ "$word" == ${FILES_WANTED} ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("$word")
  done < <(${quoted(program)} completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _ecp ecp
`,
  zsh: program => `#compdef ecp
# completion of ecp for zsh; in ~/.zshrc behind compinit: source <(${program} completion zsh)
_ecp() {
  local line
  local -a found
  while IFS= read -r line; do
    if [[ "$line" == ${FILES_WANTED} ]]; then
      _files
      return
    fi
    found+=("\${\${line//:/\\\\:}/$'\\t'/:}")
  done < <(${quoted(program)} completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe ecp found
}
compdef _ecp ecp
`,
  fish: program => `# completion of ecp for fish; in ~/.config/fish/config.fish: ${program} completion fish | source
function __ecp_words
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l found (${quoted(program)} completion words -- $typed[2..] "$current" 2>/dev/null)
    if contains -- ${FILES_WANTED} $found
        __fish_complete_path "$current"
    else
        printf '%s\\n' $found
    end
end
complete -c ecp -f -a '(__ecp_words)'
`,
};

/** For all three shells: none of them acts on what is in single quotes. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
