/**
 * Signs a person in and out in the gateway's GraphiQL page, through the provider's own pages, as a reader would.
 *
 *   node sign-in.mjs URL LOGIN SCREENSHOT_PATH
 *
 * Prints one JSON object: steps ({name, problem}), requests, consoleErrors, identity (the bar's text while signed in), and
 * ok. Exits 0 where ok, 1 where not, 2 on wrong use.
 */
import { launch, watch } from './browser.mjs'

const [url, login, screenshot] = process.argv.slice(2)
if (!screenshot) {
  console.error('Use: node sign-in.mjs URL LOGIN SCREENSHOT_PATH')
  process.exit(2)
}

let identity = null

const STEPS = {
  'the page offers to sign in, and nobody is': async (page) => {
    await page.goto(url)
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.locator('.bar-viewer', { hasText: 'You are not signed in' }).waitFor()
  },
  'the button leads to the provider, and the provider back to the page': async (page) => {
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.locator('input[name=login]').fill(login)
    await page.locator('input[name=password]').fill('any')
    await page.locator('button[type=submit]').click()
    await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' })
    await page.locator('button[type=submit]').click()
    await page.locator('.bar-viewer[data-state=known]').waitFor()
    expect(page.url() === url, `the address is ${page.url()}`)
  },
  'the page says who is signed in': async (page) => {
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    identity = await page.locator('.bar-viewer').innerText()
    await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor()
    await page.screenshot({ path: screenshot })
  },
  'no script of the page can read the session': async (page) => {
    const readable = await page.evaluate(() =>
      JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
    )
    const [session] = await sessions(page)
    expect(session?.httpOnly && session.sameSite === 'Lax', `the cookie is ${JSON.stringify(session)}`)
    expect(!readable.includes(session.value), 'a script can read the session')
  },
  'a reload stays signed in': async (page) => {
    await page.reload()
    await page.locator('.bar-viewer[data-state=known]').waitFor()
  },
  'another page that asks with the session is refused': async (page) => {
    const other = await page.context().newPage()
    await other.goto('data:text/html,<p>another site')
    const status = await other.evaluate(async (address) => {
      try {
        const answer = await fetch(address, {
          method: 'POST',
          credentials: 'include',
          headers: { 'Content-Type': 'application/json' },
          body: '{"query":"{ viewer { subject } }"}',
        })
        return answer.status
      } catch {
        return 'refused'
      }
    }, url)
    await other.close()
    expect(status === 'refused', `it was answered ${status}`)
  },
  'sign-out is offered and ends it': async (page) => {
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    const left = await sessions(page)
    expect(left.length === 0, 'the cookie is still there')
  },
}

const browser = await launch()
try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const seen = watch(page)
  const steps = []
  for (const [name, step] of Object.entries(STEPS)) steps.push({ name, problem: await problemOf(step, page) })
  const requests = seen.requests.map((address) => address.replace(/\?.*/, '?...'))
  const consoleErrors = seen.consoleErrors.filter((text) => text.includes(url) || text.startsWith('uncaught'))
  const ok = steps.every(({ problem }) => problem === null) && consoleErrors.length === 0
  console.log(JSON.stringify({ ok, steps, requests, consoleErrors, identity }, null, 2))
  process.exitCode = ok ? 0 : 1
} finally {
  await browser.close()
}

async function problemOf(step, page) {
  try {
    await step(page)
    return null
  } catch (error) {
    return error.message
  }
}

/** The gateway's own session cookies; the provider has one too, and cookies don't know ports. */
async function sessions(page) {
  return (await page.context().cookies()).filter(({ name }) => name === 'callboard-session')
}

function expect(condition, otherwise) {
  if (!condition) throw new Error(otherwise)
}
