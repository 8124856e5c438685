/** {{.A.B}}, {{range .A}}{{.B}}{{end}}, {{range $k, $v := .A}}, {{json .A}} of Go's text/template, as --format of podman and docker is mostly used. */
export function goTemplate(format: string, item: unknown): string {
  const at = (value: unknown, path: string) => path.split('.').filter(Boolean).reduce<unknown>((v, k) => (v as Record<string, unknown> | undefined)?.[k], value);
  const ranged = format.replace(/\{\{\s*range\s+(?:(\$\w+)\s*,\s*(\$\w+)\s*:=\s*)?(\.[\w.]*)\s*\}\}(.*?)\{\{\s*end\s*\}\}/g, (_, key: string | undefined, value: string | undefined, path: string, body: string) =>
    Object.entries((at(item, path) as object | undefined) ?? {}).map(([k, v]) => goTemplate(key && value ? body.replace(new RegExp(`\\{\\{\\s*\\${key}\\s*\\}\\}`, 'g'), k).replace(new RegExp(`\\{\\{\\s*\\${value}(\\.[\\w.]*)?\\s*\\}\\}`, 'g'), (_all, rest: string | undefined) => `{{${rest ?? '.'}}}`) : body, v)).join(''));
  return ranged.replace(/\{\{\s*(json\s+)?(\.[\w.]*)\s*\}\}/g, (_, json: string | undefined, path: string) => {
    const value = at(item, path);
    return json ? JSON.stringify(value) : value === undefined ? '<no value>' : typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}
