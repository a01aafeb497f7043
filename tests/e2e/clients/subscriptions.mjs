/**
 * Unmodified clients, each running one subscription to its end; prints every result's data, as a list.
 *
 *   node subscriptions.mjs CLIENT URL TOKEN QUERY_FILE
 *
 * CLIENT is graphql-ws, graphql-sse, apollo or urql over websocket, or urql-sse, which is urql's own fetch.
 */
import { readFile } from 'node:fs/promises'
import { ApolloClient, ApolloLink, gql, InMemoryCache } from '@apollo/client/core'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { Client, fetchExchange, subscriptionExchange } from '@urql/core'
import { createClient as createEvents } from 'graphql-sse'
import { createClient as createWebsocket } from 'graphql-ws'
import WebSocket from 'ws'
import { finish } from './arguments.mjs'

const CLIENTS = { 'graphql-ws': websocket, 'graphql-sse': events, apollo, urql, 'urql-sse': urqlEvents }

const [name, url, token, file] = process.argv.slice(2)
if (!file || !CLIENTS[name]) {
  console.error(`Use: node subscriptions.mjs ${Object.keys(CLIENTS).join('|')} URL TOKEN QUERY_FILE`)
  process.exit(2)
}
globalThis.WebSocket ??= WebSocket // which browsers have, and Node from 22 on
const query = await readFile(file, 'utf8')
const authorization = `Bearer ${token}`
const overWebsocket = createWebsocket({
  url: url.replace('http', 'ws'),
  connectionParams: { authorization },
  retryAttempts: 0,
})
const overEvents = createEvents({ url, headers: { authorization }, retryAttempts: 0 })

try {
  finish(await CLIENTS[name]())
} catch (error) {
  finish(null, Array.isArray(error) ? error : { message: error.message ?? String(error) })
}
overWebsocket.dispose()
overEvents.dispose()

function websocket() {
  return collected((sink) => overWebsocket.subscribe({ query }, sink))
}

function events() {
  return collected((sink) => overEvents.subscribe({ query }, sink))
}

function apollo() {
  const client = new ApolloClient({
    link: ApolloLink.from([new GraphQLWsLink(overWebsocket)]),
    cache: new InMemoryCache(),
  })
  return collected((sink) => client.subscribe({ query: gql(query) }).subscribe(sink))
}

function urql() {
  const forward = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: overWebsocket.subscribe({ query, variables }, sink) }),
  })
  return ofUrql(subscriptionExchange({ forwardSubscription: forward }))
}

function urqlEvents() {
  return ofUrql(fetchExchange)
}

function ofUrql(exchange) {
  const client = new Client({
    url,
    exchanges: [exchange],
    fetchOptions: { headers: { authorization } },
    fetchSubscriptions: true,
    preferGetMethod: false,
  })
  return new Promise((resolve, reject) => {
    const results = []
    client.subscription(query, {}).subscribe(({ data, error, hasNext }) => {
      if (error) reject(error)
      else if (data && hasNext) results.push(data)
      if (!hasNext) resolve(results)
    })
  })
}

function collected(subscribe) {
  return new Promise((resolve, reject) => {
    const results = []
    subscribe({
      next: ({ data, errors, error }) => (errors || error ? reject(errors ?? error) : results.push(data)),
      error: reject,
      complete: () => resolve(results),
    })
  })
}
