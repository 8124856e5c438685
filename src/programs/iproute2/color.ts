/** What `ip -c` colours in the lines of links and addresses (lib/color.c, for a terminal with a light background): names cyan, MACs yellow, IPv4 magenta, IPv6 blue, states green and red. */
export function colored(text: string): string {
  const paint = (code: number, word: string) => `\x1b[${code}m${word}\x1b[0m`;
  return text
    .split('\n')
    .map((line) => {
      if (/^\d+: /.test(line)) return line.replace(/^(\d+: )(\S+?: )/, (_, index: string, name: string) => index + paint(36, name)).replace(/ state (UP|DOWN) /, (_, state: string) => ` state ${paint(state === 'UP' ? 32 : 31, `${state} `)}`);
      return line
        .replace(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, (mac) => paint(33, mac))
        .replace(/^( {4}inet )([\d.]+)/, (_, lead: string, ip: string) => lead + paint(35, ip))
        .replace(/( brd )([\d.]+ )/, (_, lead: string, ip: string) => lead + paint(35, ip))
        .replace(/^( {4}inet6 )([0-9a-f:]+)/, (_, lead: string, ip: string) => lead + paint(34, ip));
    })
    .join('\n');
}
