/** What GraphiQL runs operations with: the gateway's answer as an observable, so that its stop button stops. */
import type { Fetcher, Observable } from '@graphiql/toolkit'
import type { ExecutionResult } from 'graphql'
import { ask } from './gateway'

/** The one form in which GraphiQL subscribes, of the three that the type allows. */
interface Observer {
  next(result: ExecutionResult): void
  error(error: unknown): void
  complete(): void
}

/** A fetcher for one viewer; unsubscribing aborts the request, which cancels the gateway's work upstream. */
export function createFetcher(token: string | null): Fetcher {
  return (request, options) =>
    answer((signal) => ask(request, token, { headers: texts(options?.headers), signal }))
}

function answer(request: (signal: AbortSignal) => Promise<ExecutionResult>): Observable<ExecutionResult> {
  return {
    subscribe(observer: Observer) {
      const abort = new AbortController()
      request(abort.signal).then(
        (result) => {
          observer.next(result)
          observer.complete()
        },
        (error: unknown) => {
          if (!abort.signal.aborted) observer.error(error)
        },
      )
      return {
        unsubscribe() {
          abort.abort()
        },
      }
    },
  } as Observable<ExecutionResult>
}

/** Header values as GraphiQL's headers editor has them, without what is not text. */
function texts(headers: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
