import { Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { examples, groupByPlugin, readExamples } from './examples'

describe('the bundled examples', () => {
  it.each(examples.map((example) => [example.title, example] as const))(
    '“%s” is one named query',
    (_title, example) => {
      const operations = parse(example.query).definitions.filter(
        ({ kind }) => kind === Kind.OPERATION_DEFINITION,
      )
      expect(operations).toHaveLength(1)
      expect(operations[0]).toMatchObject({ operation: 'query', name: { kind: Kind.NAME } })
      expect(example.about).not.toBe('')
    },
  )

  it('start with the main query and show every built-in plugin', () => {
    const plugins = groupByPlugin(examples).map(({ plugin }) => plugin)
    expect(plugins).toEqual(['main', 'catalog', 'kubernetes', 'ci', 'cost', 'security'])
  })

  it('have titles that differ, as the panel lists them by title', () => {
    expect(new Set(examples.map(({ title }) => title)).size).toBe(examples.length)
  })
})

describe('reading an example', () => {
  const read = (path: string, text: string) => readExamples({ [path]: text })

  it('takes the title, what it shows, and the plugin from the file', () => {
    expect(
      read('./examples/20-catalog-owners.graphql', '# Owners\n# Who owns\n# what.\nquery A { a }'),
    ).toEqual([
      {
        title: 'Owners',
        about: 'Who owns what.',
        plugin: 'catalog',
        query: expect.stringContaining('query A') as string,
      },
    ])
  })

  it('says how to name the file', () => {
    expect(() => read('./examples/owners.graphql', '# Owners\n{ a }')).toThrow(
      'NUMBER-PLUGIN-SUBJECT.graphql',
    )
  })

  it('says where the title belongs', () => {
    expect(() => read('20-catalog-owners.graphql', '{ a }')).toThrow('on the first line, as "# Title"')
  })
})
