/**
 * Runs one query in the gateway's GraphiQL page, as a reader would, and reports everything the page did.
 *
 *   node graphiql.mjs URL TOKEN QUERY_FILE SCREENSHOT_PATH [--dark] [--panel TITLE] [--paste] [--stop]
 *
 * URL is the page's address, which `make run` prints (http://127.0.0.1:8080/graphql), and TOKEN one of its tokens. The
 * token goes in by the address (URL#token=TOKEN), or with --paste through the bar. --panel opens a side panel (Examples, "GraphiQL Explorer", ...) for the picture. --stop is
 * for a subscription without an end: its response has to change by itself, until GraphiQL's button stops it.
 *
 * Prints one JSON object: requests, outside (requests that leave the origin), failures, console, consoleErrors,
 * identity (the bar's text), address (as the bar shows it), response (what the page shows, parsed), hidden (the line
 * about hidden fields, or null), problems, and ok. Exits 0 where ok, 1 where not, 2 on wrong use.
 */
import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { launch, outside, watch } from './browser.mjs'

const PATIENCE = 60_000

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { dark: { type: 'boolean' }, paste: { type: 'boolean' }, stop: { type: 'boolean' }, panel: { type: 'string' } },
})
if (positionals.length !== 4) {
  console.error(
    'Use: node graphiql.mjs URL TOKEN QUERY_FILE SCREENSHOT_PATH [--dark] [--panel TITLE] [--paste] [--stop]',
  )
  process.exit(2)
}
const [url, token, queryFile, screenshot] = positionals
const query = await readFile(queryFile, 'utf8')

const browser = await launch()
try {
  const report = await visit(browser)
  console.log(JSON.stringify(report, null, 2))
  process.exitCode = report.ok ? 0 : 1
} finally {
  await browser.close()
}

async function visit(browser) {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  page.setDefaultTimeout(PATIENCE)
  const seen = watch(page)
  const problems = []
  let response = null
  try {
    await open(page)
    await signIn(page)
    response = await run(page)
  } catch (error) {
    problems.push(error.message)
  }
  await page.screenshot({ path: screenshot })
  return report(page, seen, response, problems)
}

async function open(page) {
  await page.goto(options.paste ? url : `${url}#token=${encodeURIComponent(token)}`)
  await page.locator('.graphiql-query-editor .monaco-editor').first().waitFor()
  if (options.panel) await page.getByRole('button', { name: `Show ${options.panel}` }).click()
}

async function signIn(page) {
  if (options.paste) {
    await page.getByRole('button', { name: 'Use a token' }).click()
    await page.getByLabel('Token', { exact: true }).fill(token)
    await page.keyboard.press('Enter')
  }
  await page.locator('.bar-viewer[data-state=known], .bar-viewer[data-state=unknown]').waitFor()
}

async function run(page) {
  await write(page, query)
  const answered = page.waitForResponse((answer) => asks(answer.request(), query))
  await page.getByRole('button', { name: /^Execute query/ }).click()
  await answered
  const shown = await page.waitForFunction(() => textOf('response'), null, { timeout: PATIENCE })
  if (options.stop) await stop(page)
  await page.waitForTimeout(500) // the editor colours what it shows a moment later: for the picture alone
  return JSON.parse(await shown.jsonValue())
}

/** Sees that the response changes by itself, and no more once it is stopped. */
async function stop(page) {
  for (let changes = 0; changes < 2; changes += 1) {
    const before = await page.evaluate(() => textOf('response'))
    await page.waitForFunction((text) => textOf('response') !== text, before, { timeout: PATIENCE })
  }
  await page.getByRole('button', { name: /^Stop/ }).click()
  await page.getByRole('button', { name: /^Execute query/ }).waitFor()
  const last = await page.evaluate(() => textOf('response'))
  await page.waitForTimeout(500)
  if ((await page.evaluate(() => textOf('response'))) !== last) throw new Error('it goes on after it was stopped')
}

/** Pastes `text` into the operation editor (typing would indent it anew), and makes sure that it arrived unchanged. */
async function write(page, text) {
  await page.evaluate((copied) => {
    window.textOf = (part) =>
      window.__MONACO.editor
        .getModels()
        .find((model) => model.uri.path.includes(part))
        ?.getValue()
    return navigator.clipboard.writeText(copied)
  }, text)
  // A token just given mounts the page anew, which can take the editor away between the click and the paste.
  for (let tries = 1; ; tries += 1) {
    try {
      await page.locator('.graphiql-query-editor .monaco-editor').first().click({ timeout: 5_000 })
      await page.keyboard.press('ControlOrMeta+A')
      await page.keyboard.press('ControlOrMeta+V')
      await page.waitForFunction((expected) => textOf('operation') === expected, text, { timeout: 5_000 })
      break
    } catch (error) {
      if (tries === 8) throw error
    }
  }
  // GraphiQL reads the operation's name a moment after the text, and asks by the name before until then: the tab shows when.
  const name = /^\s*(?:#.*\n\s*)*(?:query|subscription)\s+(\w+)/.exec(text)?.[1] ?? '<untitled>'
  await page.locator('.graphiql-tab', { hasText: name }).first().waitFor()
}

function asks(request, text) {
  return request.method() === 'POST' && request.postDataJSON()?.query === text
}

async function report(page, seen, response, problems) {
  const address = page.url()
  const leaving = outside(seen.requests, new URL(url).origin)
  if (response && !response.data) problems.push('the response has no data')
  if (address.includes(token)) problems.push('the token is in the address bar')
  return {
    ok: problems.length + leaving.length + seen.consoleErrors.length === 0,
    problems,
    ...seen,
    outside: leaving,
    address,
    identity: await page.locator('.bar-viewer').innerText(),
    hidden: await page
      .locator('.hidden-fields')
      .innerText({ timeout: 500 })
      .catch(() => null),
    response,
  }
}
