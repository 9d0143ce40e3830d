/**
 * The script of `completion` for fish. Unlike the one of yargs it leaves file names to fish where the command has
 * nothing to offer. The condition runs first and keeps the offers: the command is started once for each Tab.
 */
export function fishCompletion(tool: string): string {
    const offers = `__${tool.replaceAll('-', '_')}_offers`;
    return `# Installation: ${tool} completion > ~/.config/fish/completions/${tool}.fish
function ${offers}
    set -g ${offers} (${tool} --get-yargs-completions (commandline -opc)[2..] (commandline -ct) 2> /dev/null)
    test (count $${offers}) -gt 0
end
complete -c ${tool} -n ${offers} -f -a '$${offers}'
`;
}
