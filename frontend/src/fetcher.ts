/** What GraphiQL runs operations with: the gateway's answer as an observable, so that its stop button stops. */
import type { Fetcher, Observable } from '@graphiql/toolkit'
import { getOperationAST, OperationTypeNode, type ExecutionResult } from 'graphql'
import { ask, watch } from './gateway'

/** The one form in which GraphiQL subscribes, of the three that the type allows. */
interface Observer {
  next(result: ExecutionResult): void
  error(error: unknown): void
  complete(): void
}

/** A fetcher for one viewer; unsubscribing aborts the request, which cancels the gateway's work upstream. */
export function createFetcher(token: string | null): Fetcher {
  return (request, options) => {
    const headers = texts(options?.headers)
    const chosen = options?.documentAST && getOperationAST(options.documentAST, request.operationName)
    return chosen?.operation === OperationTypeNode.SUBSCRIPTION
      ? observable((signal, next) => watch(request, token, { headers, signal, next }))
      : observable(async (signal, next) => {
          next(await ask(request, token, { headers, signal }))
        })
  }
}

/** What `run` gives to `next`, until it is done or nobody observes it any more. */
function observable(
  run: (signal: AbortSignal, next: (result: ExecutionResult) => void) => Promise<void>,
): Observable<ExecutionResult> {
  return {
    subscribe(observer: Observer) {
      const abort = new AbortController()
      run(abort.signal, (result) => {
        observer.next(result)
      }).then(
        () => {
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
