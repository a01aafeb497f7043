/** The example queries: one file each in `examples/`, bundled with the page. */

export interface Example {
  /** The file's first line, `# Title`. */
  title: string
  /** The comment lines after the title: what the query shows. */
  about: string
  /** Whose fields it shows: the file name's second part, as in `20-catalog-owners.graphql`. */
  plugin: string
  query: string
}

/** The examples of one plugin. */
export interface ExampleGroup {
  plugin: string
  examples: Example[]
}

const FILE = /(?:^|\/)\d+-([a-z]+)-[a-z0-9-]+\.graphql$/

/** Reads examples from their files' texts by path, in the order of their paths. */
export function readExamples(files: Record<string, string>): Example[] {
  return Object.keys(files)
    .sort()
    .map((path) => readExample(path, files[path] ?? ''))
}

/** Groups `all` by plugin, in the order in which each plugin first appears. */
export function groupByPlugin(all: Example[]): ExampleGroup[] {
  const plugins = new Set(all.map(({ plugin }) => plugin))
  return [...plugins].map((plugin) => ({
    plugin,
    examples: all.filter((example) => example.plugin === plugin),
  }))
}

function readExample(path: string, query: string): Example {
  const plugin = FILE.exec(path)?.[1]
  if (!plugin)
    throw new Error(`${path}: name an example NUMBER-PLUGIN-SUBJECT.graphql, as in 20-catalog-owners.graphql`)
  const lines = query.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('#'))
  const [title, ...about] = lines.slice(0, end).map((line) => line.replace(/^#\s*/, ''))
  if (!title) throw new Error(`${path}: write the example's title on the first line, as "# Title"`)
  return { title, about: about.join(' ').trim(), plugin, query }
}

/** The page's examples; the first one is what a new reader finds in the editor. */
export const examples = readExamples(
  import.meta.glob<string>('./examples/*.graphql', { query: '?raw', import: 'default', eager: true }),
)
