/** What GraphiQL and its explorer select in an object whose fields the reader left out: enough to tell which it is. */
import { getNamedType, isCompositeType, isLeafType, isRequiredArgument } from 'graphql'
import type { GraphQLField, GraphQLType } from 'graphql'

/** Fields that say which object this is, or that lead to a connection's objects; the first one there is taken. */
const TELLING = ['ref', 'id', 'nodes', 'edges', 'node', 'name']

/** The names to select in `type`: one telling field, else every leaf; GraphiQL descends from there by itself. */
export function defaultFieldNames(type: GraphQLType | null): string[] {
  if (type === null || !('getFields' in type)) return isCompositeType(type) ? ['__typename'] : []
  const fields = Object.values(type.getFields()).filter(isFree)
  const telling = TELLING.find((name) => fields.some((field) => field.name === name))
  if (telling) return [telling]
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type))).map((field) => field.name)
  return leaves.length > 0 ? leaves : ['__typename']
}

/** An output field that can be asked for without arguments. */
function isFree(field: { name: string; type: GraphQLType }): field is GraphQLField<unknown, unknown> {
  return 'args' in field && !(field as GraphQLField<unknown, unknown>).args.some(isRequiredArgument)
}
