/** The one place that asks the gateway's graph: GraphQL over HTTP, with the viewer's token or session, to this page's own origin. */
import type { ExecutionResult } from 'graphql'

const ADDRESS = '/graphql'
const ACCEPT = 'application/graphql-response+json, application/json;q=0.9'

/** What no other site's page can send unasked: with it a session's cookie counts. */
export const OWN_PAGE = { 'X-Callboard': 'page' }

export interface Request {
  query: string
  operationName?: string | null | undefined
  variables?: unknown
}

/**
 * Sends one operation. Always resolves to a GraphQL result: what goes wrong on the way becomes an entry in
 * `errors` that says what to do. Rejects only when `signal` aborts.
 */
export async function ask(
  request: Request,
  token: string | null,
  { headers = {}, signal = null }: { headers?: Record<string, string>; signal?: AbortSignal | null } = {},
): Promise<ExecutionResult> {
  let response: Response
  try {
    response = await fetch(ADDRESS, {
      method: 'POST',
      headers: {
        Accept: ACCEPT,
        'Content-Type': 'application/json',
        ...(token === null ? OWN_PAGE : { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify(request),
      credentials: token === null ? 'same-origin' : 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      signal,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    return failure('The gateway did not answer. Is it still running? Start it again, or check the network.')
  }
  return read(response)
}

async function read(response: Response): Promise<ExecutionResult> {
  const text = await response.text()
  try {
    const result: unknown = JSON.parse(text)
    if (typeof result === 'object' && result !== null) return result
  } catch {
    // answered below, with what was received instead
  }
  const type = response.headers.get('Content-Type') ?? 'no content type'
  return failure(
    `The gateway answered ${response.status} with ${type} instead of JSON. ` +
      'A proxy in between may have answered in its place: see its log, or the gateway’s.',
  )
}

function failure(message: string): ExecutionResult {
  return { errors: [{ message }] } as unknown as ExecutionResult
}
