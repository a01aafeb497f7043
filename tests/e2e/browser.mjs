/** A real headless Chromium from npm alone, which can reach this machine's loopback and nothing else. */
import chromium from '@sparticuz/chromium'
import { chromium as playwright } from 'playwright-core'

// Not the package's own arguments: those switch web security off, and would hide what a reader's browser refuses.
const ARGUMENTS = [
  '--headless=shell',
  '--no-sandbox', // tests may run as root, in a container
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

/** Starts the browser; close it when done. */
export async function launch() {
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ARGUMENTS })
}

/** Writes down everything that `page` requests and complains about, from now on. */
export function watch(page) {
  const seen = { requests: [], failures: [], console: [], consoleErrors: [] }
  page.on('request', (request) => seen.requests.push(request.url()))
  page.on('requestfailed', (request) =>
    seen.failures.push(`${request.url()}: ${request.failure()?.errorText}`),
  )
  page.on('console', (message) => {
    const text = `${message.type()}: ${message.text()} (${message.location().url})`
    seen.console.push(text)
    if (message.type() === 'error') seen.consoleErrors.push(text)
  })
  page.on('pageerror', (error) => seen.consoleErrors.push(`uncaught: ${error.stack ?? error.message}`))
  return seen
}

/** The requests among `urls` that leave `origin`; data: and blob: addresses stay inside the page. */
export function outside(urls, origin) {
  return urls.filter((url) => !/^(data|blob):/.test(url) && new URL(url).origin !== origin)
}
