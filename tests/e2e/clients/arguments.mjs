/** What every client script is given: `URL TOKEN QUERY_FILE`. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'

/** Reads the arguments, or ends the script with how to use it. */
export async function readArguments() {
  const [url, token, file] = process.argv.slice(2)
  if (!file) {
    console.error(`Use: node ${basename(process.argv[1])} URL TOKEN QUERY_FILE`)
    process.exit(2)
  }
  return { url, headers: { Authorization: `Bearer ${token}` }, file, query: await readFile(file, 'utf8') }
}

/** Prints the query's data as JSON; a script that got errors instead prints those and fails. */
export function finish(data, errors) {
  if (errors) {
    console.error(JSON.stringify(errors, null, 2))
    process.exitCode = 1
  }
  console.log(JSON.stringify(data ?? null))
}
