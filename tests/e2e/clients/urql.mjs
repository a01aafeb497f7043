/** urql's core, unmodified: runs one query with its default exchanges and prints the data. */
import { cacheExchange, Client, fetchExchange } from '@urql/core'
import { finish, readArguments } from './arguments.mjs'

const { url, headers, query } = await readArguments()
const client = new Client({
  url,
  exchanges: [cacheExchange, fetchExchange],
  fetchOptions: { headers },
  preferGetMethod: false,
})
const { data, error } = await client.query(query, {}).toPromise()
finish(data, error && { message: error.message })
