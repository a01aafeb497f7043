import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { defaultFieldNames } from './leaves'

const schema = buildSchema(`
  type Query { components(first: Int!): Components }
  type Components { totalCount: Int!, nodes: [Component!]! }
  type Component { id: ID!, ref: String!, title: String, run(number: Int!): String }
  type Viewer { subject: String!, roles: [String!]!, home: Component, token(secret: String!): String }
  type Nest { component: Component }
  union Found = Component | Viewer
  input Filter { name: String }
`)

describe('the fields selected where a reader left them out', () => {
  it.each([
    ['Component', ['ref']],
    ['Components', ['nodes']],
    ['Viewer', ['subject', 'roles']],
    ['Nest', ['__typename']],
    ['Query', ['__typename']],
    ['Found', ['__typename']],
    ['String', []],
  ])('of %s are %j', (type, names) => {
    expect(defaultFieldNames(schema.getType(type) ?? null)).toEqual(names)
  })

  it('are none where there is no type', () => {
    expect(defaultFieldNames(null)).toEqual([])
  })
})
