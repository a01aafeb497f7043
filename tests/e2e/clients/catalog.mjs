/**
 * The leading portal's catalog client, unmodified: makes its main calls and prints what each gave, as one JSON object.
 *
 *   node catalog.mjs URL TOKEN
 *
 * URL is the gateway's `/graphql`; the client finds the catalog beside it, by the portal's own discovery.
 */
import { CATALOG_FILTER_EXISTS, CatalogClient } from '@backstage/catalog-client'
import { basename } from 'node:path'

const [url, token] = process.argv.slice(2)
if (!token) {
  console.error(`Use: node ${basename(process.argv[1])} URL TOKEN`)
  process.exit(2)
}

const discoveryApi = { getBaseUrl: async (plugin) => new URL(`/api/${plugin}`, url).toString() }
const client = new CatalogClient({ discoveryApi })
const as = { token }

const calls = {
  all: () => client.getEntities({}, as),
  filtered: () =>
    client.getEntities(
      {
        filter: [{ kind: ['component', 'api'], 'spec.lifecycle': 'production' }, { kind: 'user' }],
        fields: ['kind', 'metadata.namespace', 'metadata.name', 'spec.type'],
        order: { field: 'metadata.name', order: 'desc' },
      },
      as,
    ),
  existing: () => client.getEntities({ filter: { 'metadata.title': CATALOG_FILTER_EXISTS } }, as),
  paged: () => both({ filter: { kind: 'component' }, orderFields: { field: 'metadata.name', order: 'asc' }, limit: 1 }),
  predicate: () => both({ query: { $any: [{ kind: 'component' }, { kind: 'group' }] }, limit: 2 }),
  words: () =>
    client.queryEntities(
      { fullTextFilter: { term: 'money', fields: ['metadata.name', 'metadata.description'] }, fields: ['metadata.name'] },
      as,
    ),
  streamed: () => gathered(client.streamEntities({ pageSize: 3 }, as)),
  refs: () =>
    client.getEntitiesByRefs(
      { entityRefs: ['component:web', 'component:default/vault', 'component:default/nothing'], fields: ['kind', 'metadata.name'] },
      as,
    ),
  letRefs: () =>
    client.getEntitiesByRefs(
      { entityRefs: ['component:web', 'component:ledger'], filter: { 'spec.type': 'service' }, fields: ['metadata.name'] },
      as,
    ),
  one: () => client.getEntityByRef('component:default/web', as),
  none: () => client.getEntityByRef('component:default/nothing', as),
  vault: () => client.getEntityByRef('component:default/vault', as),
  facets: () => client.getEntityFacets({ facets: ['kind', 'spec.type', 'metadata.tags'], filter: { kind: 'component' } }, as),
  predicateFacets: () => client.getEntityFacets({ facets: ['kind'], query: { kind: { $in: ['user', 'group'] } } }, as),
  ancestors: () => client.getEntityAncestors({ entityRef: 'component:default/web' }, as),
  locations: () => client.getLocations({}, as),
  locationByRef: () => client.getLocationByRef('url:https://example.com/all.yaml', as),
  locationByEntity: () => client.getLocationByEntity('component:default/web', as),
  locationById: async () => {
    const [first] = (await client.getLocations({}, as)).items
    return client.getLocationById(first.id, as)
  },
  valid: () => client.validateEntity({ apiVersion: 'a/v1', kind: 'A', metadata: { name: 'a' } }, 'url:https://example.com', as),
  invalid: () => client.validateEntity({ apiVersion: 'a/v1', kind: 'A', metadata: {} }, 'url:https://example.com', as),
  added: () => client.addLocation({ target: 'https://example.com/x.yaml' }, as),
  removed: () => client.removeEntityByUid('nothing', as),
  nonsense: () => client.getEntities({ filter: { 'nothing.known': 'x' } }, as),
  nobody: () => client.getEntityByRef('component:default/web', { token: 'nonsense' }),
}

/** All pages forwards, and from the last one backwards. */
async function both(request) {
  const forwards = []
  let page = await client.queryEntities(request, as)
  forwards.push(page)
  while (page.pageInfo.nextCursor) {
    page = await client.queryEntities({ cursor: page.pageInfo.nextCursor, limit: request.limit }, as)
    forwards.push(page)
  }
  const backwards = []
  while (page.pageInfo.prevCursor) {
    page = await client.queryEntities({ cursor: page.pageInfo.prevCursor, limit: request.limit }, as)
    backwards.unshift(page)
  }
  return { totalItems: forwards[0].totalItems, forwards: names(forwards), backwards: names(backwards) }
}

function names(pages) {
  return pages.map(({ items }) => items.map(({ metadata }) => metadata.name))
}

async function gathered(pages) {
  const found = []
  for await (const page of pages) found.push(page.map(({ metadata }) => metadata.name))
  return found
}

const found = {}
for (const [name, call] of Object.entries(calls)) {
  try {
    found[name] = (await call()) ?? null
  } catch (error) {
    found[name] = { message: error.cause?.message ?? error.message, status: error.statusCode, cause: error.cause?.name }
  }
}
console.log(JSON.stringify(found))
