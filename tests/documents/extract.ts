/** What a document of the course asks to be typed, applied or followed. */
export interface Item {
  /** `000:935` */
  id: string;
  kind: 'command' | 'manifest' | 'link';
  text: string;
  /** First word of a command, kind of a manifest, or where a link leads. */
  tool: string;
}

const TOOLS =
  'kubectl|minikube|curl|docker|podman|kind|crictl|etcdctl|ETCDCTL_API=3|systemctl|journalctl|iptables|ip|ipvsadm|netstat|netstate|kubeadm|ssh|cat|ls|apt|route|ping|nslookup|wget|watch|export|for|while|done|echo|sudo|weave|base64|openssl|ps|df|free|top|mkdir|cd|git|nsenter|KUBE_EDITOR|time|helm|grep';
const COMMAND = new RegExp(`^\\s*(?:[│|]\\s*)?(?:\\$ |# (?=sudo )|\\S+ ~ ➜\\s+)?((?:${TOOLS})(?=\\s|$).*?)\\s*[│|]?\\s*$`);
/** Blocks in a language of commands; elsewhere only lines with a prompt count. */
const SHELL = new Set(['bash', 'sh', 'shell', 'console']);

/** Reads a document line by line: commands in code blocks and in the text, manifests, links and pictures. */
export function extract(document: string, text: string): Item[] {
  const items: Item[] = [];
  const lines = text.split('\n');
  let language: string | undefined, block: { line: number; lines: string[] } | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    const [, fence] = /^\s*```\s*(\w*)/.exec(line) ?? [];
    if (fence !== undefined) {
      if (block) {
        const manifest = block.lines.join('\n');
        const kinds = [...manifest.matchAll(/^\s*kind:\s*(\S+)/gm)].map((m) => m[1]!);
        if (/^\s*apiVersion:/m.test(manifest) && kinds.length > 0) items.push({ id: `${document}:${block.line}`, kind: 'manifest', text: manifest.split('\n')[0]!.trim(), tool: kinds.join(' ') });
        block = undefined;
        language = undefined;
      } else {
        language = fence;
        block = { line: i + 2, lines: [] };
      }
      continue;
    }
    if (block) {
      block.lines.push(line);
      const prompted = /^\s*(?:[│|]\s*)?(\$ |\S+ ~ ➜)/.test(line) || /^\s*(iptables -|kubectl apply -f )/.test(line);
      if (SHELL.has(language ?? '') || prompted) {
        const [, command] = COMMAND.exec(line) ?? [];
        if (command !== undefined && !(SHELL.has(language ?? '') && /^\S+:\s|^[A-Z]{3,}\s{2,}/.test(command))) {
          const at = i;
          let whole = command, k = i;
          while (whole.endsWith('\\') && k + 1 < lines.length) whole = `${whole.slice(0, -1).trimEnd()} ${lines[++k]!.trim()}`;
          if (/^(for|while)\b.*do\s*$/.test(whole)) while (k + 1 < lines.length && !/^\s*done\b/.test(lines[k]!)) whole += `\n${lines[++k]!.trim()}`;
          if (!/^done\b/.test(whole)) items.push({ id: `${document}:${at + 1}`, kind: 'command', text: whole, tool: /^(?:ETCDCTL_API=3|sudo)\s+(\S+)/.exec(whole)?.[1] ?? whole.split(/\s/)[0]! });
          i = k;
        }
      }
    } else {
      for (const m of line.matchAll(/`([^`]+)`/g)) {
        const [, command] = COMMAND.exec(m[1]!) ?? [];
        if (command !== undefined && /\s/.test(command)) items.push({ id: `${document}:${i + 1}`, kind: 'command', text: command, tool: command.split(/\s/)[0]! });
      }
    }
    for (const m of line.matchAll(/\]\(([^)\s]+)\)|(https?:\/\/[^\s)`'"│<]+)/g)) {
      const to = m[1] ?? m[2]!;
      const inCommand = m[2] !== undefined && (block !== undefined || /`[^`]*https?:/.test(line));
      if (!inCommand) items.push({ id: `${document}:${i + 1}`, kind: 'link', text: to, tool: to.startsWith('#') ? 'section' : /\.(png|jpg)$/.test(to) ? 'picture' : to.startsWith('http') ? 'web' : 'file' });
    }
  }
  return items;
}
