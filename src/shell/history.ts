/** History expansion (bash(1), HISTORY EXPANSION): !! !n !-n !text !?text? with :^ :$ :* :n, and ^old^new. */
export function expandHistory(line: string, history: readonly string[]): { text: string } | { error: string } {
  const quick = /^\^([^^]+)\^([^^]*)\^?/.exec(line);
  if (quick) {
    const last = history.at(-1);
    if (last === undefined || !last.includes(quick[1]!)) return { error: `:s${line}: substitution failed` };
    return { text: last.replace(quick[1]!, quick[2]!) };
  }
  if (!line.includes('!')) return { text: line };
  let out = '', i = 0, single = false, double = false;
  while (i < line.length) {
    const c = line[i]!;
    if (c === '\\' && !single) {
      out += line.slice(i, i + 2);
      i += 2;
      continue;
    }
    if (c === "'" && !double) single = !single;
    else if (c === '"' && !single) double = !double;
    if (c !== '!' || single || /^!(?:[\s=(]|$|")/.test(line.slice(i)) || line.slice(0, i).endsWith('${') || line.slice(0, i).endsWith('[') || line.slice(0, i).endsWith('$')) {
      out += c;
      i++;
      continue;
    }
    const event = /^!(?:(!)|(-?\d+)|\?([^?\n]+)\??|([$^*])|([^\s:;&|()<>"'$^*!]+))/.exec(line.slice(i));
    if (!event) {
      out += c;
      i++;
      continue;
    }
    let command: string | undefined;
    if (event[1] || event[4]) command = history.at(-1);
    else if (event[2]) command = event[2].startsWith('-') ? history.at(Number(event[2])) : history[Number(event[2]) - 1];
    else if (event[3]) command = history.findLast((h) => h.includes(event[3]!));
    else command = history.findLast((h) => h.startsWith(event[5]!));
    if (command === undefined) return { error: `${event[0]}: event not found` };
    i += event[0].length;
    let text = command;
    const word = event[4] ? [event[4]] : /^:([\^$*]|\d+)|^([\^$*])/.exec(line.slice(i));
    if (word) {
      const which = event[4] ?? word[1] ?? word[2]!;
      if (!event[4]) i += word[0]!.length;
      const words = command.match(/(?:"(?:\\.|[^"])*"|'[^']*'|\\.|[^\s"'])+/g) ?? [];
      text = which === '^' ? (words[1] ?? '') : which === '$' ? (words.at(-1) ?? '') : which === '*' ? words.slice(1).join(' ') : (words[Number(which)] ?? '');
    }
    out += text;
  }
  return { text: out };
}
