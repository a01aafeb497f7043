/** The one place that asks the gateway's graph: GraphQL over HTTP, with the viewer's token or session, to this page's own origin. */
import type { ExecutionResult } from 'graphql'
import { createClient, NetworkError } from 'graphql-sse'

const ADDRESS = '/graphql'
const ACCEPT = 'application/graphql-response+json, application/json;q=0.9'

const BROKEN_OFF =
  'The gateway broke the subscription off. Is it still running? Subscribe again, or check the network.'

/** What no other site's page can send unasked: with it a session's cookie counts. */
export const OWN_PAGE = { 'X-Callboard': 'page' }

export interface Request {
  query: string
  operationName?: string | null | undefined
  variables?: unknown
}

interface Options {
  headers?: Record<string, string>
  signal?: AbortSignal | null
}

/**
 * Sends one operation. Always resolves to a GraphQL result: what goes wrong on the way becomes an entry in
 * `errors` that says what to do. Rejects only when `signal` aborts.
 */
export async function ask(
  request: Request,
  token: string | null,
  { headers = {}, signal = null }: Options = {},
): Promise<ExecutionResult> {
  let response: Response
  try {
    response = await fetch(ADDRESS, {
      method: 'POST',
      headers: { Accept: ACCEPT, 'Content-Type': 'application/json', ...by(token), ...headers },
      body: JSON.stringify(request),
      ...sent(token),
      signal,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    return failure('The gateway did not answer. Is it still running? Start it again, or check the network.')
  }
  return read(response)
}

/**
 * Subscribes by server-sent events, and gives every result to `next`. Resolves at the end; what goes wrong on the way is
 * a result with `errors`, too. Rejects only when `signal` aborts.
 */
export async function watch(
  request: Request,
  token: string | null,
  { headers = {}, signal = null, next }: Options & { next: (result: ExecutionResult) => void },
): Promise<void> {
  const client = createClient({
    url: ADDRESS,
    headers: { ...by(token), ...headers },
    fetchFn: (address: string, init: RequestInit) => fetch(address, { ...init, ...sent(token) }),
    retryAttempts: 0,
  })
  const stop = () => {
    client.dispose()
  }
  signal?.addEventListener('abort', stop)
  try {
    for await (const result of client.iterate(request as Parameters<typeof client.iterate>[0])) {
      next(result as ExecutionResult)
    }
  } catch (error) {
    const response = error instanceof NetworkError ? (error.response as Response | undefined) : undefined
    if (!signal?.aborted) next(response ? await read(response) : failure(BROKEN_OFF))
  }
  signal?.removeEventListener('abort', stop)
  signal?.throwIfAborted()
}

function by(token: string | null): Record<string, string> {
  return token === null ? OWN_PAGE : { Authorization: `Bearer ${token}` }
}

function sent(token: string | null): RequestInit {
  return {
    credentials: token === null ? 'same-origin' : 'omit',
    redirect: 'error',
    referrerPolicy: 'no-referrer',
  }
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
