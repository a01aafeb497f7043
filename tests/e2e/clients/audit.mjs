/**
 * The GraphQL over HTTP specification's audits, by graphql-http: prints `61/61` and each audit that failed.
 *
 *   node audit.mjs URL [TOKEN]
 *
 * Exits 0 where every audit passed, 1 where one did not (a mere SHOULD or MAY counts too), 2 on wrong use.
 */
import { auditServer } from 'graphql-http'

const [url, token] = process.argv.slice(2)
if (!url) {
  console.error('Use: node audit.mjs URL [TOKEN]')
  process.exit(2)
}

const results = await auditServer({ url, fetchFn: token ? authorised : fetch })
const failed = results.filter(({ status }) => status !== 'ok')
console.log(`${results.length - failed.length}/${results.length}`)
for (const { id, status, name, reason } of failed) console.log(`${id} ${status}: ${name}: ${reason}`)
process.exitCode = failed.length ? 1 : 0

function authorised(input, init = {}) {
  return fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } })
}
