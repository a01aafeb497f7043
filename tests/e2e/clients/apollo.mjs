/** Apollo Client, unmodified: runs one query through its cache and prints the data. */
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core'
import { finish, readArguments } from './arguments.mjs'

const { url, headers, query } = await readArguments()
const client = new ApolloClient({ link: new HttpLink({ uri: url, headers }), cache: new InMemoryCache() })
const { data, error } = await client.query({ query: gql(query), errorPolicy: 'all' })
finish(data, error && { message: error.message })
client.stop()
