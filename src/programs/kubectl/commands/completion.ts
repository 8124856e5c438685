import type { Command } from '../cli.ts';
import { usageError } from '../errors.ts';
import type { Kubectl } from '../kubectl.ts';

/** kubectl completion bash: the shell asks `kubectl __complete` for what may follow. */
export async function run(k: Kubectl, command: Command): Promise<void> {
  const [shell, ...more] = command.args;
  if (shell === undefined) throw usageError(command.path, 'Shell not specified.');
  if (more.length > 0) throw usageError(command.path, 'Too many arguments. Expected only the shell type.');
  if (shell !== 'bash') throw usageError(command.path, `Unsupported shell type ${JSON.stringify(shell)}.`);
  k.out(BASH);
}

const BASH = `# bash completion for kubectl

__start_kubectl()
{
    local words out directive
    words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
    out=$(kubectl __completeNoDesc "\${words[@]}" 2>/dev/null)
    directive=\${out##*:}
    out=\${out%:*}
    COMPREPLY=($(compgen -W "$out" -- "\${COMP_WORDS[COMP_CWORD]}"))
    if (( (directive & 2) != 0 )); then
        compopt -o nospace
    fi
}

complete -o default -F __start_kubectl kubectl
`;
