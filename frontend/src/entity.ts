/** The entity that the page's address names, `/graphql?entity=component:default/web`, as `/entity/...` leads to it. */
const PART = '[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?'
const REF = new RegExp(`^${PART}:${PART}/${PART}$`)

const QUERY = `query Entity($ref: EntityRef!) {
  entity(ref: $ref) {
    ref
    title
    description
    owner { ref entity { title } }
    relations { type ref }
    problems { message remedy since }
    source { location line }
  }
}
`

export interface Prepared {
  initialQuery: string
  initialVariables: string
}

/** What the editor begins with; nothing where the address names no entity. The ref goes into the variables alone. */
export function preparedFor(location: Pick<Location, 'search'>): Prepared | undefined {
  const ref = new URLSearchParams(location.search).get('entity')
  if (ref === null || !REF.test(ref)) return undefined
  return { initialQuery: QUERY, initialVariables: JSON.stringify({ ref }, null, 2) }
}
