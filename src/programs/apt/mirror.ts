import { type Archive, ARCHIVES, type Package } from './catalogue.ts';

/** What a mirror of the archives answers for a path; undefined: 404. Indexes are served unpacked; their packed size is said in InRelease. */
export function mirrored(path: string): string | undefined {
  const archive = ARCHIVES.find((a) => a.paths.some((p) => path.startsWith(`${p}/`)));
  if (!archive) return undefined;
  const [, suite, rest] = /\/dists\/([\w-]+)\/(.+)$/.exec(path) ?? [];
  if (suite !== undefined && suite in archive.releases) {
    if (rest === 'InRelease') return release(archive, suite);
    const component = /^(\w+)\/binary-amd64\/Packages$/.exec(rest!)?.[1];
    return `${suite}/${component}` in archive.indexes ? archive.packages.filter((p) => p.section === `${suite}/${component}`).map(stanza).join('\n') : undefined;
  }
  const wanted = archive.packages.find((p) => path.endsWith(`/${filename(p)}`));
  return wanted && deb(wanted);
}

function release(archive: Archive, suite: string): string {
  const sections = Object.entries(archive.indexes).filter(([section]) => section.startsWith(`${suite}/`));
  return `Suite: ${suite}\nArchitectures: amd64\nComponents: ${sections.map(([s]) => s.split('/')[1]).join(' ')}\nSize: ${archive.releases[suite]}\nSHA256:\n${sections.map(([s, size]) => ` ${size} ${s.split('/')[1]}/binary-amd64/Packages.gz\n`).join('')}`;
}

function stanza(p: Package): string {
  return `Package: ${p.name}\nVersion: ${p.version}\nInstalled-Size: ${Math.ceil(p.installed / 1024)}\nArchitecture: ${p.architecture}\n${p.depends.length > 0 ? `Depends: ${p.depends.join(', ')}\n` : ''}Size: ${p.size}\nFilename: ${filename(p)}\nDescription: ${p.summary}\n`;
}

function filename({ name, version, section, architecture }: Package): string {
  const directory = name.startsWith('lib') ? name.slice(0, 4) : name[0]!;
  return `pool/${section.split('/')[1]}/${directory}/${name}/${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
}

/** The package: one line for each executable it holds, with the program that it is. */
function deb(p: Package): string {
  return `!<arch>\n${Object.entries(p.files).map(([path, program]) => `${path} ${program}\n`).join('')}`;
}
